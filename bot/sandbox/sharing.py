"""Buttons that ask a person for one of their chats: which ones suit, and what choosing one does.

As TDLib describes shareChatWithBot: a bot that must be in the chat, or be an administrator there, is added or given the
rights by the choice itself, where the person may do that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.nouns import Bot, Chat, Json, Member, Message, Person

if TYPE_CHECKING:
    from collections.abc import Mapping


def request_of(message: Message, request_id: int) -> Json | None:
    """What the button of this message with this request_id asks for; None: it has no such button."""
    rows = (message.keyboard or {}).get("keyboard", [])
    asked = (button.get("request_chat") for row in rows for button in row if isinstance(button, dict))
    return next((one for one in asked if one and one["request_id"] == request_id), None)


def suits(asked: Json, chat: Chat, person: Person, bot: Bot) -> bool:
    """Whether the person can choose this chat."""
    mine, its = chat.member(person), chat.member(bot)
    wanted = {
        "chat_is_channel": chat.kind == "channel",
        "chat_is_forum": chat.forum,
        "chat_has_username": chat.username is not None,
    }
    if any(asked.get(name, holds) is not holds for name, holds in wanted.items()):
        return False
    if not mine.present or chat.deleted or chat.migrated_to is not None:
        return False
    if asked.get("chat_is_created") and mine.status != "creator":
        return False
    if not _has(mine, asked.get("user_administrator_rights")):
        return False
    if asked.get("bot_is_member") and not its.present and not mine.can("can_invite_users"):
        return False
    return _has(its, asked.get("bot_administrator_rights")) or mine.can("can_promote_members")


def rights_to_give(asked: Json, chat: Chat, bot: Bot) -> dict[str, bool] | None:
    """The rights that the bot gets by the choice; None: it has all that is asked for."""
    its, wanted = chat.member(bot), asked.get("bot_administrator_rights")
    if _has(its, wanted) and (its.present or not asked.get("bot_is_member")):
        return None
    return its.rights | {right: True for right, given in (wanted or {}).items() if given}


def shared(asked: Json, chat: Chat) -> Json:
    """The ChatShared of the service message."""
    found: Json = {"request_id": asked["request_id"], "chat_id": chat.id}
    if asked.get("request_title") and chat.title:
        found["title"] = chat.title
    if asked.get("request_username") and chat.username:
        found["username"] = chat.username
    return found


def _has(member: Member, rights: Mapping[str, bool] | None) -> bool:
    wanted = [right for right, asked in (rights or {}).items() if asked and right != "can_manage_chat"]
    if rights is not None and member.status not in {"creator", "administrator"}:
        return False
    return all(member.can(right) for right in wanted)
