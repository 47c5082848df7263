-- Why something was decided, as the officer said it: free text, so it may name people. And until when it is out of the
-- queue, which `set_aside` forgets once it is brought back.
ALTER TABLE deed ADD COLUMN reason TEXT;
ALTER TABLE deed ADD COLUMN until INTEGER;
UPDATE deed SET until = (SELECT until FROM set_aside WHERE deed = deed.id) WHERE kind = 'set_aside';
UPDATE deed SET kind = iif(until IS NULL, 'right', 'later') WHERE kind = 'set_aside';
