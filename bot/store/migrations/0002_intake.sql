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

ALTER TABLE feed ADD COLUMN ids_told_at INTEGER;  -- when the maintainers were told that its ids changed

-- What a story says, whatever its address: its title, and the beginning of its text ('': too little to tell it by).
-- Which of those found so is the same story, if any, is seen by comparing them (intake/recognise.py).
ALTER TABLE article ADD COLUMN title_mark TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
CREATE INDEX article_title_mark ON article (title_mark) WHERE title_mark <> '';  -- sources.alike
CREATE INDEX article_fingerprint ON article (fingerprint) WHERE fingerprint <> '';  -- sources.alike
DROP INDEX article_content;

-- Whether what the source says changes the article: it was the first to bring it, or the first is no more.
ALTER TABLE article_source ADD COLUMN is_own INTEGER NOT NULL DEFAULT 1 CHECK (is_own IN (0, 1));

-- A source's changes follow one another in the chats at a distance: articles.update, copies.release.
ALTER TABLE article ADD COLUMN edited_at INTEGER;  -- when it was given its edited_seq
ALTER TABLE article ADD COLUMN edit_due_at INTEGER;  -- when it is to be given the next one
CREATE INDEX article_edit_due ON article (edit_due_at) WHERE edit_due_at IS NOT NULL;  -- copies.release

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
