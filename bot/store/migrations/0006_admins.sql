-- What channel admins decide further: when nothing is sent, whose channels are served, what the owner is told.

-- What a restraint comes to (store/restraints.py). Quiet hours in UTC, the present ones or the next: nothing is claimed
-- from quiet_from on, until a tick has moved them on.
ALTER TABLE subscription ADD COLUMN restraint TEXT NOT NULL DEFAULT '{}';  -- quiet hours, daily cap, spacing; Restraint
ALTER TABLE subscription ADD COLUMN quiet_from INTEGER;
ALTER TABLE subscription ADD COLUMN quiet_until INTEGER;
ALTER TABLE subscription ADD COLUMN daily_cap INTEGER NOT NULL DEFAULT 0;  -- posts; 0: none
ALTER TABLE subscription ADD COLUMN spacing_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN day_until INTEGER;  -- when its local day ends; NULL: it has neither cap nor spacing
ALTER TABLE subscription ADD COLUMN posted_today INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN posted_at INTEGER;  -- the last post
ALTER TABLE subscription ADD COLUMN held_until INTEGER;  -- by its daily cap or spacing: a tick takes it away again
ALTER TABLE subscription ADD COLUMN gathered_until INTEGER;  -- what was planned before it had to wait: it goes together
CREATE INDEX subscription_quiet ON subscription (quiet_until) WHERE quiet_until IS NOT NULL;
CREATE INDEX subscription_held ON subscription (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX subscription_day ON subscription (day_until) WHERE day_until IS NOT NULL;
DROP TRIGGER subscription_held_or_resumed;
-- One that is held lets those behind its deliveries pass, one that goes on may have the oldest of all.
CREATE TRIGGER subscription_held_or_resumed AFTER UPDATE OF paused, suspended, quiet_until, held_until ON subscription
WHEN NEW.paused <> OLD.paused OR NEW.suspended <> OLD.suspended OR NEW.quiet_until IS NOT OLD.quiet_until
    OR NEW.held_until IS NOT OLD.held_until
BEGIN
    UPDATE chat SET due_at = 0 WHERE id = NEW.chat_id;
END;
-- A post that went out, or may have, counts for the cap and the spacing of its subscription.
CREATE TRIGGER delivery_posted AFTER UPDATE OF state ON delivery
WHEN NEW.state IN ('sent', 'uncertain') AND OLD.state = 'sending' AND NEW.kind = 'post'
BEGIN
    UPDATE subscription
    SET posted_today = posted_today + 1, posted_at = coalesce(NEW.ended_at, NEW.doubt_at),
        held_until = nullif(max(
            CASE WHEN spacing_ms > 0 THEN coalesce(NEW.ended_at, NEW.doubt_at) + spacing_ms ELSE 0 END,
            CASE WHEN daily_cap > 0 AND posted_today + 1 >= daily_cap THEN day_until ELSE 0 END), 0)
    WHERE id = NEW.subscription_id AND day_until IS NOT NULL;
END;

-- A post in doubt is known by doubt_at alone; what waited after a lost answer had none.
UPDATE delivery SET doubt_at = not_before
WHERE kind = 'post' AND attempts > 0 AND doubt_at IS NULL
    AND (state = 'pending' OR (state = 'cancelled' AND error = 'missed'));

-- Whether a chat may have subscriptions at all, where the operator decides on that (telegram.channels).
ALTER TABLE chat ADD COLUMN approval TEXT NOT NULL DEFAULT '' CHECK (approval IN ('', 'asked', 'approved', 'refused'));
UPDATE chat SET approval = 'approved' WHERE kind <> 'private';
CREATE INDEX subscription_creator ON subscription (created_by, chat_id) WHERE created_by <> chat_id;  -- rights.find

-- Messages of ours that take themselves away: menus in groups, test posts.
CREATE TABLE passing_message (
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    delete_at INTEGER NOT NULL,
    tried_at INTEGER NOT NULL DEFAULT 0,  -- when deleting it failed last
    PRIMARY KEY (chat_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX passing_message_due ON passing_message (delete_at);

ALTER TABLE chat ADD COLUMN reported_at INTEGER;  -- when its owner was last sent the weekly report
ALTER TABLE chat ADD COLUMN weekly_report INTEGER NOT NULL DEFAULT 1 CHECK (weekly_report IN (0, 1));  -- it is wanted
CREATE INDEX chat_report ON chat (coalesce(reported_at, 0))
    WHERE connected_by IS NOT NULL AND kind <> 'private' AND weekly_report = 1;  -- reports.report_due

-- What is in no digest of a subscription any more: an admin struck it out, or its time passed while the bot was off.
CREATE TABLE passed_by (
    subscription_id INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES article (id),
    PRIMARY KEY (subscription_id, article_id)  -- digests.had
) STRICT, WITHOUT ROWID;
INSERT INTO passed_by (subscription_id, article_id)
SELECT DISTINCT r.subscription_id, i.article_id
FROM digest_run r JOIN subscription s ON s.id = r.subscription_id JOIN digest_item i ON i.digest_run_id = r.id
WHERE r.is_passed_by = 1;
DELETE FROM digest_item WHERE digest_run_id IN (SELECT id FROM digest_run WHERE is_passed_by = 1);
DROP INDEX digest_run_passed_by;
ALTER TABLE digest_run DROP COLUMN is_passed_by;

-- A digest that its admins wish to see first is proposed to them ahead of its time (store/proposals.py), at asks_at.
ALTER TABLE subscription ADD COLUMN asks_at INTEGER
    GENERATED ALWAYS AS (next_run_at - 60000 * json_extract(selection, '$.approve_minutes')) VIRTUAL;
CREATE INDEX subscription_asks ON subscription (asks_at, id)
    WHERE asks_at IS NOT NULL AND mode = 'digest' AND paused = 0 AND suspended = '';  -- subscriptions.to_propose
CREATE TABLE proposal (
    digest_run_id INTEGER PRIMARY KEY REFERENCES digest_run (id) ON DELETE CASCADE,
    subscription_id INTEGER NOT NULL,
    due_at INTEGER NOT NULL,  -- when it is to go out
    must_approve INTEGER NOT NULL CHECK (must_approve IN (0, 1)),  -- 0: it goes by itself
    state TEXT NOT NULL DEFAULT 'asked'
        CHECK (state IN ('asked', 'approved', 'sent', 'skipped', 'expired', 'missed', 'empty', 'removed')),
    decided_by INTEGER,  -- who approved or skipped it
    decider TEXT NOT NULL DEFAULT '',  -- their name
    revision INTEGER NOT NULL DEFAULT 1  -- each change counts it up
) STRICT;
CREATE INDEX proposal_due ON proposal (due_at) WHERE state IN ('asked', 'approved');  -- proposals.due
CREATE INDEX proposal_subscription ON proposal (subscription_id, state);  -- digests.begun, digests.had
-- The messages that show a proposal to its admins, until all has been said.
CREATE TABLE question (
    digest_run_id INTEGER NOT NULL REFERENCES proposal (digest_run_id) ON DELETE CASCADE,
    chat_id INTEGER NOT NULL,  -- where it stands
    message_id INTEGER NOT NULL,  -- 0: it is still to be sent
    shown INTEGER NOT NULL,  -- which revision; 0: none
    PRIMARY KEY (digest_run_id, chat_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER proposal_removed AFTER DELETE ON subscription
BEGIN
    DELETE FROM digest_item WHERE digest_run_id IN (
        SELECT digest_run_id FROM proposal WHERE subscription_id = OLD.id AND state IN ('asked', 'approved'));
    UPDATE proposal SET state = 'removed', revision = revision + 1
    WHERE subscription_id = OLD.id AND state IN ('asked', 'approved');
END;
CREATE TRIGGER proposal_reworded AFTER UPDATE OF title, state ON article
WHEN NEW.title <> OLD.title OR NEW.state <> OLD.state
BEGIN
    UPDATE proposal SET revision = revision + 1
    WHERE state = 'asked' AND digest_run_id IN (SELECT digest_run_id FROM digest_item WHERE article_id = NEW.id);
END;
