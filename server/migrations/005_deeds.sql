-- What officers did in the console, so that it can be undone, and the records by which duplicates are found.
-- Personal data is in: candidate_record, move_end (names, numbers, places, folded). `deed` holds names of objects and
-- changes only: what was decided is in the log.

CREATE TABLE deed (
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    device  BLOB NOT NULL,              -- who: the key that signed the changes
    label   TEXT NOT NULL,              -- as phones are told
    at      INTEGER NOT NULL,           -- office clock, seconds since 1970
    subject TEXT NOT NULL,              -- JSON of names: what it was about
    changes BLOB NOT NULL,              -- hashes of the changes it wrote, 32 bytes each
    traces  TEXT NOT NULL,              -- JSON: document and what each change wrote there, to take it back
    undoes  INTEGER UNIQUE REFERENCES deed (id)  -- the deed this one took back
) STRICT;
CREATE INDEX deed_by_subject ON deed (subject, id);

-- Documents a deed was about.
CREATE TABLE deed_document (
    document BLOB NOT NULL,
    deed     INTEGER NOT NULL REFERENCES deed (id),
    PRIMARY KEY (document, deed)
) WITHOUT ROWID, STRICT;

-- What was taken out of the queue: a deed that is not undone.
CREATE TABLE set_aside (
    subject TEXT PRIMARY KEY,           -- as deed.subject
    seen    INTEGER,                    -- what stood there then: it comes back when that changes; null: it never does
    until   INTEGER,                    -- office clock; null: as long as nothing changes
    deed    INTEGER NOT NULL REFERENCES deed (id)
) WITHOUT ROWID, STRICT;

-- A value that stands again since a deed was undone: whose word it is.
CREATE TABLE restored (
    change   BLOB NOT NULL,             -- the change that wrote it again
    field    TEXT NOT NULL,
    original BLOB NOT NULL,             -- the change that had written it first
    PRIMARY KEY (change, field)
) WITHOUT ROWID, STRICT;

-- Children of the register, and with an empty `person` households, as far as they are compared. A function of the
-- document; made anew with the rows of 004.
CREATE TABLE candidate_record (
    document BLOB NOT NULL,
    person   TEXT NOT NULL,
    record   BLOB NOT NULL,             -- sync_core::candidates, CBOR
    PRIMARY KEY (document, person)
) WITHOUT ROWID, STRICT;

CREATE TABLE candidate_key (
    key      INTEGER NOT NULL,          -- equal where two records are worth comparing
    document BLOB NOT NULL,
    person   TEXT NOT NULL,
    PRIMARY KEY (key, document, person)
) WITHOUT ROWID, STRICT;
CREATE INDEX candidate_key_by_document ON candidate_key (document);

-- Pairs that nobody has decided, a before b.
CREATE TABLE candidate (
    a_document BLOB NOT NULL,
    a_person   TEXT NOT NULL,           -- '': the two households themselves
    b_document BLOB NOT NULL,
    b_person   TEXT NOT NULL,
    a_village  TEXT NOT NULL,
    b_village  TEXT NOT NULL,
    score      INTEGER NOT NULL,        -- 0 to 100
    reasons    TEXT NOT NULL,           -- codes, apart by spaces
    widens     INTEGER NOT NULL,        -- whether a tally's cells are widened by it (decision 12)
    seen       INTEGER NOT NULL,        -- both records as compared
    PRIMARY KEY (a_document, a_person, b_document, b_person)
) WITHOUT ROWID, STRICT;
CREATE INDEX candidate_by_other ON candidate (b_document);

-- Events of moving, and links that say that somebody moved.
CREATE TABLE move_end (
    document BLOB NOT NULL,
    place    INTEGER NOT NULL,          -- among the document's
    record   BLOB NOT NULL,             -- sync_core::candidates, CBOR
    PRIMARY KEY (document, place)
) WITHOUT ROWID, STRICT;
