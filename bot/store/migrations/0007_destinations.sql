-- Who looks after a chat, what the topics of a forum are called, and how posts looked when they went out.

-- When Telegram was last asked who its admins are; NULL: never.
ALTER TABLE chat ADD COLUMN admins_at INTEGER;
CREATE INDEX chat_admins_at ON chat (coalesce(admins_at, 0)) WHERE kind <> 'private' AND state = 'active';  -- admins.due
