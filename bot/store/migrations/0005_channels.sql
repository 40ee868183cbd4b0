-- What channel admins decide: several digests a chat, filters of more than tags, quiet hours, how posts look, approval.

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
    restraint TEXT NOT NULL DEFAULT '{}',  -- quiet hours, daily cap, spacing; Restraint
    silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1)),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    paused_until INTEGER,  -- when a paused one goes on by itself; NULL: when somebody says so
    suspended TEXT NOT NULL DEFAULT '',
    suspended_at INTEGER,
    -- Quiet hours in UTC, the present ones or the next; a tick moves them on when they are over, and claims compare.
    quiet_from INTEGER,
    quiet_until INTEGER,
    held_until INTEGER,  -- by its daily cap or spacing
    gathered_until INTEGER,  -- what was planned before it waited for the end of quiet hours: it goes together
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
CREATE INDEX subscription_paused_until ON subscription (paused_until) WHERE paused_until IS NOT NULL;
CREATE INDEX subscription_quiet ON subscription (quiet_until) WHERE quiet_until IS NOT NULL;
CREATE INDEX subscription_held ON subscription (held_until) WHERE held_until IS NOT NULL;

-- One that is held lets those behind its deliveries pass, one that goes on may have the oldest of all.
CREATE TRIGGER subscription_held_or_resumed AFTER UPDATE OF paused, suspended, quiet_until, held_until ON subscription
WHEN NEW.paused <> OLD.paused OR NEW.suspended <> OLD.suspended OR NEW.quiet_until IS NOT OLD.quiet_until
    OR NEW.held_until IS NOT OLD.held_until
BEGIN
    UPDATE chat SET due_at = 0 WHERE id = NEW.chat_id;
END;
UPDATE plan_cursor SET filter_key = '';  -- what was half planned begins again, under the new keys

-- A digest that waits for its admins: it is made ahead of its time, and becomes a delivery when it is approved or due.
ALTER TABLE digest_run ADD COLUMN due_at INTEGER;  -- when it is to go; NULL: it went when it was made
ALTER TABLE digest_run ADD COLUMN approval TEXT NOT NULL DEFAULT ''
    CHECK (approval IN ('', 'asked', 'approved', 'skipped'));
ALTER TABLE digest_run ADD COLUMN decided_by INTEGER;  -- who approved or skipped it; NULL: nobody, its time came
CREATE INDEX digest_run_asked ON digest_run (due_at) WHERE approval = 'asked';
ALTER TABLE digest_item ADD COLUMN struck INTEGER NOT NULL DEFAULT 0 CHECK (struck IN (0, 1));  -- left out, by an admin
-- Where the question stands in the admins' private chats.
CREATE TABLE digest_question (
    digest_run_id INTEGER NOT NULL REFERENCES digest_run (id),
    person_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (digest_run_id, person_id)
) STRICT, WITHOUT ROWID;

-- What editors recommend; a digest may hold these alone.
CREATE TABLE pick (
    article_id INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    picked_by INTEGER,
    picked_at INTEGER NOT NULL
) STRICT;

-- Whether a chat may have subscriptions at all, where the operator decides on that (telegram.channels).
ALTER TABLE chat ADD COLUMN approval TEXT NOT NULL DEFAULT '' CHECK (approval IN ('', 'asked', 'approved', 'refused'));
UPDATE chat SET approval = 'approved' WHERE kind <> 'private';
ALTER TABLE chat ADD COLUMN reported_at INTEGER;  -- when its owner was last sent the weekly report

-- Messages of ours that take themselves away: menus in groups, test posts.
CREATE TABLE passing_message (
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    delete_at INTEGER NOT NULL,
    PRIMARY KEY (chat_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX passing_message_due ON passing_message (delete_at);
