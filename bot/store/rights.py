"""Whose channels and groups may be served (telegram.channels of the configuration), and how much each may have.

It is asked in the transaction that makes a subscription, wherever in the program that is asked for.
"""

from bot.access import CHATS_A_PERSON, SUBSCRIPTIONS_A_CHAT, SUBSCRIPTIONS_A_PERSON
from bot.errors import Barred
from bot.model import Bar, ChannelPolicy, Chat, ChatKind, Maintainer, NoticeKind, Role
from bot.store import chats, maintainers, notices, settings
from bot.store.db import Store, Transaction


async def check(tx: Transaction, chat: Chat, person_id: int | None, *, ending: int = 0) -> None:
    """Raises Barred where this person may make no further subscription for this chat, which so many give way to."""
    bar = await find(tx, chat, person_id, ending=ending)
    if bar is not None:
        raise Barred(bar, chat.id)


async def find(store: Store, chat: Chat, person_id: int | None, *, ending: int = 0) -> Bar | None:
    """What keeps this person from making a subscription for this chat; None: nothing. `ending`: how many give way."""
    is_private = chat.kind is ChatKind.PRIVATE
    limit = SUBSCRIPTIONS_A_PERSON if is_private else SUBSCRIPTIONS_A_CHAT
    row = await store.read_one("SELECT count(*) AS held FROM subscription WHERE chat_id = :id", {"id": chat.id})
    held = 0 if row is None else row["held"]
    if is_private:
        return Bar.CHAT_FULL if held - ending >= limit else None
    is_maintainer = person_id is not None and await maintainers.role_of(store, person_id) is not None
    if not is_maintainer and (bar := await _policy(store, chat)) is not None:
        return bar
    if held - ending >= limit:
        return Bar.CHAT_FULL
    if not is_maintainer and not held and await _chats_of(store, person_id) >= CHATS_A_PERSON:
        return Bar.PERSON_FULL
    return None


async def set_policy(store: Store, policy: ChannelPolicy) -> None:
    """From now on new subscriptions are judged by this; what there is stays."""
    if await _set(store) is not policy:
        await settings.put(store, "channels", policy)


async def ask(store: Store, chat: Chat, person_id: int, name: str) -> None:
    """Has the owners and editors asked, once, whether the chat may be served; `name`: of the person who wants it."""

    async def work(tx: Transaction) -> None:
        data = notices.about(chat) | {"person_id": person_id, "name": name}
        new = await tx.execute(
            "UPDATE chat SET approval = 'asked' WHERE id = :id AND approval = '' RETURNING id", {"id": chat.id}
        )
        for maintainer in await _deciding(tx) if new else ():
            await notices.add(tx, maintainer.person_id, NoticeKind.CHAT_ASKED, data)

    await store.write(work)


async def decide(store: Store, chat_id: int, person_id: int, *, approve: bool, revise: bool = False) -> bool:
    """Approves or refuses the chat, and has the person (0: nobody knows who) told. False: somebody has decided before.

    `revise`: a refusal may be taken back. Raises NotFound.
    """

    async def work(tx: Transaction) -> bool:
        chat = await chats.get(tx, chat_id)
        done = await tx.execute(
            """UPDATE chat SET approval = :decided
               WHERE id = :id AND (approval IN ('', 'asked') OR (:revise AND approval = 'refused'))
               RETURNING id""",
            {"id": chat_id, "decided": "approved" if approve else "refused", "revise": revise},
        )
        if not person_id:  # an anonymous admin asked for it
            return bool(done)
        if done and approve:
            await notices.add(tx, person_id, NoticeKind.CHANNEL_CARD, notices.about(chat))
        elif done:
            await notices.add(tx, person_id, NoticeKind.CHAT_BARRED, notices.about(chat) | {"bar": Bar.REFUSED})
        return bool(done)

    return await store.write(work)


async def approval_of(store: Store, chat_id: int) -> str:
    """ "asked", "approved", "refused", or "" where nobody was asked."""
    row = await store.read_one("SELECT approval FROM chat WHERE id = :id", {"id": chat_id})
    return "" if row is None else str(row["approval"])


async def _policy(store: Store, chat: Chat) -> Bar | None:
    """What the operator's policy says to somebody who is no maintainer."""
    policy = await _set(store)
    if policy is ChannelPolicy.ANYONE:
        return None
    if chat.connected_by is not None and await maintainers.role_of(store, chat.connected_by) is not None:
        return None  # a maintainer brought it here, and lets its other admins manage it
    if policy is ChannelPolicy.MAINTAINERS:
        return Bar.MAINTAINERS
    match await approval_of(store, chat.id):
        case "approved":
            return None
        case "refused":
            return Bar.REFUSED
        case _:
            return Bar.WAITS if await _deciding(store) else Bar.UNDECIDED


async def _deciding(store: Store) -> list[Maintainer]:
    return [one for one in await maintainers.list(store) if one.role in (Role.OWNER, Role.EDITOR)]


async def _set(store: Store) -> ChannelPolicy:
    return ChannelPolicy(await settings.get(store, "channels") or ChannelPolicy.ANYONE)


async def _chats_of(store: Store, person_id: int | None) -> int:
    row = await store.read_one(
        """SELECT count(DISTINCT chat_id) AS chats FROM subscription
           WHERE created_by = :person_id AND created_by <> chat_id""",
        {"person_id": person_id},
    )
    return 0 if row is None else int(row["chats"])
