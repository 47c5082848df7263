-- The office's database, first version. Migrations are append-only: a later change is a new file.
-- Personal data is in: log.bytes, quarantine.bytes, person, conflict, import_row. Sealed envelopes are
-- inside log.bytes; the key that opens them is never here.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,          -- 'commune', 'incarnation', 'name', 'unit_word', 'confidential_key', 'chain'
    value BLOB NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE village (
    code  TEXT PRIMARY KEY,          -- local code; villages have no national one
    name  TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE device (
    id           BLOB PRIMARY KEY,   -- 12 bytes of SHA-256 of the public key
    public_key   BLOB NOT NULL,      -- Ed25519
    label        TEXT NOT NULL,      -- what the office calls it; no collector's name needed
    kind         TEXT NOT NULL CHECK (kind IN ('phone', 'office')),
    installation INTEGER NOT NULL,   -- given at enrolment: the last four bytes of its first actor
    enrolled_at  INTEGER NOT NULL,   -- office clock, seconds since 1970
    revoked_at   INTEGER,            -- office clock
    epoch        INTEGER NOT NULL,   -- raised by every change of its grants
    chain_number INTEGER NOT NULL,   -- last batch received
    chain_hash   BLOB NOT NULL       -- and its hash
) WITHOUT ROWID, STRICT;

CREATE TABLE village_grant (
    device  BLOB NOT NULL REFERENCES device (id),
    village TEXT NOT NULL REFERENCES village (code),
    PRIMARY KEY (device, village)    -- current grants; their history is in the log
) WITHOUT ROWID, STRICT;

CREATE TABLE enrolment_code (
    hash       BLOB PRIMARY KEY,     -- SHA-256 of the code; the code itself is shown once and not kept
    label      TEXT NOT NULL,        -- of the device to be enrolled
    villages   TEXT NOT NULL,        -- JSON list of village codes to grant
    expires_at INTEGER NOT NULL,     -- office clock
    used_by    BLOB REFERENCES device (id)
) WITHOUT ROWID, STRICT;

CREATE TABLE document (
    id          BLOB PRIMARY KEY,    -- first 16 bytes of the hash of its first change
    village     TEXT NOT NULL,       -- from its first change
    heads       BLOB NOT NULL,       -- 32 bytes each, ascending
    fingerprint INTEGER NOT NULL,    -- of the heads, as the protocol compares it
    last_log    INTEGER NOT NULL     -- position of its newest change
) WITHOUT ROWID, STRICT;
CREATE INDEX document_by_village ON document (village, id);

CREATE TABLE batch (
    id          INTEGER PRIMARY KEY,
    device      BLOB NOT NULL REFERENCES device (id),
    number      INTEGER NOT NULL,    -- in the device's chain
    previous    BLOB NOT NULL,       -- hash of the batch before it, as signed
    hash        BLOB NOT NULL,       -- its own
    signed_at   INTEGER NOT NULL,    -- device clock
    received_at INTEGER NOT NULL,    -- office clock
    signature   BLOB NOT NULL,       -- Ed25519
    entries     BLOB NOT NULL,       -- document (16) and change hash (32) of each change, in order
    UNIQUE (device, number)
) STRICT;

CREATE TABLE log (
    position    INTEGER PRIMARY KEY, -- assigned by the single writer, without gaps
    kind        INTEGER NOT NULL,    -- 1 a change; 2 an act of administration (document etc. are null)
    received_at INTEGER NOT NULL,    -- office clock
    document    BLOB,
    village     TEXT,                -- of the document
    hash        BLOB UNIQUE,         -- of the change
    actor       BLOB,
    seq         INTEGER,
    device      BLOB,                -- who signed it
    batch       INTEGER REFERENCES batch (id),
    bytes       BLOB NOT NULL,       -- the change chunk, or the act as JSON
    chain       BLOB NOT NULL,       -- SHA-256 over the row before's chain and this row
    UNIQUE (document, actor, seq)    -- a cloned phone can't write twice under one number
) STRICT;
CREATE INDEX log_by_document ON log (document, position) WHERE kind = 1;
CREATE INDEX log_by_village ON log (village, position) WHERE kind = 1;
CREATE INDEX log_of_acts ON log (position) WHERE kind = 2;
CREATE INDEX log_by_batch ON log (batch) WHERE batch IS NOT NULL;

CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    device      BLOB NOT NULL REFERENCES device (id),
    document    BLOB NOT NULL,
    hash        BLOB NOT NULL,
    bytes       BLOB NOT NULL,       -- as received
    code        TEXT NOT NULL,       -- why
    batch       INTEGER REFERENCES batch (id), -- null where the batch itself was not signed
    received_at INTEGER NOT NULL,
    released_at INTEGER,             -- when it entered the log after all
    UNIQUE (device, hash)
) STRICT;
CREATE INDEX quarantine_waiting ON quarantine (document) WHERE released_at IS NULL;

CREATE TABLE refusal (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- ascending: devices say which they noted last
    device   BLOB NOT NULL REFERENCES device (id),
    document BLOB NOT NULL,
    hash     BLOB NOT NULL,
    code     TEXT NOT NULL           -- of the refusal, or 'released'
) STRICT;
CREATE INDEX refusal_by_device ON refusal (device, id);

-- From here on: the projection, which `sothon verify` recomputes from the log.

CREATE TABLE facts (
    document BLOB PRIMARY KEY REFERENCES document (id),
    facts    BLOB NOT NULL           -- what a tally reads (sync_core::facts), no names
) WITHOUT ROWID, STRICT;

CREATE TABLE person (
    document  BLOB NOT NULL REFERENCES document (id),
    person    TEXT NOT NULL,         -- key in the document
    identity  BLOB NOT NULL,         -- what duplicates are found by (sync_core::pairs)
    linked    INTEGER NOT NULL,      -- whether its document links it to another record
    PRIMARY KEY (document, person)
) WITHOUT ROWID, STRICT;
CREATE INDEX person_linked ON person (linked) WHERE linked;

CREATE TABLE match_key (
    key      INTEGER NOT NULL,       -- equal where two records may be one person
    document BLOB NOT NULL,
    person   TEXT NOT NULL,
    PRIMARY KEY (key, document, person)
) WITHOUT ROWID, STRICT;
CREATE INDEX match_key_by_document ON match_key (document, person);

CREATE TABLE conflict (
    document  BLOB NOT NULL REFERENCES document (id),
    container TEXT NOT NULL,         -- 'household' or a container's key
    entity    TEXT NOT NULL,         -- key in it, or ''
    field     TEXT NOT NULL,
    choices   INTEGER NOT NULL,      -- how many values stand side by side
    PRIMARY KEY (document, container, entity, field)
) WITHOUT ROWID, STRICT;

CREATE TABLE import_row (
    source   TEXT NOT NULL,          -- name of the register imported
    row_key  TEXT NOT NULL,          -- what identifies the row in it
    document BLOB NOT NULL,
    person   TEXT NOT NULL,          -- key of the child in the document
    said     TEXT NOT NULL,          -- what the row said, as JSON: a later import compares
    PRIMARY KEY (source, row_key)
) WITHOUT ROWID, STRICT;
