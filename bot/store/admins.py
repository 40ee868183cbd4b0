"""Admins of channels and groups: the people for whom /channels lists a chat, and who is told what concerns it."""

from collections.abc import Collection
from datetime import datetime

from bot.clock import to_ms
from bot.model import Chat, Role
from bot.store import chats, maintainers
from bot.store.db import Store, Transaction


async def due(store: Store, before: datetime, limit: int) -> list[int]:
    """Chats that the bot is in and whose admins Telegram was not asked for since then; the longest ago first."""
    rows = await store.read(
        """SELECT id FROM chat
           WHERE kind <> 'private' AND state = 'active' AND coalesce(admins_at, 0) <= :before
           ORDER BY coalesce(admins_at, 0)
           LIMIT :limit""",
        {"before": to_ms(before), "limit": limit},
    )
    return [row["id"] for row in rows]


async def note_asked(store: Store, chat_id: int, at: datetime) -> None:
    """Telegram was asked for the chat's admins then."""
    await store.execute("UPDATE chat SET admins_at = :at WHERE id = :id", {"id": chat_id, "at": to_ms(at)})


async def put(
    store: Store, chat_id: int, people: Collection[int], hidden: Collection[int] = (), *, asked_at: datetime
) -> None:
    """The chat's admins are these, as Telegram says that was asked then: whoever else was one before that has the chat
    on their list no longer.

    `hidden`: those who are anonymous there. What they did under their own name stays; they get nothing else.
    """

    async def work(tx: Transaction) -> None:
        linked = await tx.read(
            "SELECT person_id FROM chat_admin WHERE chat_id = :chat_id AND seen_at <= :asked_at",
            {"chat_id": chat_id, "asked_at": to_ms(asked_at)},
        )
        for person_id in sorted({row["person_id"] for row in linked} - set(people) - set(hidden)):
            await chats.unlink_admin(tx, chat_id, person_id)
        await chats.link_admins(tx, chat_id, people)
        await note_asked(tx, chat_id, tx.now())

    await store.write(work)


async def looking_after(store: Store, chat: Chat, person_id: int | None = None) -> list[int]:
    """Who is asked what concerns the chat: who set it up (`person_id`, else who connected it), as long as they are an
    admin there; else all that are.

    Others take the place of who has not started the bot, or has blocked it.
    """
    rows = await store.read(
        """SELECT a.person_id, coalesce(p.started = 1 AND p.state = 'active', 0) AS is_reached
           FROM chat_admin a LEFT JOIN chat p ON p.id = a.person_id
           WHERE a.chat_id = :chat_id
           ORDER BY a.person_id""",
        {"chat_id": chat.id},
    )
    linked = [row["person_id"] for row in rows]
    reached = [row["person_id"] for row in rows if row["is_reached"]]
    for known in (reached, linked):
        named = [one for one in (person_id, chat.connected_by) if one is not None and one in known]
        if known:
            return named[:1] or known
    return [] if chat.connected_by is None or await _is_asked(store, chat.id) else [chat.connected_by]


async def told_of(store: Store, chat: Chat, person_id: int | None = None) -> list[int]:
    """Who is told that a chat can no longer be served: who looks after it; the bot's owners where nobody is known."""
    people = await looking_after(store, chat, person_id)
    return people or [one.person_id for one in await maintainers.list(store) if one.role is Role.OWNER]


async def _is_asked(store: Store, chat_id: int) -> bool:
    """Whether Telegram has ever said who the chat's admins are."""
    row = await store.read_one("SELECT admins_at FROM chat WHERE id = :id", {"id": chat_id})
    return row is not None and row["admins_at"] is not None
