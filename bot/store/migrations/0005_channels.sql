-- What channel admins decide: several digests a chat, what they hold, how posts look.

-- A destination may have several digests; of what is pushed at once there is still one a filter. A filter is one value
-- in JSON: what it was made of as people wrote it, and its key, by which equal ones are told. It is weighed in
-- bot/filters.py, once for each key, so the tags need no table of their own.
CREATE TABLE subscription_next (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL REFERENCES chat (id),
    topic_id INTEGER NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('instant', 'digest')),
    name TEXT NOT NULL DEFAULT '',  -- of a digest, as its admins call it
    times TEXT NOT NULL,
    weekdays TEXT NOT NULL,
    timezone TEXT NOT NULL,
    next_run_at INTEGER,
    filter TEXT NOT NULL,
    filter_key TEXT NOT NULL,
    selection TEXT NOT NULL DEFAULT '{}',  -- of a digest: which articles, how many, in what order; Selection
    look TEXT NOT NULL DEFAULT '{}',  -- how its posts look; Look
    silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1)),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    paused_until INTEGER,  -- when a paused one goes on by itself; NULL: when somebody says so
    suspended TEXT NOT NULL DEFAULT '',
    suspended_at INTEGER,
    pinned_message_id INTEGER,  -- the last digest's, if it was pinned
    started_seq INTEGER NOT NULL,
    created_by INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO subscription_next (id, chat_id, topic_id, mode, times, weekdays, timezone, next_run_at, filter, filter_key,
    silent, paused, suspended, suspended_at, started_seq, created_by, created_at)
SELECT id, chat_id, topic_id, mode, times, weekdays, timezone, next_run_at,
    CASE filter WHEN '[]' THEN '{}' ELSE json_object('tags', json(filter)) END,
    CASE filter_key WHEN '[]' THEN '{}' ELSE json_object('tags', json(filter_key)) END,
    silent, paused, suspended, suspended_at, started_seq, created_by, created_at
FROM subscription;
-- No number is given twice: deliveries outlive their subscription.
INSERT INTO subscription_next (id, chat_id, topic_id, mode, times, weekdays, timezone, filter, filter_key, started_seq,
    created_at)
SELECT s.seq, c.id, 0, 'instant', '', '', '', '', '', 0, 0
FROM sqlite_sequence s, (SELECT id FROM chat LIMIT 1) c
WHERE s.name = 'subscription' AND s.seq NOT IN (SELECT id FROM subscription_next);
DELETE FROM subscription_next WHERE times = '';
DROP TABLE subscription_tag;
DROP TABLE subscription;
ALTER TABLE subscription_next RENAME TO subscription;
CREATE UNIQUE INDEX subscription_instant ON subscription (chat_id, topic_id, filter_key) WHERE mode = 'instant';
CREATE INDEX subscription_chat ON subscription (chat_id, topic_id);  -- subscriptions.of_chat
CREATE INDEX subscription_due ON subscription (next_run_at, id)
    WHERE mode = 'digest' AND paused = 0 AND suspended = '';  -- subscriptions.due_digests
-- plans.plan_article, which then need not look at the rows
CREATE INDEX subscription_filter ON subscription (filter_key, chat_id, topic_id, started_seq, mode, paused, suspended,
    suspended_at) WHERE mode = 'instant' AND paused = 0;
CREATE INDEX subscription_suspended ON subscription (suspended_at) WHERE suspended <> '';  -- subscriptions.try_again
CREATE INDEX subscription_paused_until ON subscription (paused_until) WHERE paused_until IS NOT NULL;  -- subscriptions.paused_until

-- One that is held lets those behind its deliveries pass, one that goes on may have the oldest of all.
CREATE TRIGGER subscription_held_or_resumed AFTER UPDATE OF paused, suspended ON subscription
WHEN NEW.paused <> OLD.paused OR NEW.suspended <> OLD.suspended
BEGIN
    UPDATE chat SET due_at = 0 WHERE id = NEW.chat_id;
END;
UPDATE plan_cursor SET filter_key = '';  -- what was half planned begins again, under the new keys

-- Some looks show the text: for these alone a change of nothing else edits what was posted.
ALTER TABLE article ADD COLUMN edit_text_only INTEGER NOT NULL DEFAULT 0 CHECK (edit_text_only IN (0, 1));
CREATE INDEX subscription_text ON subscription (id)
    WHERE instr(look, '"full"') > 0 OR instr(look, '{text}') > 0;  -- articles.SHOWS_TEXT

-- A run's slot is the local time at which it goes, in minutes since midnight: it was the place in the list of times.
UPDATE OR IGNORE digest_run
SET slot = coalesce((
    SELECT 60 * substr(json_extract(s.times, '$[' || slot || ']'), 1, 2)
        + substr(json_extract(s.times, '$[' || slot || ']'), 4, 2)
    FROM subscription s WHERE s.id = subscription_id), slot)
WHERE slot IS NOT NULL;
CREATE INDEX digest_run_until ON digest_run (subscription_id, until_seq);  -- digests.begun

-- One that was left out because its time passed while the bot was off: what it would have held is in none.
ALTER TABLE digest_run ADD COLUMN is_passed_by INTEGER NOT NULL DEFAULT 0 CHECK (is_passed_by IN (0, 1));
CREATE INDEX digest_run_passed_by ON digest_run (subscription_id) WHERE is_passed_by = 1;  -- digests.had

-- What editors recommend; a digest may hold these alone.
CREATE TABLE pick (
    article_id INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    picked_by INTEGER,
    picked_at INTEGER NOT NULL
) STRICT;
