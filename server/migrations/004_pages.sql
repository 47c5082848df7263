-- Rows for the office's pages, kept beside each document: what lists show, searches look through and counts
-- add up. Made from the document and the catalogues on some day; thrown away and made anew at any time.
-- Personal data is in: household_row, person_row (names, numbers, addresses). What is sealed is only counted.

CREATE TABLE household_row (
    document       BLOB PRIMARY KEY REFERENCES document (id),
    made_log       INTEGER NOT NULL, -- position of the document's newest change when the row was made
    made_on        TEXT NOT NULL,    -- the day it was made for: ages and what is overdue follow from it
    edition        TEXT NOT NULL,    -- which reading of the record it comes from
    village        TEXT NOT NULL,
    number         TEXT NOT NULL,    -- as shown, like head, hamlet and address
    head           TEXT NOT NULL,
    hamlet         TEXT NOT NULL,
    address        TEXT NOT NULL,
    children       INTEGER NOT NULL, -- of the register, living here
    special        INTEGER NOT NULL, -- of these, in a circumstance of 03/TE II as far as a tally may count them
    sealed         INTEGER NOT NULL, -- reports nobody can read here
    undecided      INTEGER NOT NULL, -- fields on which people wrote different things
    contradictions INTEGER NOT NULL, -- issues, by severity
    doubtful       INTEGER NOT NULL,
    missing        INTEGER NOT NULL,
    last_visit     TEXT,             -- as written
    withdrawn      INTEGER NOT NULL, -- as a mistake
    by_number      BLOB NOT NULL,    -- orders by number and head
    search         TEXT NOT NULL     -- folded; one line for each text a person may look for
) WITHOUT ROWID, STRICT;
CREATE INDEX household_row_in_order ON household_row (village, by_number, document);
CREATE INDEX household_row_of_day ON household_row (made_on, edition);
CREATE INDEX household_row_counted ON household_row
    (village, withdrawn, children, special, undecided, contradictions, document);

CREATE TABLE person_row (
    document        BLOB NOT NULL,
    person          TEXT NOT NULL,    -- key in the document
    is_child        INTEGER NOT NULL, -- of the register
    name            TEXT NOT NULL,    -- as shown, like everything to `carer`
    birth           TEXT NOT NULL,
    sex             TEXT NOT NULL,
    identity_number TEXT NOT NULL,
    ethnicity       TEXT NOT NULL,
    father          TEXT NOT NULL,
    mother          TEXT NOT NULL,
    carer           TEXT NOT NULL,
    gone            INTEGER NOT NULL, -- died or moved away, as far as is known
    withdrawn       INTEGER NOT NULL, -- as a mistake, itself or with its household
    search          TEXT NOT NULL,    -- as above, of this person alone
    PRIMARY KEY (document, person)
) WITHOUT ROWID, STRICT;

-- A line of 03/TE that may hold for a child who lives here.
CREATE TABLE circumstance_row (
    document BLOB NOT NULL,
    person   TEXT NOT NULL,
    line     TEXT NOT NULL,           -- its code, and that of its group
    PRIMARY KEY (document, person, line)
) WITHOUT ROWID, STRICT;
CREATE INDEX circumstance_row_by_line ON circumstance_row (line, document);

-- A visit, to be held against a review round.
CREATE TABLE visit_row (
    document BLOB NOT NULL,
    place    INTEGER NOT NULL,        -- among the document's
    round    TEXT,                    -- as the visit says; else its dates tell
    first    TEXT,                    -- the days it may have been
    last     TEXT,
    made     INTEGER NOT NULL,        -- whether somebody was met
    PRIMARY KEY (document, place)
) WITHOUT ROWID, STRICT;
CREATE INDEX visit_row_of_round ON visit_row (round, first, last, document, made);

-- What is missing, doubtful or contradictory in a record. Fields with several values are in `conflict`.
CREATE TABLE issue_row (
    document  BLOB NOT NULL,
    place     INTEGER NOT NULL,       -- among the document's, in the order issues are told
    village   TEXT NOT NULL,
    by_number BLOB NOT NULL,          -- of the household
    severity  TEXT NOT NULL,
    code      TEXT NOT NULL,
    container TEXT NOT NULL,          -- 'household' or a container's key
    entity    TEXT NOT NULL,          -- key in it, or ''
    field     TEXT NOT NULL,          -- or '': the whole object
    person    TEXT NOT NULL,          -- whom it is about, or ''
    PRIMARY KEY (document, place)
) WITHOUT ROWID, STRICT;
CREATE INDEX issue_row_in_order ON issue_row (severity, village, by_number, document, place, code);
CREATE INDEX issue_row_by_code ON issue_row (code, village);

-- Documents whose rows say less than the log. A trigger fills it, so that whatever writes a change can't forget.
CREATE TABLE row_due (
    document BLOB PRIMARY KEY
) WITHOUT ROWID, STRICT;
CREATE TRIGGER document_begun AFTER INSERT ON document BEGIN
    INSERT INTO row_due SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM row_due WHERE document = new.id);
END;
CREATE TRIGGER document_changed AFTER UPDATE OF last_log ON document BEGIN
    INSERT INTO row_due SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM row_due WHERE document = new.id);
END;
INSERT INTO row_due SELECT id FROM document;
