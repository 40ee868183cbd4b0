-- Who looks after a chat, what the topics of a forum are called, and how posts looked when they went out.

-- When Telegram was last asked who its admins are; NULL: never.
ALTER TABLE chat ADD COLUMN admins_at INTEGER;
CREATE INDEX chat_admins_at ON chat (coalesce(admins_at, 0)) WHERE kind <> 'private' AND state = 'active';  -- admins.due

-- How posts looked when they went out, where their subscription looks otherwise by now, or has ended: edits keep it. A
-- delivery without one looks as its subscription says, or as usual.
CREATE TABLE former_look (
    id INTEGER PRIMARY KEY,
    look TEXT NOT NULL,
    name TEXT NOT NULL,  -- of a digest
    selection TEXT NOT NULL,  -- of a digest: its header, its footer, whether it is grouped
    UNIQUE (look, name, selection)
) STRICT;
CREATE INDEX former_look_text ON former_look (id)
    WHERE instr(look, '"full"') > 0 OR instr(look, '{text}') > 0;  -- articles.SHOWS_TEXT
ALTER TABLE delivery ADD COLUMN former_look_id INTEGER;
CREATE INDEX delivery_former_look ON delivery (former_look_id) WHERE former_look_id IS NOT NULL;  -- tidy._forget_looks
CREATE TRIGGER subscription_looks_otherwise AFTER UPDATE OF look, name, selection ON subscription
WHEN NEW.look <> OLD.look OR NEW.name <> OLD.name
    OR NEW.selection ->> '$.header' IS NOT OLD.selection ->> '$.header'
    OR NEW.selection ->> '$.footer' IS NOT OLD.selection ->> '$.footer'
    OR NEW.selection ->> '$.by_tag' IS NOT OLD.selection ->> '$.by_tag'
BEGIN
    INSERT INTO former_look (look, name, selection) VALUES (OLD.look, OLD.name, OLD.selection) ON CONFLICT DO NOTHING;
    UPDATE delivery
    SET former_look_id = (
        SELECT id FROM former_look WHERE look = OLD.look AND name = OLD.name AND selection = OLD.selection)
    WHERE chat_id = OLD.chat_id AND topic_id = OLD.topic_id AND subscription_id = OLD.id AND kind = 'post'
        AND state <> 'pending' AND former_look_id IS NULL;
END;
CREATE TRIGGER subscription_look_ended BEFORE DELETE ON subscription
WHEN OLD.look <> '{}' OR OLD.name <> '' OR OLD.selection <> '{}'
BEGIN
    INSERT INTO former_look (look, name, selection) VALUES (OLD.look, OLD.name, OLD.selection) ON CONFLICT DO NOTHING;
    UPDATE delivery
    SET former_look_id = (
        SELECT id FROM former_look WHERE look = OLD.look AND name = OLD.name AND selection = OLD.selection)
    WHERE chat_id = OLD.chat_id AND topic_id = OLD.topic_id AND subscription_id = OLD.id AND kind = 'post'
        AND state <> 'pending' AND former_look_id IS NULL;
END;
-- What is sent once more looks as it does then.
CREATE TRIGGER delivery_looks_anew AFTER UPDATE OF state ON delivery
WHEN NEW.state = 'pending' AND NEW.former_look_id IS NOT NULL
BEGIN
    UPDATE delivery SET former_look_id = NULL WHERE id = NEW.id;
END;

-- What the topics of forums are called, as far as Telegram has said: it cannot be asked. Topic 0 is General; whatever
-- is known of a chat here says that it is a forum.
CREATE TABLE topic (
    chat_id INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    topic_id INTEGER NOT NULL,
    name TEXT NOT NULL,  -- '' for General where it has no other one
    PRIMARY KEY (chat_id, topic_id)
) STRICT, WITHOUT ROWID;

-- The weekly report goes to who looks after a chat, also where nobody is known to have connected it.
DROP INDEX chat_report;
CREATE INDEX chat_report_due ON chat (coalesce(reported_at, 0)) WHERE kind <> 'private' AND weekly_report = 1;  -- reports.report_due
