"""A Telegram in memory: people, bots, chats and messages, the bots' update queues, and who listens."""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any, Literal

from bot.sandbox.faults import Faults
from bot.sandbox.files import Files
from bot.sandbox.limits import FloodControl
from bot.sandbox.nouns import (
    Bot,
    Call,
    Callback,
    Chat,
    Event,
    Inline,
    Json,
    Member,
    Message,
    Person,
    Topic,
    User,
    utcnow,
)
from bot.sandbox.people import People

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,}")
OPT_IN_UPDATES = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
CALLS_KEPT = 20_000
FIRST_PERSON = 100_000_001
FIRST_GROUP = -4_000_001
FIRST_CHANNEL = -1_001_000_000_001


class Telegram:
    """The whole state. Everything here is synchronous and belongs to one event loop."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = utcnow,
        flood_control: bool = True,
        journal: Path | None = None,
    ) -> None:
        self.clock = clock
        self.flood = FloodControl(enabled=flood_control)
        self.faults = Faults()
        self.people = People(self)
        self.calls: list[Call] = []
        self.bots: dict[str, Bot] = {}  # by token
        self.persons: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}  # all but private ones
        self.privates: dict[tuple[int, int], Chat] = {}  # (person, bot)
        self.files = Files()
        self.callbacks: dict[str, Callback] = {}
        self.inlines: dict[str, Inline] = {}
        self.closing = False
        self.on_webhook: Callable[[Bot], None] | None = None
        self._listeners: list[Callable[[Event], None]] = []
        self._journal: IO[str] | None = journal.open("a", encoding="utf-8") if journal else None
        self._calls_made = 0
        self._next = {"person": FIRST_PERSON, "group": FIRST_GROUP, "channel": FIRST_CHANNEL, "query": 10**15}

    def close(self) -> None:
        """Closes the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # Who and where

    def add_bot(self, token: str, *, username: str, name: str) -> Bot:
        """A new bot's account. Raises ValueError when the token is not shaped like one."""
        if not TOKEN.fullmatch(token):
            raise ValueError("a bot's token looks like 123456789:AAE…, digits, a colon and 35 characters")
        bot = Bot(int(token.partition(":")[0]), token, username.removeprefix("@"), name)
        self.bots[token] = bot
        return bot

    def add_person(
        self,
        first_name: str,
        *,
        username: str | None = None,
        language_code: str = "en",
        id: int | None = None,  # noqa: A002
        about: str = "",
    ) -> Person:
        number = self._take("person", 1) if id is None else id
        person = Person(number, first_name, username, language_code, about=about)
        self.persons[person.id] = person
        return person

    def add_channel(self, owner: Person, title: str, *, username: str | None = None) -> Chat:
        return self._add_chat(Chat(self._take("channel", -1), "channel", title, username), owner)

    def add_group(
        self, owner: Person, title: str, *, kind: Literal["group", "supergroup"] = "supergroup", forum: bool = False
    ) -> Chat:
        """A group; a forum is always a supergroup."""
        kind = "supergroup" if forum else kind
        number = self._take("group" if kind == "group" else "channel", -1)
        return self._add_chat(Chat(number, kind, title, forum=forum), owner)

    def add_topic(self, chat: Chat, name: str) -> int:
        """Makes a topic in a forum and gives its message_thread_id."""
        if not chat.forum:
            raise ValueError(f"{chat.title} is not a forum: make it with add_group(…, forum=True)")
        service = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        made = self.post(chat, self._owner(chat), service=service)
        made.topic = made.id
        chat.topics[made.id] = Topic(made.id, name)
        self.announce(made)
        self.emit(Event("topic", chat.id, data={"topic": made.id}))
        return made.id

    def private_chat(self, person: Person, bot: Bot) -> Chat:
        """The chat of a person with a bot, made when there is none. Its id is the person's."""
        chat = self.privates.get((person.id, bot.id))
        if chat is None:
            chat = Chat(person.id, "private", person=person, bot=bot)
            self.privates[person.id, bot.id] = chat
        return chat

    def bot(self, bot_id: int) -> Bot:
        """The bot with this id. Raises LookupError."""
        for bot in self.bots.values():
            if bot.id == bot_id:
                return bot
        raise LookupError(f"no bot has the id {bot_id}")

    def find_chat(self, bot: Bot, chat_id: int | str) -> Chat | None:
        """The chat as a bot names it: an id, or the @username of a channel or supergroup."""
        if isinstance(chat_id, str):
            name = chat_id.removeprefix("@").lower()
            return next((c for c in self.chats.values() if (c.username or "").lower() == name), None)
        if chat_id < 0:
            return self.chats.get(chat_id)
        person = self.persons.get(chat_id)
        if person is None:
            return None
        return self.privates.get((chat_id, bot.id)) or Chat(chat_id, "private", person=person, bot=bot)

    def chats_of(self, person: Person) -> list[Chat]:
        """The chats a person sees: their conversations with bots and where they are a member."""
        return [c for (owner, _), c in self.privates.items() if owner == person.id] + [
            c for c in self.chats.values() if c.migrated_to is None and c.member(person).present
        ]

    def messages(self, chat_id: int) -> list[Message]:
        """What stands in a chat now, oldest first (a person's id: their chats with all bots)."""
        if chat_id in self.chats:
            return list(self.chats[chat_id].messages.values())
        standing = [m for (p, _), c in self.privates.items() if p == chat_id for m in c.messages.values()]
        return sorted(standing, key=lambda m: m.date)

    # Messages

    def post(self, chat: Chat, sender: User | None, *, method: str = "", **fields: Any) -> Message:  # noqa: ANN401
        """Puts a message into the chat, the journal and before the listeners. The bots are told by `announce`."""
        if chat.own_sequence:
            number = chat.last_message_id + 1
        else:
            bots = chat.bots()
            number = max([chat.last_message_id, *(bot.last_message_id for bot in bots)]) + 1
            for bot in bots:
                bot.last_message_id = number
        chat.last_message_id = number
        message = Message(number, chat, self.clock(), sender, **fields)
        message.by_chat = chat.kind == "channel" or (sender is not None and chat.member(sender).anonymous)
        chat.messages[number] = message
        self._record(message, method)
        self.emit(Event("message", chat.id, number, chat.bot.id if chat.bot else None))
        return message

    def edited(self, message: Message, *, method: str = "", by_person: bool = False, mark: bool = True) -> None:
        """Tells journal, listeners and (a person's edit) the bots that the message was changed in place."""
        if mark:
            message.edited_at = self.clock()
        self._record(message, method)
        self.emit(Event("edit", message.chat.id, message.id, message.chat.bot.id if message.chat.bot else None))
        if by_person:
            self.announce(message, edited=True)

    def delete(self, chat: Chat, message_id: int, *, method: str = "") -> None:
        message = chat.messages.pop(message_id)
        if message_id in chat.pinned:
            chat.pinned.remove(message_id)
        self._record(message, method, deleted=True)
        self.emit(Event("delete", chat.id, message_id, chat.bot.id if chat.bot else None))

    def announce(self, message: Message, *, edited: bool = False) -> None:
        """Queues the message for the bots of its chat that may see it."""
        chat = message.chat
        kind = "channel_post" if chat.kind == "channel" else "message"
        if isinstance(message.from_, Bot) and chat.kind != "channel" and not message.service:
            return  # bots do not see what bots say
        for bot in chat.bots():
            if bot is not message.from_ and _may_see(bot, message):
                self.queue(bot, f"edited_{kind}" if edited else kind, message.json())

    # Members

    def change_member(
        self,
        chat: Chat,
        by: User,
        user: User,
        status: Literal["creator", "administrator", "member", "left", "kicked"],
        rights: dict[str, bool] | None = None,
        *,
        anonymous: bool = False,
    ) -> Member:
        """Gives a member a new standing and tells the bots: my_chat_member to itself, chat_member to admins."""
        old = chat.member(user)
        new = Member(user, status, dict(rights or {}), anonymous)
        chat.members[user.id] = new
        change = {
            "chat": chat.json(),
            "from": by.json(),
            "date": int(self.clock().timestamp()),
            "old_chat_member": old.json(chat.kind),
            "new_chat_member": new.json(chat.kind),
        }
        if isinstance(user, Bot):
            self.queue(user, "my_chat_member", change)
        for bot in chat.bots():
            if bot is not user and chat.member(bot).status == "administrator":
                self.queue(bot, "chat_member", change)
        self.emit(Event("member", chat.id, data={"user": user.id, "status": status}))
        return new

    # Updates, files, queries

    def queue(self, bot: Bot, kind: str, payload: Json) -> None:
        """Puts an update into a bot's queue, if it asked for that kind, and wakes its poll."""
        wanted = kind not in OPT_IN_UPDATES if bot.allowed_updates is None else kind in bot.allowed_updates
        if not wanted:
            return
        bot.last_update_id += 1
        bot.updates.append({"update_id": bot.last_update_id, kind: payload})
        if bot.poll is not None and not bot.poll.done():
            bot.poll.set_result(True)

    def webhook_changed(self, bot: Bot) -> None:
        if self.on_webhook is not None:
            self.on_webhook(bot)

    def hang_up(self) -> None:
        """Ends all long polls, with what there is."""
        self.closing = True
        self.emit(Event("closing", 0))
        for bot in self.bots.values():
            if bot.poll is not None and not bot.poll.done():
                bot.poll.set_result(False)

    def new_query_id(self) -> str:
        return str(self._take("query", 7))

    def new_call(self, bot: Bot, method: str, params: Json, unknown: Iterable[str] = ()) -> Call:
        self._calls_made += 1
        call = Call(self._calls_made, bot.id, method, params, self.clock(), None, tuple(unknown))
        self.calls.append(call)
        if len(self.calls) > CALLS_KEPT:
            del self.calls[: CALLS_KEPT // 2]
        return call

    # Listeners and journal

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Calls the listener with every Event, at once. Gives the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def _record(self, message: Message, method: str, *, deleted: bool = False) -> None:
        if self._journal is None:
            return
        line: Json = {
            "chat_id": message.chat.id,
            "message_id": message.id,
            "text": message.text if message.text is not None else message.caption,
            "method": method,
            "at": self.clock().isoformat(),
        }
        if message.topic:
            line["topic_id"] = message.topic
        if deleted:
            line["deleted"] = True
        self._journal.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._journal.flush()

    def _add_chat(self, chat: Chat, owner: Person) -> Chat:
        self.chats[chat.id] = chat
        chat.members[owner.id] = Member(owner, "creator")
        self.emit(Event("chat", chat.id))
        return chat

    def _owner(self, chat: Chat) -> User:
        return next(m.user for m in chat.members.values() if m.status == "creator")

    def _take(self, counter: str, step: int) -> int:
        number = self._next[counter]
        self._next[counter] += step
        return number


def _may_see(bot: Bot, message: Message) -> bool:
    """Privacy mode: in groups a bot without admin rights sees only what is meant for it, and service messages."""
    chat = message.chat
    if chat.kind in {"private", "channel"} or not bot.privacy or message.service:
        return True
    if chat.member(bot).status == "administrator":
        return True
    if message.reply_to is not None and message.reply_to.from_ is bot:
        return True
    text = message.text or message.caption or ""
    command, _, addressee = text.split(maxsplit=1)[0].partition("@") if text.strip() else ("", "", "")
    if command.startswith("/"):
        return not addressee or addressee.lower() == bot.username.lower()
    return False
