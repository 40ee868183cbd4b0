"""What a person sees in the web chat, as JSON: people, chats with unread counts, messages, the menu of commands.

A private chat goes by the bot's id here (a person may have several), where bots know it by the person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.methods.commands import menu
from bot.sandbox.nouns import GENERAL_TOPIC, Bot, Chat, Json, Message, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.world import Telegram

SNIPPET = 140
UNREAD_MAX = 1000  # nobody counts further, and a busy chat stays cheap


class Reading:
    """How far each person has read in each chat: the id of the last message seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, Chat], int] = {}

    def mark(self, person: Person, chat: Chat, message_id: int) -> None:
        key = (person.id, chat)
        self._seen[key] = max(self._seen.get(key, 0), message_id)

    def unread(self, person: Person, chat: Chat) -> int:
        if chat.kind != "private" and not chat.member(person).present:
            return 0
        seen = self._seen.get((person.id, chat), 0)
        count = 0
        for message in reversed(chat.messages.values()):
            if message.id <= seen:
                break
            count += message.from_ is not person
            if count == UNREAD_MAX:
                break
        return count


def state(telegram: Telegram, reading: Reading, person: Person) -> Json:
    """All but the messages: who there is, what this person sees in the list of chats, what the bots offer."""
    chats = list(_chats(telegram, person))
    return {
        "person": person.id,
        "people": [
            {
                "id": other.id,
                "name": _name(other),
                "username": other.username,
                "about": other.about or _standing(telegram, other),
                "unread": sum(reading.unread(other, chat) for chat in telegram.chats_of(other)),
            }
            for other in telegram.persons.values()
        ],
        "bots": [_bot(telegram, person, bot) for bot in telegram.bots.values()],
        "chats": [_chat(telegram, reading, person, chat) for chat in sorted(chats, key=_order, reverse=True)],
    }


def chat_id(chat: Chat) -> int:
    """The id by which the page knows a chat."""
    return chat.bot.id if chat.bot is not None else chat.id


def topic_of(message: Message) -> int | None:
    """The topic that a message shows in; what has none stands in General."""
    return (message.topic or GENERAL_TOPIC) if message.chat.forum else None


def message(shown: Message, person: Person) -> Json:
    """One message as a person sees it. Offsets of entities count UTF-16 units."""
    return {
        "id": shown.id,
        "chat": chat_id(shown.chat),
        "topic": topic_of(shown),
        "at": shown.date.isoformat(),
        "edited": shown.edited_at.isoformat() if shown.edited_at else None,
        "sender": _sender(shown),
        "mine": shown.from_ is person and shown.chat.kind != "channel",
        "text": _text(shown),
        "entities": shown.entities,
        "media": _media(shown),
        "preview": _preview(shown),
        "reply_to": _reply(shown.reply_to) if shown.reply_to else None,
        "forwarded": _origin(shown.forward_origin) if shown.forward_origin else None,
        "buttons": [[_button(shown, button) for button in row] for row in _rows(shown.reply_markup, "inline_keyboard")],
        "keyboard": [[_key(shown, key) for key in row] for row in _rows(shown.keyboard, "keyboard")] or None,
        "keyboard_removed": bool((shown.keyboard or {}).get("remove_keyboard")),
        "service": _service(shown) if shown.service else None,
        "can_edit": _can_edit(shown, person),
        "can_delete": shown.from_ is person
        or shown.chat.kind == "private"
        or shown.chat.member(person).can("can_delete_messages"),
    }


def commands(bot: Bot, chat: Chat, person: Person) -> list[Json]:
    """The commands that a bot offers this person in this chat."""
    if chat.kind == "channel":
        return []
    offered = menu(bot, chat, person)
    return [{"command": c["command"], "description": c["description"], "bot": bot.username} for c in offered]


def _standing(telegram: Telegram, person: Person) -> str:
    """Who somebody is, where nobody said: what their chats tell."""
    owns = any(chat.member(person).status == "creator" for chat in telegram.chats.values() if chat.kind == "channel")
    return "channel admin" if owns else ""


# ---- chats


def _chats(telegram: Telegram, person: Person) -> Iterator[Chat]:
    """The conversations with every bot (begun or not), the person's chats, and public ones they could join."""
    for bot in telegram.bots.values():
        yield telegram.privates.get((person.id, bot.id)) or Chat(person.id, "private", person=person, bot=bot)
    for chat in telegram.chats.values():
        if chat.migrated_to is None and not chat.deleted and (chat.username or chat.member(person).present):
            yield chat


def _order(chat: Chat) -> tuple[bool, float]:
    last = next(reversed(chat.messages.values()), None)
    return chat.kind == "private" and not chat.started, last.date.timestamp() if last else 0


def _bot(telegram: Telegram, person: Person, bot: Bot) -> Json:
    chat = telegram.privates.get((person.id, bot.id))
    return {
        "id": bot.id,
        "chat": bot.id,
        "name": bot.name,
        "username": bot.username,
        "started": chat is not None and (chat.started or bool(chat.messages)),
        "blocked": chat is not None and chat.blocked,
    }


def _chat(telegram: Telegram, reading: Reading, person: Person, chat: Chat) -> Json:
    member = chat.member(person)
    private = chat.kind == "private"
    last = next(reversed(chat.messages.values()), None)
    return {
        "id": chat_id(chat),
        "kind": chat.kind,
        "title": chat.bot.name if chat.bot else chat.title or "",
        "username": chat.bot.username if chat.bot else chat.username,
        "bot": chat.bot.id if chat.bot else None,
        "forum": chat.forum,
        "topics": _topics(chat),
        "members": sum(isinstance(m.user, Person) and m.present for m in chat.members.values()),
        "bots": [] if private else [_bot_member(chat, bot) for bot in chat.bots()],
        "member": private or member.present,
        "owner": member.status == "creator",
        "can_write": _can_write(chat, person),
        "unread": reading.unread(person, chat),
        "last": _last(last, person) if last else None,
        "commands": [command for bot in chat.bots() for command in commands(bot, chat, person)],
    }


def _topics(chat: Chat) -> list[Json]:
    if not chat.forum:
        return []
    general = {"id": GENERAL_TOPIC, "name": "General", "closed": False}
    others = [t for t in chat.topics.values() if t.id != GENERAL_TOPIC]
    return [general, *({"id": t.id, "name": t.name, "closed": t.closed} for t in others)]


def _bot_member(chat: Chat, bot: Bot) -> Json:
    member = chat.member(bot)
    return {
        "id": bot.id,
        "name": bot.name,
        "username": bot.username,
        "admin": member.status == "administrator",
        "rights": member.rights,
    }


def _can_write(chat: Chat, person: Person) -> bool:
    match chat.kind:
        case "private":
            return not chat.blocked
        case "channel":
            return chat.member(person).can("can_post_messages")
        case _:
            return chat.member(person).present


def _last(last: Message, person: Person) -> Json:
    text = _service(last) if last.service else _snippet(last)
    if last.from_ is not None and last.chat.kind in {"group", "supergroup"} and not last.service:
        text = f"{'You' if last.from_ is person else _name(last.from_)}: {text}"
    elif last.from_ is person and last.chat.kind == "private":
        text = f"You: {text}"
    return {"id": last.id, "at": last.date.isoformat(), "text": text}


# ---- messages


def _name(user: Person | Bot) -> str:
    if isinstance(user, Bot):
        return user.name
    return f"{user.first_name} {user.last_name or ''}".strip()


def _sender(shown: Message) -> Json:
    if shown.by_chat or shown.from_ is None:
        return {"id": shown.chat.id, "name": shown.chat.title or "", "kind": shown.chat.kind}
    kind = "bot" if isinstance(shown.from_, Bot) else "person"
    return {"id": shown.from_.id, "name": _name(shown.from_), "kind": kind}


def _text(shown: Message) -> str:
    return shown.text if shown.text is not None else shown.caption or ""


def _snippet(shown: Message) -> str:
    text = " ".join(_text(shown)[: SNIPPET * 2].split())[:SNIPPET]
    return text or (shown.media.name or shown.media.kind.capitalize() if shown.media else "")


def _media(shown: Message) -> Json | None:
    media = shown.media
    if media is None:
        return None
    return {
        "kind": media.kind,
        "file": media.file_id,
        "name": media.name,
        "size": media.size,
        "width": media.width,
        "height": media.height,
    }


def _preview(shown: Message) -> Json | None:
    """The link that the message asks to be shown under (or over) its text: the page shows pictures of this server."""
    options = shown.extra.get("link_preview_options") or {}
    if shown.media is not None or options.get("is_disabled") or not options.get("url"):
        return None
    return {"url": options["url"], "above": bool(options.get("show_above_text"))}


def _reply(answered: Message) -> Json:
    return {"id": answered.id, "name": _sender(answered)["name"], "text": _snippet(answered)}


def _origin(origin: Json) -> str:
    match origin["type"]:
        case "channel":
            return str(origin["chat"].get("title", ""))
        case "chat":
            return str(origin["sender_chat"].get("title", ""))
        case "user":
            user = origin["sender_user"]
            return f"{user['first_name']} {user.get('last_name', '')}".strip()
        case _:
            return str(origin.get("sender_user_name", "someone"))


def _rows(markup: Json | None, name: str) -> list[list[Json | str]]:
    rows = (markup or {}).get(name)
    return rows if isinstance(rows, list) else []


def _label(key: Json | str) -> str:
    return key if isinstance(key, str) else str(key.get("text", ""))


def _key(shown: Message, key: Json | str) -> Json:
    """A button of a reply keyboard; `request`: by what to ask for the chats that it lets one choose from."""
    asked = key.get("request_chat") if isinstance(key, dict) else None
    request = {"message_id": shown.id, "request_id": asked["request_id"]} if asked else None
    return {"text": _label(key), "request": request}


def _button(shown: Message, button: Json | str) -> Json:
    if isinstance(button, str):
        return {"text": button, "kind": "other"}
    seen: Json = {"text": _label(button), "style": button.get("style")}
    match button:
        case {"callback_data": data}:
            return seen | {"kind": "callback", "data": data}
        case {"url": url} | {"login_url": {"url": url}}:
            return seen | {"kind": "url", "url": url}
        case {"copy_text": {"text": text}}:
            return seen | {"kind": "copy", "value": text}
        case {"switch_inline_query": query} if isinstance(shown.from_, Bot):
            return seen | {"kind": "switch", "value": f"@{shown.from_.username} {query}"}
        case {"switch_inline_query_current_chat": query} if isinstance(shown.from_, Bot):
            return seen | {"kind": "insert", "value": f"@{shown.from_.username} {query}"}
        case _:
            return seen | {"kind": "other"}


def _can_edit(shown: Message, person: Person) -> bool:
    if shown.service or shown.forward_origin is not None:
        return False
    return shown.from_ is person or (
        shown.chat.kind == "channel" and shown.chat.member(person).can("can_edit_messages")
    )


def _service(shown: Message) -> str:
    """One line for what happened to the chat."""
    who = _name(shown.from_) if shown.from_ is not None else "Somebody"
    match shown.service:
        case {"new_chat_members": [{"id": number, "first_name": name}, *_]}:
            return f"{who} joined" if shown.from_ is not None and number == shown.from_.id else f"{who} added {name}"
        case {"left_chat_member": {"id": number, "first_name": name}}:
            return f"{who} left" if shown.from_ is not None and number == shown.from_.id else f"{who} removed {name}"
        case {"forum_topic_created": {"name": name}}:
            return f"{who} opened the topic {name}"
        case {"forum_topic_closed": _}:
            return f"{who} closed the topic"
        case {"forum_topic_reopened": _}:
            return f"{who} reopened the topic"
        case {"pinned_message": _}:
            return f"{who} pinned a message"
        case {"chat_shared": {"title": title}}:
            return f"{who} chose {title}"
        case {"chat_shared": _}:
            return f"{who} chose a chat"
        case {"migrate_to_chat_id": _} | {"migrate_from_chat_id": _}:
            return "This group became a supergroup"
        case other:
            return next(iter(other)).replace("_", " ").capitalize()
