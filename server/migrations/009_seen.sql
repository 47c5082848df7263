-- When a device last spoke with the office though it had nothing to tell: its batches say the rest. Office clock, noted
-- once an hour at most; no tally and no proof rests on it, so it is not in the log.
ALTER TABLE device ADD COLUMN seen_at INTEGER;
