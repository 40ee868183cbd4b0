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

-- What the linked pages of a feed's entries said when they were read (feed.full_text): an entry that stays as it is
-- keeps that text, and its page is not fetched at each poll.
CREATE TABLE linked_page (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    guid TEXT NOT NULL,
    url TEXT NOT NULL,  -- canonical
    entry_hash TEXT NOT NULL,  -- of what the feed said of it
    body TEXT NOT NULL,  -- '': it could not be read, or holds no more than the entry
    image_url TEXT,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    tries INTEGER NOT NULL,  -- in vain, one after another
    read_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX linked_page_url ON linked_page (feed_id, url);  -- linked_pages.put
