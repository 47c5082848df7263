-- The office's console: who may sign in, and the settings as an index over the acts of the log.
-- Personal data is in: account.name, account.login, invitation.name (people who work at the office).

CREATE TABLE account (
    id           INTEGER PRIMARY KEY,
    login        TEXT NOT NULL UNIQUE,  -- folded to lower case
    name         TEXT NOT NULL,         -- as shown, and as phones are told who decided
    roles        TEXT NOT NULL,         -- JSON list: 'officer', 'confidential', 'keeper'
    salt         BLOB NOT NULL,         -- of Argon2id
    memory_kib   INTEGER NOT NULL,
    passes       INTEGER NOT NULL,
    verifier     BLOB NOT NULL,         -- first half of what Argon2id makes of the password; the second half is never stored
    device       BLOB NOT NULL,         -- of the signing key
    wrapped_key  BLOB NOT NULL,         -- signing key, closed with that second half: nobody signs without the password
    created_at   INTEGER NOT NULL,      -- office clock, seconds since 1970, as all below
    seen_at      INTEGER NOT NULL,      -- last sign-in
    disabled_at  INTEGER,
    failures     INTEGER NOT NULL,      -- wrong passwords in a row
    locked_until INTEGER NOT NULL
) STRICT;

CREATE TABLE invitation (
    hash       BLOB PRIMARY KEY,        -- SHA-256 of the code; the code itself is shown once and not kept
    account    INTEGER REFERENCES account (id), -- whose password and key are made anew; null: a new account
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) WITHOUT ROWID, STRICT;

-- Every 'set' act of the log, by key: what `setting` reads. A function of the log.
CREATE TABLE setting (
    key      TEXT NOT NULL,
    position INTEGER NOT NULL,          -- of the act
    at       INTEGER NOT NULL,          -- office clock
    value    TEXT NOT NULL,             -- JSON
    by       BLOB,                      -- the officer's device; null: set by the keeper on the command line
    PRIMARY KEY (key, position)
) WITHOUT ROWID, STRICT;
INSERT INTO setting (key, position, at, value)
    SELECT CAST(bytes AS TEXT) ->> '$.key', position, received_at, CAST(bytes AS TEXT) -> '$.value'
    FROM log WHERE kind = 2 AND CAST(bytes AS TEXT) ->> '$.act' = 'set';
