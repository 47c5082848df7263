-- A device's store, version 1. Nothing in it is ever deleted except by the person who owns the device.
-- Hashes and names are the raw bytes of sync-core's identifiers; clocks are seconds since 1970.

CREATE TABLE device_key (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- Ed25519 secret. Drawn before the first request of enrolment, so that a repeated request is recognised.
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    -- The office's address, as given: https://…
    server TEXT NOT NULL,
    -- Certificates (PEM) the office's own must descend from. NULL: those of the system.
    ca_pem TEXT,
    -- What the collector calls this device; told to nobody.
    label TEXT,
    drawn_at INTEGER NOT NULL
) STRICT;

-- One row once the device is enrolled.
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    device BLOB NOT NULL CHECK (length(device) = 12),
    -- Last four bytes of the actor; raised when the chain is restarted.
    installation INTEGER NOT NULL,
    -- CommuneInfo as plain CBOR, as last told.
    commune BLOB NOT NULL,
    -- Grants as plain CBOR, as last told.
    grants BLOB NOT NULL,
    -- Cursor as plain CBOR; moves only in the transaction that stores its page.
    cursor BLOB NOT NULL,
    -- The last batch signed: 0 and zeros before the first.
    chain_number INTEGER NOT NULL,
    chain_hash BLOB NOT NULL CHECK (length(chain_hash) = 32),
    -- The last refusal note stored.
    refusals_noted INTEGER NOT NULL,
    -- When the last sync came to its end; NULL: never.
    synced_at INTEGER,
    -- Whether both ends then held the same.
    synced_agrees INTEGER
) STRICT;

-- One household's document. Created with its first change.
CREATE TABLE document (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    -- Village code, fixed by the first change; empty if that can't be read.
    village TEXT NOT NULL,
    -- Heads of the acknowledged changes, ascending, 32 bytes each: what fingerprints are made of.
    heads BLOB NOT NULL
) STRICT;

CREATE TABLE change_ (
    -- Order in which changes were stored: dependencies before dependants.
    place INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    document BLOB NOT NULL REFERENCES document (id),
    -- An uncompressed Automerge change chunk, as it is signed and sent.
    bytes BLOB NOT NULL,
    -- Hashes of the changes it depends on, 32 bytes each.
    deps BLOB NOT NULL,
    -- 0 unsent, 1 acknowledged or received, 2 refused (kept in quarantine at the office).
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    -- The batch it was last signed into; NULL: received, or waiting to be signed.
    batch INTEGER REFERENCES batch (place),
    stored_at INTEGER NOT NULL
) STRICT;
CREATE INDEX change_by_document ON change_ (document, place);
CREATE INDEX change_unsent ON change_ (place) WHERE state = 0 AND batch IS NULL;
CREATE INDEX change_refused ON change_ (place) WHERE state = 2;

-- Every batch ever signed, so that what is sent again is the same batch.
CREATE TABLE batch (
    place INTEGER PRIMARY KEY,
    -- Number in the chain. Stands twice if the chain was restarted below it.
    number INTEGER NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    signed_at INTEGER NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    -- 0 open, 1 on the office's disk, 2 given up when the chain was restarted.
    fate INTEGER NOT NULL CHECK (fate IN (0, 1, 2))
) STRICT;
CREATE INDEX batch_open ON batch (place) WHERE fate = 0;

-- What a batch contains, in order. Stays when a batch is given up.
CREATE TABLE batch_change (
    batch INTEGER NOT NULL REFERENCES batch (place),
    ordinal INTEGER NOT NULL,
    hash BLOB NOT NULL REFERENCES change_ (hash),
    PRIMARY KEY (batch, ordinal)
) STRICT, WITHOUT ROWID;

-- Refusal notes as they came, those that take a refusal back (code `released`) included.
CREATE TABLE refusal (
    place INTEGER PRIMARY KEY,
    -- Number of the note at the office. May stand twice if the office's log was restored.
    note INTEGER NOT NULL,
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    -- A code of the protocol.
    code TEXT NOT NULL,
    noted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refusal_by_change ON refusal (hash, place);
