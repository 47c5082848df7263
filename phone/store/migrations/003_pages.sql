-- Version 3: what the app's pages need besides the record: visits under way, rows made ready for the list and
-- the tally, and what the collector has looked at.

-- A visit under way. Removed in the transaction that makes it part of the record, or when nothing was written.
CREATE TABLE draft (
    -- The draft's own name: 13 characters.
    id TEXT PRIMARY KEY,
    -- The household's document; NULL: a household not recorded yet. One visit at a time.
    document BLOB UNIQUE REFERENCES document (id),
    -- As sync_core::visit encodes it.
    bytes BLOB NOT NULL,
    touched_at INTEGER NOT NULL
) STRICT;

-- Beside each document: what follows from its changes, and what was looked at.
CREATE TABLE household (
    document BLOB PRIMARY KEY REFERENCES document (id),
    -- Place of the last change somebody looked at on this device. NULL: received, and the sync that brought it
    -- has not come to its end; until then nothing in it is news.
    seen INTEGER,
    -- 1: somebody else changed it since.
    changed INTEGER NOT NULL DEFAULT 0 CHECK (changed IN (0, 1)),
    -- The day the summary was made for, and by which edition. NULL: the document changed since.
    made_on TEXT,
    edition TEXT,
    -- Summary, HouseholdFacts and a list of PersonIdentity as sync_core encodes them. NULL: not made yet, or the
    -- document can't be read.
    summary BLOB,
    facts BLOB,
    identities BLOB
) STRICT;
INSERT INTO household (document, seen) SELECT document, max(place) FROM change_ GROUP BY document;

-- What is not on the office's disk, by document.
CREATE INDEX change_waiting ON change_ (document, state) WHERE state <> 1;

-- Small settings of the pages, by name.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
