-- Values that are not rows of their own: counters and the like.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What was read in; everything below belongs to one of these.
CREATE TABLE captures (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    imported BIGINT NOT NULL -- microseconds since the Unix epoch
);

-- The journal, in batches: payload is zstd over MessagePack, format says which shape.
CREATE TABLE batches (
    capture BIGINT NOT NULL REFERENCES captures (id),
    number BIGINT NOT NULL,
    format SMALLINT NOT NULL,
    entries BIGINT NOT NULL,
    payload {{BLOB}} NOT NULL,
    PRIMARY KEY (capture, number)
);

-- Frames that something cites.
CREATE TABLE frames (
    capture BIGINT NOT NULL REFERENCES captures (id),
    number BIGINT NOT NULL,
    time BIGINT NOT NULL, -- nanoseconds since the Unix epoch
    link INTEGER NOT NULL,
    wire_length BIGINT NOT NULL,
    bytes {{BLOB}} NOT NULL,
    PRIMARY KEY (capture, number)
);

-- Advisory documents as they came, zstd compressed.
CREATE TABLE advisories (
    name TEXT PRIMARY KEY,
    document {{BLOB}} NOT NULL
);
