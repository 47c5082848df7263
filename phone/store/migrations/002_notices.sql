-- Notices: urgent reports and sign-offs, each signed when it was made. Never deleted.

CREATE TABLE notice (
    -- Order in which they were made.
    place INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- 1 urgent report, 2 sign-off.
    kind INTEGER NOT NULL,
    -- Device clock.
    made_at INTEGER NOT NULL,
    -- As signed. An urgent report's is sealed: nothing readable of it is on this device.
    body BLOB NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    -- 0 waiting, 1 on the office's disk, 2 opened at the office, 3 refused.
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2, 3)),
    -- Since when, office clock; while it waits, when it was made.
    state_at INTEGER NOT NULL,
    -- Why it was refused: a code of the protocol.
    code TEXT
) STRICT;
