-- Review rounds, contacts, and what devices tell besides changes. The key for letters comes into meta
-- ('letter_key') when the office is opened.
-- Personal data is in: contact (telephone numbers of offices), notice.body (urgent reports are sealed there).

CREATE TABLE review_round (
    place     INTEGER PRIMARY KEY,   -- order of opening
    code      TEXT NOT NULL UNIQUE,  -- written into each visit
    title     TEXT NOT NULL,         -- as shown
    starts    TEXT NOT NULL,         -- first day, YYYY-MM-DD
    ends      TEXT NOT NULL,         -- last day
    as_of     TEXT NOT NULL,         -- the day on which the forms count
    opened_at INTEGER NOT NULL,      -- office clock
    closed_at INTEGER                -- office clock; null while devices are told of it
) STRICT;

CREATE TABLE contact (
    place INTEGER PRIMARY KEY,       -- order in which they are shown
    label TEXT NOT NULL UNIQUE,      -- whom one reaches: an office or a function
    phone TEXT NOT NULL
) STRICT;

-- Urgent reports and sign-offs, as their devices signed them. Never changed but for the opening, never
-- deleted; each one's arrival and opening is an act in the log.
CREATE TABLE notice (
    place       INTEGER PRIMARY KEY, -- order of arrival
    id          BLOB NOT NULL UNIQUE, -- 16 random bytes, given by the device
    device      BLOB NOT NULL REFERENCES device (id),
    kind        INTEGER NOT NULL,    -- 1 urgent report, 2 sign-off
    made_at     INTEGER NOT NULL,    -- device clock
    received_at INTEGER NOT NULL,    -- office clock
    round       TEXT,                -- of a sign-off: the review round's code
    village     TEXT,                -- of a sign-off
    body        BLOB NOT NULL,       -- as signed
    signature   BLOB NOT NULL,       -- Ed25519
    opened_at   INTEGER,             -- of an urgent report: when somebody first opened it, office clock
    opened_by   TEXT                 -- what they call themselves
) STRICT;
CREATE INDEX notice_by_device ON notice (device);
CREATE INDEX notice_unopened ON notice (place) WHERE kind = 1 AND opened_at IS NULL;
CREATE INDEX notice_of_village ON notice (round, village, place) WHERE kind = 2;

-- Every device is told the key for letters and who else writes in its villages with its next sync.
UPDATE device SET epoch = epoch + 1 WHERE kind = 'phone';
