-- Villages are renamed, merged and split (2025). A document keeps the code its first change gave it for ever; in
-- which village its household counts on a day follows from these two tables, as far as they were known at a log
-- position. Rows are only ever added, each by an act of the log.

CREATE TABLE village_change (
    place     INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL,      -- log position of the act; 0: as the register began
    at        INTEGER NOT NULL,      -- office clock, seconds since 1970; 0 with position 0
    by        BLOB,                  -- the officer's device
    since     TEXT NOT NULL,         -- first day, YYYY-MM-DD; '': as long as anybody knows
    village   TEXT NOT NULL REFERENCES village (code),
    name      TEXT,                  -- from that day it is there and called so; null: from that day it is no more
    successor TEXT REFERENCES village (code) -- where the households of one that is no more count; null: it has none
) STRICT;

INSERT INTO village_change (position, at, since, village, name) SELECT 0, 0, '', code, name FROM village ORDER BY code;

-- Households of a village that was split, one by one.
CREATE TABLE village_assignment (
    place     INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL,      -- log position of the act
    since     TEXT NOT NULL,         -- first day, YYYY-MM-DD
    document  BLOB NOT NULL REFERENCES document (id),
    village   TEXT NOT NULL REFERENCES village (code)
) STRICT;
CREATE INDEX village_assignment_by_document ON village_assignment (document);
