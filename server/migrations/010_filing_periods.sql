-- The office's console: 010_filing_periods. A half-year's form and a year's form of the same as-of date are two forms:
-- revisions are counted within a period. Rows keep their numbers, revisions and bytes, as their officers signed them.

CREATE TABLE filing_of_period (
    number     INTEGER PRIMARY KEY,    -- at this office, from 1, without gaps
    form       TEXT NOT NULL,          -- e.g. '03/TE'
    as_of      TEXT NOT NULL,          -- the day on which states are counted, '2024-11-20'
    starts     TEXT NOT NULL,          -- first day of the reporting period
    village    TEXT NOT NULL,          -- code of the only village counted; '' for the commune
    revision   INTEGER NOT NULL,       -- rises with each amendment of the same form, period and village
    reason     TEXT NOT NULL,          -- why it was amended, or filed though something did not fit; else ''
    known_at   INTEGER NOT NULL,       -- log position: what the office knew
    definition BLOB NOT NULL,          -- SHA-256 of the form's definition, columns included
    opened     INTEGER NOT NULL,       -- whether sealed reports were opened for it
    filed_at   INTEGER NOT NULL,       -- office clock, seconds since 1970
    device     BLOB NOT NULL REFERENCES device (id), -- the officer's, whose key signed
    officer    TEXT NOT NULL,          -- as they were called then
    digest     BLOB NOT NULL,          -- SHA-256 of frozen
    signature  BLOB NOT NULL,          -- Ed25519, of the act
    position   INTEGER NOT NULL,       -- of the act in the log, which says all of this too
    frozen     BLOB NOT NULL,          -- what was filed, as JSON
    UNIQUE (form, starts, as_of, village, revision)
) STRICT;

INSERT INTO filing_of_period (number, form, as_of, starts, village, revision, reason, known_at, definition, opened,
                              filed_at, device, officer, digest, signature, position, frozen)
    SELECT number, form, as_of, starts, village, revision, reason, known_at, definition, opened,
           filed_at, device, officer, digest, signature, position, frozen FROM filing;
DROP TABLE filing;
ALTER TABLE filing_of_period RENAME TO filing;

-- What was filed stays as it was filed.
CREATE TRIGGER filing_is_not_changed BEFORE UPDATE ON filing BEGIN SELECT RAISE(ABORT, 'a filing is never changed'); END;
CREATE TRIGGER filing_is_not_deleted BEFORE DELETE ON filing BEGIN SELECT RAISE(ABORT, 'a filing is never deleted'); END;
