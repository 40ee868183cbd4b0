-- Moments are Unix milliseconds. Every index names the query it serves. Lists are JSON arrays unless a query looks inside them.

CREATE TABLE sequence (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO sequence (name, value) VALUES ('announced', 0), ('changed', 0), ('edited', 0);

CREATE TABLE plan_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    announced_seq INTEGER NOT NULL,  -- every article announced up to here has its deliveries
    -- How far the next one has got: the filters behind this one have theirs, and of this one the chats up to chat_id.
    -- '': it has not begun.
    filter_key TEXT NOT NULL DEFAULT '',
    chat_id INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO plan_cursor (id, announced_seq) VALUES (1, 0);

CREATE TABLE edit_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    edited_seq INTEGER NOT NULL,  -- every article edited up to here has its edits and recalls
    begun_seq INTEGER NOT NULL,  -- the one that is being planned, in chunks,
    after_id INTEGER NOT NULL  -- for the copies up to this delivery
) STRICT;
INSERT INTO edit_cursor (id, edited_seq, begun_seq, after_id) VALUES (1, 0, 0, 0);

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- What comes in ------------------------------------------------------------------------------------------------------

-- The long columns come last: what lists and searches look at is then in a row's first page.
CREATE TABLE article (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn')),
    published_at INTEGER NOT NULL,
    announced_seq INTEGER,
    announced_at INTEGER,
    changed_seq INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    revision INTEGER NOT NULL,
    edited_seq INTEGER,  -- the order in which what posts show was changed or withdrawn; NULL: never since it was announced
    changed_by INTEGER,  -- the maintainer whose words these are; NULL: its source's
    revises INTEGER REFERENCES article (id),  -- a draft that would replace this article
    created_at INTEGER NOT NULL,
    url TEXT,
    canonical_url TEXT,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    image_url TEXT,
    title TEXT NOT NULL,
    tags TEXT NOT NULL,
    enclosures TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX article_latest ON article (published_at DESC, id DESC) WHERE state = 'published';  -- articles.latest
CREATE INDEX article_canonical_url ON article (canonical_url) WHERE canonical_url IS NOT NULL;  -- articles.find_known
CREATE INDEX article_content ON article (content_hash) WHERE canonical_url IS NULL;  -- articles.find_known, without address
CREATE UNIQUE INDEX article_announced ON article (announced_seq) WHERE announced_seq IS NOT NULL;  -- articles.announced_after
CREATE UNIQUE INDEX article_edited ON article (edited_seq) WHERE edited_seq IS NOT NULL;  -- copies.next_edited
CREATE INDEX article_revises ON article (revises) WHERE revises IS NOT NULL;  -- the foreign key, when a draft is discarded
CREATE INDEX article_unpublished ON article (state) WHERE state <> 'published';  -- articles.UNPUBLISHED, stats.stats

CREATE TABLE article_source (
    kind TEXT NOT NULL CHECK (kind IN ('feed', 'channel', 'maintainer', 'file')),
    key TEXT NOT NULL,
    guid TEXT NOT NULL,
    article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, key, guid)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_source_article ON article_source (article_id, kind, key);  -- articles.find_known, articles.every

-- Tags as they are compared (folded), beside the moment that orders /latest, so that one tag's newest are one index range.
CREATE TABLE article_tag (
    tag TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    PRIMARY KEY (tag, published_at, article_id)  -- articles.latest with a tag, articles.tags
) STRICT, WITHOUT ROWID;
CREATE INDEX article_tag_article ON article_tag (article_id, tag);  -- plans.plan_article, articles.update

-- What is compared, as bot/fold.py folds it; rowid is the article's id. store/articles.py keeps it in step.
CREATE VIRTUAL TABLE article_search USING fts5 (
    title, summary, body, about,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
);

CREATE TABLE search_query (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL UNIQUE,
    used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX search_query_used ON search_query (used_at);  -- queries.remember forgets the old ones

CREATE TABLE feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    next_check_at INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    tags TEXT NOT NULL,
    polled_at INTEGER,
    added_by INTEGER
) STRICT;
CREATE INDEX feed_due ON feed (next_check_at, id) WHERE paused = 0;  -- feeds.due

CREATE TABLE inbox (
    update_id INTEGER PRIMARY KEY,
    data TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    taken_at INTEGER NOT NULL,
    handled_at INTEGER
) STRICT;
CREATE INDEX inbox_pending ON inbox (update_id) WHERE handled_at IS NULL;  -- inbox.pending

-- Where it goes ------------------------------------------------------------------------------------------------------

CREATE TABLE chat (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('private', 'group', 'supergroup', 'channel')),
    title TEXT NOT NULL,
    username TEXT,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    reason TEXT NOT NULL DEFAULT '',
    since INTEGER,
    connected_by INTEGER,
    started INTEGER NOT NULL DEFAULT 0 CHECK (started IN (0, 1)),
    last_message_id INTEGER,  -- the highest id known, of channels and supergroups alone: there they are consecutive
    -- The chat's place in the queue: nothing of it can be due before this moment; NULL: nothing waits, or one is in
    -- flight. A hint that triggers and plans keep (never too late) and deliveries.claim corrects, so that a claim costs
    -- the same beside a backlog of any size.
    due_at INTEGER
) STRICT;
CREATE INDEX chat_due ON chat (due_at, id) WHERE state = 'active' AND due_at IS NOT NULL;  -- deliveries.claim, next_due_at
CREATE INDEX chat_suspended ON chat (id, since) WHERE state = 'suspended';  -- plans.plan_article, stats.stats

CREATE TABLE chat_admin (
    person_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (person_id, chat_id)  -- chats.administered_by
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_admin_chat ON chat_admin (chat_id);  -- chats.migrate, chats.remove

CREATE TABLE subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL REFERENCES chat (id),
    topic_id INTEGER NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('instant', 'digest')),
    times TEXT NOT NULL,
    weekdays TEXT NOT NULL,
    timezone TEXT NOT NULL,
    next_run_at INTEGER,
    filter TEXT NOT NULL,
    filter_key TEXT NOT NULL,  -- the filter as it is compared
    silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1)),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    suspended TEXT NOT NULL DEFAULT '',
    suspended_at INTEGER,
    started_seq INTEGER NOT NULL,
    created_by INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (chat_id, topic_id, mode, filter_key)  -- subscriptions.add, subscriptions.of_chat
) STRICT;
CREATE INDEX subscription_due ON subscription (next_run_at, id)
    WHERE mode = 'digest' AND paused = 0 AND suspended = '';  -- subscriptions.due_digests
-- plans.plan_article, which then need not look at the rows
CREATE INDEX subscription_filter ON subscription (filter_key, chat_id, topic_id, started_seq, mode, paused, suspended,
    suspended_at) WHERE mode = 'instant' AND paused = 0;
CREATE INDEX subscription_suspended ON subscription (suspended_at) WHERE suspended <> '';  -- subscriptions.try_again

CREATE TABLE subscription_tag (
    subscription_id INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (subscription_id, tag)  -- plans.plan_article, digests.waiting
) STRICT, WITHOUT ROWID;

-- What goes out: the outbox and the ledger in one. Rows outlive their subscription, hence no foreign key on it.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER,
    chat_id INTEGER NOT NULL REFERENCES chat (id),
    topic_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'edit', 'recall')),
    article_id INTEGER REFERENCES article (id),
    digest_run_id INTEGER REFERENCES digest_run (id),
    state TEXT NOT NULL CHECK (
        state IN ('pending', 'sending', 'sent', 'uncertain', 'refused', 'expired', 'cancelled', 'merged')
    ),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL,
    message_ids TEXT NOT NULL DEFAULT '[]',
    form TEXT NOT NULL DEFAULT '' CHECK (form IN ('', 'text', 'photo', 'gone')),  -- of its messages, as they stand now
    picture TEXT NOT NULL DEFAULT '',  -- of a photo: tells one address from another
    -- What an edit or recall has come to.
    effect TEXT NOT NULL DEFAULT '' CHECK (effect IN ('', 'changed', 'unchanged', 'deleted', 'lost', 'impossible')),
    error TEXT NOT NULL DEFAULT '',
    dedupe_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    merged_into INTEGER,  -- the delivery that it went out with
    -- What doubts know of it: the chat's last message known before it was sent (NULL: none, or of no use any more), when
    -- the doubtful connection was closed (set: it may stand there), when the chat's admin was asked.
    after_id INTEGER,
    doubt_at INTEGER,
    asked_at INTEGER,
    UNIQUE (chat_id, topic_id, dedupe_key)  -- plans.plan_article: once a destination
) STRICT;
-- deliveries.claim (the oldest of a chat; is one in flight?), recover, uncertain, outbox
CREATE INDEX delivery_state ON delivery (state, chat_id, id);
CREATE INDEX delivery_article ON delivery (article_id, kind);  -- copies.plan; the foreign key, when a draft is discarded
CREATE INDEX delivery_change ON delivery (article_id, dedupe_key, state) WHERE kind <> 'post';  -- copies.plan, report_due, effects
CREATE INDEX delivery_delayed ON delivery (state, id) WHERE state = 'pending' AND error <> '';  -- outbox.TROUBLED
CREATE INDEX delivery_digest_run ON delivery (digest_run_id) WHERE digest_run_id IS NOT NULL;  -- digests.waiting

-- Deliveries that ended long ago: how many of a kind ended so on a day (tidy.fold_deliveries).
CREATE TABLE delivery_count (
    day INTEGER NOT NULL,  -- UTC days since 1970-01-01
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    PRIMARY KEY (day, kind, state)
) STRICT, WITHOUT ROWID;

-- An article's posts are planned many at once, and so are their chats: plans.plan_article.
CREATE TRIGGER delivery_added AFTER INSERT ON delivery WHEN NEW.state = 'pending' AND NEW.dedupe_key NOT GLOB 'post:*'
BEGIN
    UPDATE chat
    SET due_at = min(coalesce(due_at, NEW.not_before), NEW.not_before)
    WHERE id = NEW.chat_id AND (due_at IS NULL OR due_at > NEW.not_before);
END;

-- Whatever became of a row, its chat may go on with the next one, if there is one.
CREATE TRIGGER delivery_moved AFTER UPDATE OF state, not_before, chat_id, subscription_id ON delivery
WHEN NEW.state <> 'sending'
BEGIN
    UPDATE chat
    SET due_at = min(coalesce(due_at, NEW.ended_at, NEW.not_before), coalesce(NEW.ended_at, NEW.not_before))
    WHERE id = NEW.chat_id
        AND EXISTS (SELECT 1 FROM delivery p WHERE p.state = 'pending' AND p.chat_id = NEW.chat_id);
END;

-- One that is held lets those behind its deliveries pass, one that goes on may have the oldest of all.
CREATE TRIGGER subscription_held_or_resumed AFTER UPDATE OF paused, suspended ON subscription
WHEN NEW.paused <> OLD.paused OR NEW.suspended <> OLD.suspended
BEGIN
    UPDATE chat SET due_at = 0 WHERE id = NEW.chat_id;
END;

-- Until when Telegram told a chat to wait, or (chat 0) the bot as a whole.
CREATE TABLE flood_wait (
    chat_id INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;

CREATE TABLE digest_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER NOT NULL,
    local_date TEXT NOT NULL,
    slot INTEGER,  -- NULL: a burst's, made of deliveries that were due together
    until_seq INTEGER,  -- the next run begins after it; NULL: a burst's
    UNIQUE (subscription_id, local_date, slot)  -- deliveries.add_digest: once a slot
) STRICT;

CREATE TABLE digest_item (
    digest_run_id INTEGER NOT NULL REFERENCES digest_run (id),
    position INTEGER NOT NULL,
    article_id INTEGER NOT NULL REFERENCES article (id),
    PRIMARY KEY (digest_run_id, position)  -- digests.get
) STRICT, WITHOUT ROWID;
CREATE INDEX digest_item_article ON digest_item (article_id);  -- digests.waiting: what a destination already got

-- Who is told what an edit or a recall came to, when all of it is through.
CREATE TABLE report (
    article_id INTEGER NOT NULL REFERENCES article (id),
    person_id INTEGER NOT NULL,
    dedupe_key TEXT NOT NULL,  -- of the deliveries that it counts
    PRIMARY KEY (article_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE UNIQUE INDEX notice_unsent ON notice (person_id, kind, data) WHERE sent_at IS NULL;  -- notices.add
CREATE INDEX notice_due ON notice (id) WHERE sent_at IS NULL;  -- notices.due, chats.migrate

-- Who reads, who works here ------------------------------------------------------------------------------------------

CREATE TABLE read (
    article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    reader TEXT NOT NULL,
    day INTEGER NOT NULL,  -- UTC days since 1970-01-01
    via TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (article_id, reader, day)  -- reads.record: one a reader, article and day; reads.top of all time
) STRICT, WITHOUT ROWID;
CREATE INDEX read_recent ON read (read_at, article_id);  -- reads.top of a period

-- Reads of long ago, without their readers (tidy.fold_reads).
CREATE TABLE read_count (
    article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    day INTEGER NOT NULL,
    reads INTEGER NOT NULL,
    PRIMARY KEY (article_id, day)  -- reads.top of all time
) STRICT, WITHOUT ROWID;

CREATE TABLE maintainer (
    person_id INTEGER PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('owner', 'editor', 'contributor')),
    name TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;
