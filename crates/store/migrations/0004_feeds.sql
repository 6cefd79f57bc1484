-- Feeds of vulnerability intelligence that are loaded; about is JSON: where the data comes from and what became of it.
CREATE TABLE feeds (
    name TEXT PRIMARY KEY,
    about TEXT NOT NULL
);

-- Documents of a feed as they came, zstd compressed.
CREATE TABLE feed_documents (
    feed TEXT NOT NULL REFERENCES feeds (name),
    name TEXT NOT NULL,
    document {{BLOB}} NOT NULL,
    PRIMARY KEY (feed, name)
);

-- What a feed says of CVEs, those of one year with neighbouring numbers in one row: payload is zstd over MessagePack, format says which
-- shape. block is year * 100000000 + number / 64.
CREATE TABLE feed_blocks (
    feed TEXT NOT NULL REFERENCES feeds (name),
    block BIGINT NOT NULL,
    format SMALLINT NOT NULL,
    records BIGINT NOT NULL,
    payload {{BLOB}} NOT NULL,
    PRIMARY KEY (feed, block)
);

CREATE INDEX feed_blocks_by_block ON feed_blocks (block);

-- Advisories of before belong to a feed of their own.
INSERT INTO feeds (name, about) SELECT 'csaf:earlier', '{}' FROM (SELECT COUNT(*) AS n FROM advisories) AS counted WHERE n > 0;
INSERT INTO feed_documents (feed, name, document) SELECT 'csaf:earlier', name, document FROM advisories;
DROP TABLE advisories;
