-- Where a person stays, as lists of people say it: a child may live elsewhere than its household. Personal data.
ALTER TABLE person_row ADD COLUMN address TEXT NOT NULL DEFAULT ''; -- their own place, else the household's; every value
-- Until the rows are made anew they say where the household is.
UPDATE person_row SET address = coalesce((
    SELECT address || iif(address <> '' AND hamlet <> '', ', ', '') || hamlet
    FROM household_row WHERE document = person_row.document
), '');
INSERT OR IGNORE INTO row_due SELECT id FROM document;
