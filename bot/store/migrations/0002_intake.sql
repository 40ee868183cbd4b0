-- Feeds: how each is followed, and what a poll must know of the ones before.

ALTER TABLE feed ADD COLUMN every_ms INTEGER;  -- between two polls; NULL: as the configuration says
ALTER TABLE feed ADD COLUMN full_text INTEGER NOT NULL DEFAULT 0 CHECK (full_text IN (0, 1));  -- of the linked pages
ALTER TABLE feed ADD COLUMN announce_first INTEGER NOT NULL DEFAULT 0;  -- so many of the first poll's newest go out
ALTER TABLE feed ADD COLUMN headers TEXT NOT NULL DEFAULT '{}';  -- sent with each request; secret, never shown
ALTER TABLE feed ADD COLUMN body_hash TEXT NOT NULL DEFAULT '';  -- of the last document read: an equal one is not parsed
ALTER TABLE feed ADD COLUMN failing_since INTEGER;  -- the first of the failures in a row
ALTER TABLE feed ADD COLUMN told_at INTEGER;  -- when the maintainers were told that it fails; NULL: they were not
ALTER TABLE feed ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';  -- where it says it lives now,
ALTER TABLE feed ADD COLUMN moved_seen INTEGER NOT NULL DEFAULT 0;  -- and how many polls in a row it said so
CREATE INDEX feed_failing ON feed (failing_since) WHERE failing_since IS NOT NULL;  -- health.report_due
CREATE INDEX feed_told ON feed (told_at) WHERE told_at IS NOT NULL;  -- health.report_due

-- What a story says, whatever its address: one that comes by two feeds is one article.
ALTER TABLE article ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';  -- '': too little to tell it by
CREATE INDEX article_fingerprint ON article (fingerprint) WHERE fingerprint <> '';  -- articles.find_known

-- Channels whose posts become articles.
CREATE TABLE channel_source (
    chat_id INTEGER PRIMARY KEY REFERENCES chat (id),
    tags TEXT NOT NULL DEFAULT '[]',
    added_by INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
