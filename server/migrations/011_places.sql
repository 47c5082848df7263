-- household_row.village, issue_row.village and candidate.*_village say in which village the household counts as things
-- stand (007), not where its document is kept: an act that merges or splits villages moves these rows with it.
ALTER TABLE household_row ADD COLUMN code TEXT NOT NULL DEFAULT '';       -- of the document, by which devices know it
ALTER TABLE household_row ADD COLUMN unplaced INTEGER NOT NULL DEFAULT 0; -- its village was split, and nobody has placed it
UPDATE household_row SET code = village;
DROP INDEX household_row_counted;
CREATE INDEX household_row_counted ON household_row
    (village, code, withdrawn, children, special, undecided, contradictions, unplaced, document);

-- Where villages were merged or split already, rows are made anew.
INSERT OR IGNORE INTO row_due SELECT id FROM document
    WHERE EXISTS (SELECT 1 FROM village_change WHERE successor IS NOT NULL) OR EXISTS (SELECT 1 FROM village_assignment);
DELETE FROM candidate_record
    WHERE EXISTS (SELECT 1 FROM village_change WHERE successor IS NOT NULL) OR EXISTS (SELECT 1 FROM village_assignment);

-- A sign-off is held against the fingerprints of a village: they are read from the index alone.
DROP INDEX document_by_village;
CREATE INDEX document_by_village ON document (village, id, fingerprint);
