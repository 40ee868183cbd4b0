"""Proposals: digests made ahead of their time for their admins to look at, and the questions that show them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.model import Chat, Proposal, ProposalState
from bot.store import chats, digests
from bot.store.db import Row, Store, Transaction
from bot.store.digests import NewRun

_COLUMNS = """p.digest_run_id AS run_id, p.subscription_id, p.due_at, p.must_approve, p.state AS stands, p.decider,
    p.revision"""
_OPEN = "p.state IN ('asked', 'approved')"


@dataclass(frozen=True, slots=True)
class Question:
    """A message that shows a proposal in a chat, or is to; `message_id` 0: it is still to be sent."""

    proposal: Proposal
    chat: Chat
    message_id: int


async def add(tx: Transaction, runs: Sequence[tuple[NewRun, datetime]]) -> int:
    """How many are proposed: these runs, each with when it is due, less those whose slot had its run already.

    One of a subscription at most. Each admin who looks after its chat through the bot gets a question.
    """
    made = await digests.add_runs(tx, [run for run, _ in runs])
    proposed = [
        [made[run.subscription.id], run.subscription.id, to_ms(due_at), int(run.subscription.selection.must_approve)]
        for run, due_at in runs
        if run.subscription.id in made
    ]
    await tx.execute(
        """INSERT INTO proposal (digest_run_id, subscription_id, due_at, must_approve)
           SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
               json_extract(value, '$[3]')
           FROM json_each(:proposed)""",
        {"proposed": json.dumps(proposed)},
    )
    await tx.execute(
        """WITH made AS MATERIALIZED (
               SELECT r.id, s.created_by, s.chat_id
               FROM json_each(:ids) m
               JOIN digest_run r ON r.id = m.value
               JOIN subscription s ON s.id = r.subscription_id)
           INSERT INTO question (digest_run_id, chat_id, message_id, shown)
           SELECT id, person_id, 0, 0
           FROM (SELECT m.id, CASE WHEN c.kind = 'private' THEN c.id ELSE c.connected_by END AS person_id
                 FROM made m JOIN chat c ON c.id = m.chat_id
                 UNION SELECT id, created_by FROM made
                 UNION SELECT m.id, a.person_id FROM made m JOIN chat_admin a ON a.chat_id = m.chat_id) asked
           WHERE person_id IS NOT NULL""",
        {"ids": json.dumps(list(made.values()))},
    )
    return len(made)


async def find(store: Store, run_id: int, subscription_id: int) -> Proposal | None:
    """The proposal, if it is one of that subscription."""
    row = await store.read_one(
        f"SELECT {_COLUMNS} FROM proposal p WHERE p.digest_run_id = :id AND p.subscription_id = :subscription",
        {"id": run_id, "subscription": subscription_id},
    )
    return None if row is None else _from_row(row)


async def open_of(store: Store, subscription_id: int) -> Proposal | None:
    """The one of a subscription that is neither sent nor given up, or None."""
    row = await store.read_one(
        f"SELECT {_COLUMNS} FROM proposal p WHERE p.subscription_id = :id AND {_OPEN}", {"id": subscription_id}
    )
    return None if row is None else _from_row(row)


async def several(store: Store, run_ids: Sequence[int]) -> list[Proposal]:
    """Those that there are of them, first due first."""
    rows = await store.read(
        f"""SELECT {_COLUMNS} FROM proposal p WHERE p.digest_run_id IN (SELECT value FROM json_each(:ids))
            ORDER BY p.due_at, p.digest_run_id""",
        {"ids": json.dumps(run_ids)},
    )
    return [_from_row(row) for row in rows]


async def asked_about(store: Store, subscription_ids: Sequence[int]) -> set[int]:
    """Which of the subscriptions have one that is neither sent nor given up."""
    rows = await store.read(
        f"""SELECT p.subscription_id FROM proposal p
            WHERE p.subscription_id IN (SELECT value FROM json_each(:ids)) AND {_OPEN}""",
        {"ids": json.dumps(subscription_ids)},
    )
    return {row["subscription_id"] for row in rows}


async def all_open(store: Store) -> list[Proposal]:
    """Those that are neither sent nor given up."""
    return [_from_row(row) for row in await store.read(f"SELECT {_COLUMNS} FROM proposal p WHERE {_OPEN}")]


async def outlived(store: Store, now: datetime) -> list[Proposal]:
    """Those that still wait for approval when it is the next one's turn to be asked about, or to go out."""
    rows = await store.read(
        f"""SELECT {_COLUMNS} FROM proposal p JOIN subscription s ON s.id = p.subscription_id
            WHERE p.state = 'asked' AND p.must_approve = 1 AND p.due_at <= :now
                AND coalesce(s.asks_at, s.next_run_at) <= :now AND s.paused = 0 AND s.suspended = ''
            ORDER BY p.digest_run_id""",
        {"now": to_ms(now)},
    )
    return [_from_row(row) for row in rows]


async def due(store: Store, now: datetime) -> list[Proposal]:
    """Those that go out now: approved, or going by themselves; those of suspended chats and paused ones wait."""
    rows = await store.read(
        f"""SELECT {_COLUMNS}
            FROM proposal p
            JOIN subscription s ON s.id = p.subscription_id AND s.paused = 0 AND s.suspended = ''
            JOIN chat c ON c.id = s.chat_id AND c.state = 'active'
            WHERE {_OPEN} AND p.due_at <= :now AND (p.must_approve = 0 OR p.state = 'approved')
            ORDER BY p.due_at, p.digest_run_id""",
        {"now": to_ms(now)},
    )
    return [_from_row(row) for row in rows]


async def move(store: Store, proposal: Proposal, article_id: int, before_id: int) -> bool:
    """The article stands before that one, or last (0). False: the proposal is decided on. Twice is once."""

    def how(ids: list[int]) -> list[int]:
        rest = [one for one in ids if one != article_id]
        if article_id not in ids or (before_id and before_id not in rest):
            return ids
        at = rest.index(before_id) if before_id else len(rest)
        return [*rest[:at], article_id, *rest[at:]]

    return await store.write(lambda tx: _arrange(tx, proposal, how))


async def strike(store: Store, proposal: Proposal, article_id: int) -> bool:
    """The article is in no digest of the subscription, unless it is put back. False: the proposal is decided on."""

    async def work(tx: Transaction) -> bool:
        if not await _arrange(tx, proposal, lambda ids: [one for one in ids if one != article_id]):
            return False
        await digests.pass_by(tx, proposal.subscription_id, [article_id])
        return True

    return await store.write(work)


async def put(store: Store, proposal: Proposal, article_id: int) -> bool:
    """The article is in it, too, as the last one. False: the proposal is decided on."""

    async def work(tx: Transaction) -> bool:
        if not await _arrange(tx, proposal, lambda ids: ids if article_id in ids else [*ids, article_id]):
            return False
        await tx.execute(
            "DELETE FROM passed_by WHERE subscription_id = :id AND article_id = :article_id",
            {"id": proposal.subscription_id, "article_id": article_id},
        )
        return True

    return await store.write(work)


async def approve(store: Store, proposal: Proposal, person_id: int, name: str) -> bool:
    """It goes out at its time, or now if that has passed. False: it is decided on already."""
    rows = await store.execute(
        """UPDATE proposal
           SET state = 'approved', decided_by = :person, decider = :name, revision = revision + 1,
               due_at = max(due_at, :now)
           WHERE digest_run_id = :id AND state = 'asked'
           RETURNING digest_run_id""",
        {"id": proposal.run_id, "person": person_id, "name": name, "now": to_ms(store.now())},
    )
    return bool(rows)


async def skip(store: Store, proposal: Proposal, person_id: int, name: str) -> bool:
    """It does not go out; what it held may come in the next one. False: it is decided on already."""

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            """UPDATE proposal SET decided_by = :person, decider = :name
               WHERE digest_run_id = :id AND state = 'asked'
               RETURNING digest_run_id""",
            {"id": proposal.run_id, "person": person_id, "name": name},
        )
        if rows:
            await give_up(tx, proposal, ProposalState.SKIPPED)
        return bool(rows)

    return await store.write(work)


async def give_up(tx: Transaction, proposal: Proposal, state: ProposalState) -> None:
    """It does not go out, and the next one goes on where it began, whatever was sent since. Its slot has had its run
    nevertheless."""
    await close(tx, [proposal.run_id], state)
    await digests.set_items(tx, {proposal.run_id: []})
    await tx.execute(
        """UPDATE digest_run
           SET until_seq = CASE WHEN id > :run THEN coalesce((
               SELECT max(b.until_seq) FROM digest_run b
               WHERE b.subscription_id = :subscription AND b.id < :run), 0) END
           WHERE subscription_id = :subscription AND id >= :run AND until_seq IS NOT NULL""",
        {"run": proposal.run_id, "subscription": proposal.subscription_id},
    )


async def close(tx: Transaction, run_ids: Sequence[int], state: ProposalState) -> None:
    """All is said of these: whoever has not been asked is not asked any more."""
    params = {"ids": json.dumps(run_ids), "state": state}
    its = "digest_run_id IN (SELECT value FROM json_each(:ids))"
    await tx.execute(f"UPDATE proposal SET state = :state, revision = revision + 1 WHERE {its}", params)
    await tx.execute(f"DELETE FROM question WHERE {its} AND message_id = 0", params)


async def stale(store: Store, limit: int) -> list[Question]:
    """Questions that do not show how their proposal stands, in chats that can be written to."""
    rows = await store.read(
        f"""SELECT {_COLUMNS}, q.message_id, {chats.COLUMNS}
            FROM question q
            JOIN proposal p ON p.digest_run_id = q.digest_run_id
            JOIN chat c ON c.id = q.chat_id
            WHERE q.shown <> p.revision AND c.state = 'active' AND (c.kind <> 'private' OR c.started = 1)
            ORDER BY q.digest_run_id, q.chat_id, q.message_id
            LIMIT :limit""",
        {"limit": limit},
    )
    return [Question(_from_row(row), chats.from_row(row), row["message_id"]) for row in rows]


async def note_shown(store: Store, proposal: Proposal, chat_id: int, message_id: int) -> None:
    """This message shows the proposal as it stands; of one of which all is said it is forgotten."""

    async def work(tx: Transaction) -> None:
        await forget(tx, proposal, chat_id, message_id)
        await forget(tx, proposal, chat_id, 0)
        if proposal.is_open:
            await tx.execute(
                """INSERT INTO question (digest_run_id, chat_id, message_id, shown)
                   VALUES (:run, :chat, :message, :revision)""",
                {"run": proposal.run_id, "chat": chat_id, "message": message_id, "revision": proposal.revision},
            )

    await store.write(work)


async def forget(store: Store, proposal: Proposal, chat_id: int, message_id: int) -> None:
    """That message is gone, or is not to be sent."""
    await store.execute(
        "DELETE FROM question WHERE digest_run_id = :run AND chat_id = :chat AND message_id = :message",
        {"run": proposal.run_id, "chat": chat_id, "message": message_id},
    )


async def _arrange(tx: Transaction, proposal: Proposal, how: Callable[[list[int]], list[int]]) -> bool:
    """False: it is decided on, and stays as it is."""
    rows = await tx.execute(
        """UPDATE proposal SET revision = revision + 1 WHERE digest_run_id = :id AND state = 'asked'
           RETURNING digest_run_id""",
        {"id": proposal.run_id},
    )
    if rows:
        held = list((await digests.get(tx, proposal.run_id)).article_ids)
        await digests.set_items(tx, {proposal.run_id: how(held)})
    return bool(rows)


def _from_row(row: Row) -> Proposal:
    return Proposal(
        run_id=row["run_id"],
        subscription_id=row["subscription_id"],
        due_at=from_ms(row["due_at"]),
        must_approve=bool(row["must_approve"]),
        state=ProposalState(row["stands"]),
        decider=row["decider"],
        revision=row["revision"],
    )
