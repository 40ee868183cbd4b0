"""Chats and their members, as a bot may ask about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.methods.ask import chat_of, readable
from bot.sandbox.nouns import Bot
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Chat, Json

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def _present(ask: Ask) -> Chat:
    """The chat, when the bot may read about it: public ones without being a member."""
    chat = chat_of(ask)
    if chat.kind == "private" and not chat.started:
        raise bad_request("chat not found")
    if chat.kind != "private":
        readable(ask, chat, public=True)
    return chat


def get_chat(ask: Ask) -> Json:
    chat = _present(ask)
    full = chat.json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }
    pinned = [chat.messages[number] for number in chat.pinned if number in chat.messages]
    if pinned:
        full["pinned_message"] = pinned[-1].json()
    if chat.silenced:
        full["permissions"] = {"can_send_messages": False}
    return full


def get_chat_member(ask: Ask) -> Json:
    chat = _present(ask)
    number: int = ask.params["user_id"]
    user = ask.telegram.persons.get(number) or next((b for b in ask.telegram.bots.values() if b.id == number), None)
    if user is None:
        raise bad_request("invalid user_id specified")
    if chat.kind == "private":
        if user not in (chat.person, chat.bot):
            raise bad_request("user not found")
        return {"user": user.json(), "status": "member"}
    if user is not ask.bot and chat.own_sequence and chat.member(ask.bot).status != "administrator":
        raise bad_request("member list is inaccessible" if chat.kind == "channel" else "CHAT_ADMIN_REQUIRED")
    return chat.member(user).json(chat.kind)


def get_chat_administrators(ask: Ask) -> list[Json]:
    chat = _present(ask)
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    if chat.kind == "channel" and chat.member(ask.bot).status != "administrator":
        raise bad_request("member list is inaccessible")
    admins = [m for m in chat.members.values() if m.status in {"creator", "administrator"}]
    return [m.json(chat.kind) for m in admins if not isinstance(m.user, Bot) or m.user is ask.bot]


def get_chat_member_count(ask: Ask) -> int:
    chat = _present(ask)
    return 2 if chat.kind == "private" else sum(m.present for m in chat.members.values())


def leave_chat(ask: Ask) -> bool:
    chat = chat_of(ask)
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    readable(ask, chat)
    ask.telegram.change_member(chat, ask.bot, ask.bot, "left")
    return True


METHODS: dict[str, Handler] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
}
