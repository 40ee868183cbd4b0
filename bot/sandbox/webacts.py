"""What the web chat can do for a person: a table from the name of an act to the act, its arguments checked.

Arguments have the names they have in `People`; a bot is given by id or username, bytes as base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.sandbox import webview
from bot.sandbox.nouns import Bot, CallbackAnswer, Chat, Json, Message, Person
from bot.sandbox.people import ActError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.sandbox.webview import Reading
    from bot.sandbox.world import Telegram

INLINE_QUERY_MAX = 256
USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")
_REQUIRED: Any = object()


class Args:
    """The arguments of one act, each read with its type. Raises ActError that names the one that is wrong."""

    def __init__(self, telegram: Telegram, reading: Reading, given: Json) -> None:
        self.telegram = telegram
        self.reading = reading
        self._given = given

    def text(self, name: str, default: str = _REQUIRED) -> str:
        text = str(self._get(name, str, "a text", default))
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ActError(f"{name} holds half a character")
        return text

    def number(self, name: str) -> int:
        return int(self._get(name, int, "a whole number"))

    def number_or_none(self, name: str) -> int | None:
        return None if self._given.get(name) is None else self.number(name)

    def flag(self, name: str, *, default: bool) -> bool:
        return bool(self._get(name, bool, "true or false", default))

    def rights(self, name: str = "rights") -> dict[str, bool] | None:
        if self._given.get(name) is None:
            return None
        rights = self._get(name, dict, "an object of rights")
        if not all(isinstance(value, bool) for value in rights.values()):
            raise ActError(f"{name}: every right is true or false")
        return dict(rights)

    def data(self, name: str = "data") -> bytes:
        try:
            return base64.b64decode(self.text(name), validate=True)
        except binascii.Error:
            raise ActError(f"{name} is not base64") from None

    def bot(self) -> Bot:
        """The bot named by "bot"; without one, the only bot there is."""
        wanted = self._given.get("bot")
        bots = list(self.telegram.bots.values())
        if wanted is None and len(bots) == 1:
            return bots[0]
        for bot in bots:
            if wanted == bot.id or str(wanted).removeprefix("@").lower() == bot.username.lower():
                return bot
        raise ActError(f"there is no bot {wanted}")

    def person(self, name: str) -> Person:
        number = self.number(name)
        if number not in self.telegram.persons:
            raise ActError(f"there is no person {number}")
        return self.telegram.persons[number]

    def _get(self, name: str, kind: type, expected: str, default: Any = _REQUIRED) -> Any:  # noqa: ANN401
        value = self._given.get(name)
        if value is None:
            if default is _REQUIRED:
                raise ActError(f"{name} is missing: expected {expected}")
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ActError(f"{name} should be {expected}, not {value!r:.80}")
        return value


Act: TypeAlias = "Callable[[Person, Args], object]"


async def perform(name: str, person: Person, args: Args) -> object:
    """Does the act and gives its result as JSON. Raises ActError when the person cannot do it."""
    if name in ASKING:
        return _plain(await ASKING[name](person, args), person)
    if name not in ACTS:
        raise ActError(f"there is no act {name!r:.40}: there are {', '.join([*ASKING, *ACTS])}")
    return _plain(ACTS[name](person, args), person)


def _plain(result: object, person: Person) -> object:
    match result:
        case Message():
            return webview.message(result, person) | {"message_id": result.id}
        case CallbackAnswer():
            return asdict(result)
        case Chat():
            return {"chat_id": webview.chat_id(result)}
        case None:
            return True
        case _:
            return result


def _tap(person: Person, args: Args) -> Awaitable[object]:
    return args.telegram.people.tap(person, args.number("chat_id"), args.number("message_id"), args.text("data"))


async def _ask_inline(person: Person, args: Args) -> Json:
    """What the bot offers: as much of it as a list shows."""
    answer = await _inline_answer(person, args)
    shown = [{name: result.get(name) or "" for name in ("id", "title", "description")} for result in answer["results"]]
    return {"results": shown, "next_offset": answer.get("next_offset", ""), "button": answer.get("button")}


async def _choose_inline(person: Person, args: Args) -> Message:
    answer, wanted = await _inline_answer(person, args), args.text("result_id")
    for result in answer["results"]:
        if result["id"] == wanted:
            chat_id, query = args.number("chat_id"), args.text("query")
            return args.telegram.people.choose_inline(person, args.bot(), chat_id, query, result)
    raise ActError("the bot does not offer that any more")


async def _inline_answer(person: Person, args: Args) -> Json:
    query, offset = args.text("query")[:INLINE_QUERY_MAX], args.text("offset", "")
    answer = await args.telegram.people.ask_inline(person, args.bot(), query, offset=offset)
    if answer is None:
        raise ActError("the bot has not answered within 10 seconds")
    return answer


def _send(person: Person, args: Args) -> Message:
    return args.telegram.people.send(
        person,
        args.number("chat_id"),
        args.text("text"),
        reply_to=args.number_or_none("reply_to"),
        topic=args.number_or_none("topic"),
    )


def _send_document(person: Person, args: Args) -> Message:
    return args.telegram.people.send_document(
        person,
        args.number("chat_id"),
        args.text("filename"),
        args.data(),
        caption=args.text("caption", ""),
        reply_to=args.number_or_none("reply_to"),
        topic=args.number_or_none("topic"),
    )


def _send_photo(person: Person, args: Args) -> Message:
    return args.telegram.people.send_photo(
        person,
        args.number("chat_id"),
        args.data(),
        caption=args.text("caption", ""),
        reply_to=args.number_or_none("reply_to"),
        topic=args.number_or_none("topic"),
    )


def _forward(person: Person, args: Args) -> Message:
    return args.telegram.people.forward(
        person, args.number("from_chat_id"), args.number("message_id"), args.number("to_chat_id")
    )


def _edit(person: Person, args: Args) -> None:
    args.telegram.people.edit(person, args.number("chat_id"), args.number("message_id"), args.text("text"))


def _delete(person: Person, args: Args) -> None:
    args.telegram.people.delete(person, args.number("chat_id"), args.number("message_id"))


def _read(person: Person, args: Args) -> None:
    chat = find_chat(args.telegram, person, args.number("chat_id"))
    args.reading.mark(person, chat, args.number("message_id"))


def _add_bot(person: Person, args: Args) -> None:
    args.telegram.people.add_bot(
        person, args.number("chat_id"), args.bot(), admin=args.flag("admin", default=True), rights=args.rights()
    )


def _set_rights(person: Person, args: Args) -> None:
    args.telegram.people.set_rights(person, args.number("chat_id"), args.bot(), args.rights() or {})


def _promote(person: Person, args: Args) -> None:
    args.telegram.people.promote(person, args.number("chat_id"), args.person("member"), args.rights())


def _shareable(person: Person, args: Args) -> Json:
    found = args.telegram.people.shareable(
        person, args.number("chat_id"), args.number("message_id"), args.number("request_id")
    )
    return {"chats": [chat.id for chat in found]}


def _share_chat(person: Person, args: Args) -> Message:
    return args.telegram.people.share_chat(
        person, args.number("chat_id"), args.number("message_id"), args.number("request_id"), args.number("chosen_id")
    )


def _create_channel(person: Person, args: Args) -> Chat:
    username = args.text("username", "") or None
    if username is not None:
        taken = {(c.username or "").lower() for c in args.telegram.chats.values()}
        taken |= {b.username.lower() for b in args.telegram.bots.values()}
        if not USERNAME.fullmatch(username) or username.lower() in taken:
            raise ActError(f"the username {username:.40} cannot be had: 5 to 32 letters, digits and _, not taken yet")
    return args.telegram.add_channel(person, args.text("title"), username=username)


def _create_group(person: Person, args: Args) -> Chat:
    kind = args.text("kind", "supergroup")
    if kind not in {"group", "supergroup"}:
        raise ActError(f"kind is group or supergroup, not {kind:.40}")
    forum = args.flag("forum", default=False)
    return args.telegram.add_group(person, args.text("title"), kind=kind, forum=forum)  # type: ignore[arg-type]


def _upgrade_group(person: Person, args: Args) -> Chat:
    chat = find_chat(args.telegram, person, args.number("chat_id"))
    if chat.member(person).status != "creator":
        raise ActError(f"only its owner upgrades {chat.title or 'a group'}")
    return args.telegram.people.upgrade_group(chat.id)


def _create_topic(person: Person, args: Args) -> Json:
    chat = find_chat(args.telegram, person, args.number("chat_id"))
    if not chat.member(person).can("can_manage_topics"):
        raise ActError(f"{person.first_name} has no right to manage topics in {chat.title}")
    return {"topic": args.telegram.add_topic(chat, args.text("name"))}


# What waits for the bot's answer.
ASKING: dict[str, Callable[[Person, Args], Awaitable[object]]] = {
    "tap": _tap,
    "ask_inline": _ask_inline,
    "choose_inline": _choose_inline,
}
ACTS: dict[str, Act] = {
    "send": _send,
    "post": lambda p, a: a.telegram.people.post(p, a.number("channel_id"), a.text("text")),
    "send_document": _send_document,
    "send_photo": _send_photo,
    "forward": _forward,
    "edit": _edit,
    "delete": _delete,
    "read": _read,
    "tap_nowait": lambda p, a: a.telegram.people.tap_nowait(
        p, a.number("chat_id"), a.number("message_id"), a.text("data")
    ),
    "shareable": _shareable,
    "share_chat": _share_chat,
    "start": lambda p, a: a.telegram.people.start(p, a.bot(), a.text("payload", "")),
    "block": lambda p, a: a.telegram.people.block(p, a.bot()),
    "unblock": lambda p, a: a.telegram.people.unblock(p, a.bot()),
    "add_bot": _add_bot,
    "remove_bot": lambda p, a: a.telegram.people.remove_bot(p, a.number("chat_id"), a.bot()),
    "set_rights": _set_rights,
    "demote_bot": lambda p, a: a.telegram.people.demote_bot(p, a.number("chat_id"), a.bot()),
    "promote": _promote,
    "join": lambda p, a: a.telegram.people.join(p, a.number("chat_id")),
    "leave": lambda p, a: a.telegram.people.leave(p, a.number("chat_id")),
    "close_topic": lambda p, a: a.telegram.people.close_topic(p, a.number("chat_id"), a.number("topic")),
    "reopen_topic": lambda p, a: a.telegram.people.reopen_topic(p, a.number("chat_id"), a.number("topic")),
    "delete_topic": lambda p, a: a.telegram.people.delete_topic(p, a.number("chat_id"), a.number("topic")),
    "upgrade_group": _upgrade_group,
    "create_channel": _create_channel,
    "create_group": _create_group,
    "create_topic": _create_topic,
}


def find_chat(telegram: Telegram, person: Person, number: int) -> Chat:
    """The chat of this id; a private one goes by the bot's id, or by the person's when there is one bot."""
    if number in telegram.chats:
        return telegram.chats[number]
    for bot in telegram.bots.values():
        if number == bot.id or (number == person.id and len(telegram.bots) == 1):
            return telegram.privates.get((person.id, bot.id)) or Chat(person.id, "private", person=person, bot=bot)
    raise ActError(f"{person.first_name} has no chat {number}")
