-- /top: running totals, so that no read is summed when somebody asks; and what channels' readers say with reactions.

-- Reads of published articles by rolling period, once for each place in /top: among all ('ALL': a tag is folded, none is
-- in capitals) and under each of its tags. reads.record adds, reads.refresh takes out what has left a period; the
-- triggers below keep it in step with articles and tags.
CREATE TABLE ranking (
    tag TEXT NOT NULL,
    article_id INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    week INTEGER NOT NULL,
    month INTEGER NOT NULL,
    year INTEGER NOT NULL,
    ever INTEGER NOT NULL,
    heat REAL NOT NULL,  -- what all reads weigh, each half as much for each HALF_LIFE of its age: see reads.heated
    PRIMARY KEY (tag, article_id)  -- reads.record, reads.refresh
) STRICT, WITHOUT ROWID;

-- Reads at this moment or before have left the period (Unix milliseconds).
CREATE TABLE ranking_since (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    day INTEGER NOT NULL,
    week INTEGER NOT NULL,
    month INTEGER NOT NULL,
    year INTEGER NOT NULL
) STRICT;

-- What was read before there were totals, as it stood at the last read (reads.refresh goes on from there). Their heat is
-- that of one read at the moment of the last; it is right again after a day or two.
INSERT INTO ranking_since (id, day, week, month, year)
    SELECT 1, last - 86400000, last - 7 * 86400000, last - 30 * 86400000, last - 365 * 86400000
    FROM (SELECT min(coalesce(max(read_at), 0), 1000 * CAST(strftime('%s', 'now') AS INTEGER)) AS last FROM read) known;

INSERT INTO ranking (tag, article_id, published_at, day, week, month, year, ever, heat)
    SELECT 'ALL', a.id, a.published_at, sum(r.day), sum(r.week), sum(r.month), sum(r.year), sum(r.ever), max(r.last)
    FROM (
        SELECT r.article_id, sum(r.read_at > s.day) AS day, sum(r.read_at > s.week) AS week,
            sum(r.read_at > s.month) AS month, sum(r.read_at > s.year) AS year, count(*) AS ever, max(r.read_at) AS last
        FROM read r CROSS JOIN ranking_since s
        GROUP BY r.article_id
        UNION ALL
        SELECT article_id, 0, 0, 0, 0, sum(reads), (max(day) + 1) * 86400000 FROM read_count GROUP BY article_id
    ) r
    JOIN article a ON a.id = r.article_id
    WHERE a.state = 'published'
    GROUP BY a.id;

INSERT INTO ranking (tag, article_id, published_at, day, week, month, year, ever, heat)
    SELECT t.tag, r.article_id, r.published_at, r.day, r.week, r.month, r.year, r.ever, r.heat
    FROM ranking r JOIN article_tag t ON t.article_id = r.article_id
    WHERE r.tag = 'ALL'
    ORDER BY t.tag, r.article_id;

-- reads.top, each for its period; rising is of what was read in the week.
CREATE INDEX ranking_day ON ranking (tag, day DESC, published_at DESC, article_id DESC) WHERE day > 0;
CREATE INDEX ranking_week ON ranking (tag, week DESC, published_at DESC, article_id DESC) WHERE week > 0;
CREATE INDEX ranking_month ON ranking (tag, month DESC, published_at DESC, article_id DESC) WHERE month > 0;
CREATE INDEX ranking_year ON ranking (tag, year DESC, published_at DESC, article_id DESC) WHERE year > 0;
CREATE INDEX ranking_all ON ranking (tag, ever DESC, published_at DESC, article_id DESC) WHERE ever > 0;
CREATE INDEX ranking_rising ON ranking (tag, heat DESC, published_at DESC, article_id DESC) WHERE week > 0;

CREATE TRIGGER ranking_tagged AFTER INSERT ON article_tag
BEGIN
    INSERT INTO ranking (tag, article_id, published_at, day, week, month, year, ever, heat)
    SELECT NEW.tag, article_id, published_at, day, week, month, year, ever, heat
    FROM ranking WHERE tag = 'ALL' AND article_id = NEW.article_id
    ON CONFLICT (tag, article_id) DO NOTHING;
END;

CREATE TRIGGER ranking_untagged AFTER DELETE ON article_tag
BEGIN
    DELETE FROM ranking WHERE tag = OLD.tag AND article_id = OLD.article_id;
END;

CREATE TRIGGER ranking_dated AFTER UPDATE OF published_at ON article WHEN NEW.published_at <> OLD.published_at
BEGIN
    UPDATE ranking SET published_at = NEW.published_at
    WHERE article_id = NEW.id AND tag IN (SELECT 'ALL' UNION ALL SELECT tag FROM article_tag WHERE article_id = NEW.id);
END;

-- For ever: what was withdrawn is never published again.
CREATE TRIGGER ranking_withdrawn AFTER UPDATE OF state ON article WHEN OLD.state = 'published' AND NEW.state <> 'published'
BEGIN
    DELETE FROM ranking
    WHERE article_id = NEW.id AND tag IN (SELECT 'ALL' UNION ALL SELECT tag FROM article_tag WHERE article_id = NEW.id);
END;

-- Reactions to posts of articles in channels, as Telegram last counted them. No foreign keys: the counts stay when the
-- delivery is folded.
CREATE TABLE reaction_count (
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    reactions INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (chat_id, message_id)  -- reactions.note
) STRICT, WITHOUT ROWID;

-- Their sums: an article may be posted in thousands of channels.
CREATE TABLE article_reactions (
    article_id INTEGER PRIMARY KEY,  -- reads.top
    reactions INTEGER NOT NULL
) STRICT;

-- reactions.note: the post of an article is one message; private chats have positive ids, and are many.
CREATE INDEX delivery_message ON delivery (chat_id, message_ids) WHERE chat_id < 0 AND kind = 'post' AND state = 'sent';
