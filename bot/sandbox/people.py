"""What people do: each act changes the world and puts the right updates into the bots' queues."""

from __future__ import annotations

import asyncio
import mimetypes
from collections import Counter
from typing import TYPE_CHECKING, Any

from bot.sandbox import entities as parsing
from bot.sandbox import sharing
from bot.sandbox.images import image_size
from bot.sandbox.nouns import (
    GENERAL_TOPIC,
    Bot,
    Callback,
    CallbackAnswer,
    Chat,
    Event,
    Inline,
    Json,
    Member,
    Message,
    all_rights,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.nouns import Person
    from bot.sandbox.world import Telegram


class ActError(ValueError):
    """A person cannot do this; the text says why, for people."""


class People:
    """Acts of people. `chat_id` is as the bot sees it; for a private chat the bot's id does as well."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    # Talking

    def send(
        self,
        person: Person,
        chat_id: int,
        text: str,
        *,
        reply_to: int | None = None,
        topic: int | None = None,
        entities: Sequence[Json] = (),
    ) -> Message:
        """Says something. Commands, links, mentions and hashtags get their entities."""
        if not text.strip():
            raise ActError("nothing to send: the text is empty")
        found = [*map(dict, entities), *parsing.detect(text, taken=entities)]
        return self._say(person, chat_id, reply_to, topic, text=text, entities=sorted(found, key=lambda e: e["offset"]))

    def send_document(
        self,
        person: Person,
        chat_id: int,
        filename: str,
        data: bytes,
        *,
        caption: str = "",
        reply_to: int | None = None,
        topic: int | None = None,
    ) -> Message:
        mime = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        media = self._telegram.files.save("document", data, name=filename, mime=mime)
        found = parsing.detect(caption)
        return self._say(person, chat_id, reply_to, topic, media=media, caption=caption or None, entities=found)

    def send_photo(
        self,
        person: Person,
        chat_id: int,
        data: bytes,
        *,
        caption: str = "",
        reply_to: int | None = None,
        topic: int | None = None,
    ) -> Message:
        size = image_size(data)
        if size is None:
            raise ActError("this is not a picture: send a JPEG, PNG, GIF or WebP, or send it as a file")
        media = self._telegram.files.save("photo", data, size=size)
        found = parsing.detect(caption)
        return self._say(person, chat_id, reply_to, topic, media=media, caption=caption or None, entities=found)

    def forward(self, person: Person, from_chat_id: int, message_id: int, to_chat_id: int) -> Message:
        """Forwards a message, with its origin."""
        message = self._message(person, from_chat_id, message_id)
        return self._say(person, to_chat_id, None, None, forward_origin=origin_of(message), **content_of(message))

    def post(self, person: Person, channel_id: int, text: str) -> Message:
        """Posts in a channel."""
        return self.send(person, channel_id, text)

    def edit(self, person: Person, chat_id: int, message_id: int, text: str) -> None:
        message = self._message(person, chat_id, message_id)
        chat = message.chat
        if message.from_ is not person and not (
            chat.kind == "channel" and chat.member(person).can("can_edit_messages")
        ):
            raise ActError(f"{person.first_name} can edit only their own messages")
        if message.text is None:
            message.caption = text
        else:
            message.text = text
        message.entities = parsing.detect(text)
        self._telegram.edited(message, by_person=True)

    def delete(self, person: Person, chat_id: int, message_id: int) -> None:
        """Deletes for everyone. Bots are not told, as in Telegram."""
        message = self._message(person, chat_id, message_id)
        own = message.from_ is person or message.chat.kind == "private"
        if not own and not message.chat.member(person).can("can_delete_messages"):
            raise ActError(f"{person.first_name} may not delete the messages of others here")
        self._telegram.delete(message.chat, message_id)

    def react(self, person: Person, chat_id: int, message_id: int, *emoji: str) -> None:
        """Sets a person's reactions to a message. Bots hear of it in private and as administrators, if they asked.

        In channels reactions are anonymous: bots get the totals (Telegram sends those some minutes late).
        """
        message = self._message(person, chat_id, message_id)
        chat, before = message.chat, message.reactions.get(person.id, ())
        message.reactions[person.id] = emoji
        update = {"chat": chat.json(), "message_id": message.id, "date": int(self._telegram.clock().timestamp())}
        if chat.kind == "channel":
            kind = "message_reaction_count"
            totals = Counter(one for chosen in message.reactions.values() for one in chosen)
            update["reactions"] = [{"type": _reaction(one), "total_count": n} for one, n in totals.items()]
        else:
            kind = "message_reaction"
            update["user"] = person.json()
            update["old_reaction"] = [_reaction(one) for one in before]
            update["new_reaction"] = [_reaction(one) for one in emoji]
        for bot in chat.bots():
            if chat.kind == "private" or chat.member(bot).status == "administrator":
                self._telegram.queue(bot, kind, update)
        self._telegram.emit(Event("edit", chat.id, message.id, chat.bot.id if chat.bot else None))

    # Conversations with bots

    def start(self, person: Person, bot: Bot, payload: str = "") -> Message:
        """Presses Start (or opens a deep link with a payload); this also unblocks the bot."""
        self._telegram.private_chat(person, bot)
        self.unblock(person, bot)
        return self.send(person, bot.id, f"/start {payload}".strip())

    def block(self, person: Person, bot: Bot) -> None:
        self._block(person, bot, blocked=True)

    def unblock(self, person: Person, bot: Bot) -> None:
        self._block(person, bot, blocked=False)

    async def tap(
        self, person: Person, chat_id: int, message_id: int, data: str, *, timeout: float = 10
    ) -> CallbackAnswer:
        """Taps a button and waits for answerCallbackQuery (real seconds). Forged data is let through."""
        callback = self._tap(person, chat_id, message_id, data)
        callback.answer = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(callback.answer, timeout)
        except TimeoutError:
            return CallbackAnswer(answered=False)

    def tap_nowait(self, person: Person, chat_id: int, message_id: int, data: str) -> str:
        """Taps a button and gives the id of the callback query."""
        return self._tap(person, chat_id, message_id, data).id

    def shareable(self, person: Person, chat_id: int, message_id: int, request_id: int) -> list[Chat]:
        """The chats that a button of a reply keyboard lets the person choose from."""
        message = self._message(person, chat_id, message_id)
        asked, bot = sharing.request_of(message, request_id), message.from_
        if asked is None or not isinstance(bot, Bot):
            raise ActError("this message has no button that asks for a chat")
        return [chat for chat in self._telegram.chats.values() if sharing.suits(asked, chat, person, bot)]

    def share_chat(self, person: Person, chat_id: int, message_id: int, request_id: int, chosen_id: int) -> Message:
        """Chooses a chat for such a button: the bot gets the rights it asks for, and the service message."""
        chosen = next((c for c in self.shareable(person, chat_id, message_id, request_id) if c.id == chosen_id), None)
        if chosen is None:
            raise ActError("this chat is not what the button asks for")
        message = self._message(person, chat_id, message_id)
        asked, bot = sharing.request_of(message, request_id), message.from_
        assert asked is not None
        assert isinstance(bot, Bot)
        rights = sharing.rights_to_give(asked, chosen, bot)
        if rights is not None:
            self.add_bot(person, chosen.id, bot, admin=bool(asked.get("bot_administrator_rights")), rights=rights)
        service = {"chat_shared": sharing.shared(asked, chosen)}
        answer = self._telegram.post(message.chat, person, service=service, reply_to=message)
        self._telegram.announce(answer)
        return answer

    async def ask_inline(
        self, person: Person, bot: Bot, query: str, *, offset: str = "", timeout: float = 10
    ) -> Json | None:
        """Types "@bot query" and waits for answerInlineQuery: its parameters, or None when none came."""
        asked = Inline(self._telegram.new_query_id(), person, bot, self._telegram.clock())
        asked.answer = asyncio.get_running_loop().create_future()
        self._telegram.inlines[asked.id] = asked
        update = {"id": asked.id, "from": person.json(), "query": query, "offset": offset, "chat_type": "private"}
        self._telegram.queue(bot, "inline_query", update)
        try:
            return await asyncio.wait_for(asked.answer, timeout)
        except TimeoutError:
            return None

    def choose_inline(self, person: Person, bot: Bot, chat_id: int, query: str, result: Json) -> Message:
        """Sends one of the results of an inline query."""
        content = result.get("input_message_content") or {"message_text": result.get("title", "")}
        text, entities = parsing.read(
            content["message_text"], parse_mode=content.get("parse_mode"), entities=content.get("entities")
        )
        markup = result.get("reply_markup")
        extra = {"via_bot": bot.json()}
        sent = self._say(person, chat_id, None, None, text=text, entities=entities, reply_markup=markup, extra=extra)
        chosen = {"result_id": result["id"], "from": person.json(), "query": query}
        self._telegram.queue(bot, "chosen_inline_result", chosen)
        return sent

    # Members

    def add_bot(
        self, person: Person, chat_id: int, bot: Bot, *, admin: bool = True, rights: dict[str, bool] | None = None
    ) -> None:
        """Adds a bot, as an administrator with all rights unless told otherwise (channels know no other way)."""
        chat = self._chat_where(person, chat_id, "can_invite_users", "add a bot")
        if chat.kind == "channel" and not admin:
            raise ActError("a bot in a channel is always an administrator")
        joins = not chat.member(bot).present
        status = "administrator" if admin else "member"
        self._telegram.change_member(chat, person, bot, status, _rights(chat, rights) if admin else {})  # type: ignore[arg-type]
        if joins and chat.kind != "channel":
            self._service(chat, person, new_chat_members=[bot.json()])

    def set_rights(self, person: Person, chat_id: int, bot: Bot, rights: dict[str, bool]) -> None:
        """Changes some of a bot's rights; those not named stay."""
        chat = self._chat_where(person, chat_id, "can_promote_members", "change rights")
        held = chat.member(bot)
        if not held.present:
            raise ActError(f"{bot.name} is not in {chat.title}")
        self._telegram.change_member(chat, person, bot, "administrator", held.rights | rights)

    def demote_bot(self, person: Person, chat_id: int, bot: Bot) -> None:
        """Makes an administrator in a group an ordinary member again."""
        chat = self._chat_where(person, chat_id, "can_promote_members", "change rights")
        self._telegram.change_member(chat, person, bot, "member")

    def remove_bot(self, person: Person, chat_id: int, bot: Bot, *, kicked: bool = True) -> None:
        """Throws a bot out (kicked=False: it only ceases to be a member)."""
        chat = self._chat_where(person, chat_id, "can_restrict_members", "remove a bot")
        if not chat.member(bot).present:
            raise ActError(f"{bot.name} is not in {chat.title}")
        self._telegram.change_member(chat, person, bot, "kicked" if kicked else "left")
        if chat.kind != "channel":
            self._service(chat, person, left_chat_member=bot.json())

    def join(self, person: Person, chat_id: int) -> None:
        chat = self._chat(person, chat_id)
        if chat.member(person).present:
            raise ActError(f"{person.first_name} is already in {chat.title}")
        self._telegram.change_member(chat, person, person, "member")
        if chat.kind != "channel":
            self._service(chat, person, new_chat_members=[person.json()])

    def leave(self, person: Person, chat_id: int) -> None:
        chat = self._chat(person, chat_id)
        if not chat.member(person).present:
            raise ActError(f"{person.first_name} is not in {chat.title}")
        self._telegram.change_member(chat, person, person, "left")
        if chat.kind != "channel":
            self._service(chat, person, left_chat_member=person.json())

    def promote(
        self,
        by: Person,
        chat_id: int,
        person: Person,
        rights: dict[str, bool] | None = None,
        *,
        anonymous: bool = False,
    ) -> None:
        """Makes a person an administrator with these rights (None: all); an empty dict takes them away."""
        chat = self._chat_where(by, chat_id, "can_promote_members", "promote others")
        if rights == {}:
            self._telegram.change_member(chat, by, person, "member")
        else:
            granted = _rights(chat, rights)
            self._telegram.change_member(chat, by, person, "administrator", granted, anonymous=anonymous)

    # Topics and groups

    def close_topic(self, person: Person, chat_id: int, topic: int) -> None:
        self._set_topic(person, chat_id, topic, closed=True)

    def reopen_topic(self, person: Person, chat_id: int, topic: int) -> None:
        self._set_topic(person, chat_id, topic, closed=False)

    def rename_topic(self, person: Person, chat_id: int, topic: int, name: str) -> None:
        chat = self._chat_where(person, chat_id, "can_manage_topics", "manage topics")
        chat.topics[topic].name = name
        self._service(chat, person, topic, forum_topic_edited={"name": name})
        self._telegram.emit(Event("topic", chat.id, data={"topic": topic}))

    def delete_topic(self, person: Person, chat_id: int, topic: int) -> None:
        """Deletes a topic and all its messages."""
        chat = self._chat_where(person, chat_id, "can_delete_messages", "delete a topic")
        chat.topics.pop(topic, None)
        for message in [m for m in chat.messages.values() if m.topic == topic]:
            self._telegram.delete(chat, message.id)
        self._telegram.emit(Event("topic", chat.id, data={"topic": topic}))

    def upgrade_group(self, chat_id: int) -> Chat:
        """Turns a basic group into a supergroup, with a new id; the bots are told in both chats."""
        old = self._telegram.chats[chat_id]
        if old.kind != "group" or old.migrated_to is not None:
            raise ActError(f"{old.title} is not a basic group")
        owner = next(m.user for m in old.members.values() if m.status == "creator")
        assert not isinstance(owner, Bot)
        new = self._telegram.add_group(owner, old.title or "")
        new.members.update(old.members)
        old.migrated_to = new.id
        self._service(old, owner, migrate_to_chat_id=new.id)
        self._service(new, owner, migrate_from_chat_id=old.id)
        return new

    def silence(self, person: Person, chat_id: int, *, silenced: bool = True) -> None:
        """Lets only administrators write in a group."""
        self._chat_where(person, chat_id, "can_restrict_members", "change permissions").silenced = silenced

    def rename_chat(self, person: Person, chat_id: int, title: str) -> None:
        chat = self._chat_where(person, chat_id, "can_change_info", "change the title")
        chat.title = title
        self._service(chat, person, new_chat_title=title)
        self._telegram.emit(Event("chat", chat.id))

    def delete_group(self, person: Person, chat_id: int) -> None:
        chat = self._chat_where(person, chat_id, "can_change_info", "delete the group")
        chat.deleted = True
        self._telegram.emit(Event("chat", chat.id))

    # Inside

    def _say(self, person: Person, chat_id: int, reply_to: int | None, topic: int | None, **fields: Any) -> Message:  # noqa: ANN401
        chat = self._chat(person, chat_id)
        if chat.kind == "channel" and not chat.member(person).can("can_post_messages"):
            raise ActError(f"{person.first_name} may not post in {chat.title}")
        if chat.kind != "private" and not chat.member(person).present:
            raise ActError(f"{person.first_name} is not in {chat.title}")
        if chat.silenced and chat.member(person).status == "member":
            raise ActError(f"only administrators may write in {chat.title}")
        if chat.migrated_to is not None:
            raise ActError(f"{chat.title} has become a supergroup")
        if chat.blocked:
            raise ActError(f"{person.first_name} has blocked this bot: unblock it first")
        if topic == GENERAL_TOPIC:
            topic = None
        if topic is not None:
            if topic not in chat.topics:
                raise ActError(f"{chat.title} has no topic {topic}")
            if chat.topics[topic].closed and not chat.member(person).can("can_manage_topics"):
                raise ActError(f"the topic {chat.topics[topic].name} is closed")
        if chat.kind == "private":
            chat.started = True
        answered = chat.messages.get(reply_to) if reply_to is not None else None
        if reply_to is not None and answered is None:
            raise ActError(f"there is no message {reply_to} to reply to")
        message = self._telegram.post(chat, person, topic=topic, reply_to=answered, **fields)
        self._telegram.announce(message)
        return message

    def _tap(self, person: Person, chat_id: int, message_id: int, data: str) -> Callback:
        message = self._message(person, chat_id, message_id)
        bot = message.from_
        if not isinstance(bot, Bot):
            raise ActError("only a bot's message has buttons")
        telegram = self._telegram
        tapped = Callback(telegram.new_query_id(), person, bot, message.chat.id, message_id, telegram.clock())
        telegram.callbacks[tapped.id] = tapped
        query = {
            "id": tapped.id,
            "from": person.json(),
            "message": message.json(),
            "chat_instance": str(message.chat.id * 31 + 7),
            "data": data,
        }
        telegram.queue(bot, "callback_query", query)
        return tapped

    def _block(self, person: Person, bot: Bot, *, blocked: bool) -> None:
        chat = self._telegram.private_chat(person, bot)
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        before, after = Member(bot, "member").json("private"), Member(bot, "kicked").json("private")
        old, new = (before, after) if blocked else (after, before)
        change = {
            "chat": chat.json(),
            "from": person.json(),
            "date": int(self._telegram.clock().timestamp()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self._telegram.queue(bot, "my_chat_member", change)
        self._telegram.emit(Event("member", chat.id, bot_id=bot.id, data={"user": bot.id, "blocked": blocked}))

    def _set_topic(self, person: Person, chat_id: int, topic: int, *, closed: bool) -> None:
        chat = self._chat_where(person, chat_id, "can_manage_topics", "manage topics")
        if topic not in chat.topics:
            raise ActError(f"{chat.title} has no topic {topic}")
        chat.topics[topic].closed = closed
        key = "forum_topic_closed" if closed else "forum_topic_reopened"
        self._service(chat, person, topic, **{key: {}})
        self._telegram.emit(Event("topic", chat.id, data={"topic": topic}))

    def _service(
        self, chat: Chat, person: Person, topic: int | None = None, **what: Json | list[Json] | int | str
    ) -> None:
        self._telegram.announce(self._telegram.post(chat, person, topic=topic, service=what))

    def _chat(self, person: Person, chat_id: int) -> Chat:
        """The chat a person means. A positive id is that of the bot, or the person's own with the first bot."""
        if chat_id < 0:
            if chat_id not in self._telegram.chats:
                raise ActError(f"there is no chat {chat_id}")
            return self._telegram.chats[chat_id]
        for bot in self._telegram.bots.values():
            if chat_id == bot.id or (chat_id == person.id and self._is_with(person, bot)):
                return self._telegram.private_chat(person, bot)
        raise ActError(f"{person.first_name} has no chat {chat_id}")

    def _is_with(self, person: Person, bot: Bot) -> bool:
        return len(self._telegram.bots) == 1 or (person.id, bot.id) in self._telegram.privates

    def _chat_where(self, person: Person, chat_id: int, right: str, to_do: str) -> Chat:
        chat = self._chat(person, chat_id)
        if not chat.member(person).can(right):
            raise ActError(f"{person.first_name} has no right to {to_do} in {chat.title}")
        return chat

    def _message(self, person: Person, chat_id: int, message_id: int) -> Message:
        chat = self._chat(person, chat_id)
        message = chat.messages.get(message_id)
        if message is None:
            raise ActError(f"there is no message {message_id} here")
        return message


def content_of(message: Message) -> dict[str, Any]:
    """What a forward or copy takes along."""
    return {
        "text": message.text,
        "caption": message.caption,
        "entities": list(message.entities),
        "media": message.media,
    }


def origin_of(message: Message) -> Json:
    """Where a message first came from; a forward of a forward keeps the first origin."""
    if message.forward_origin is not None:
        return message.forward_origin
    origin: Json = {"date": int(message.date.timestamp())}
    if message.chat.kind == "channel":
        return origin | {"type": "channel", "chat": message.chat.json(), "message_id": message.id}
    if message.by_chat:
        return origin | {"type": "chat", "sender_chat": message.chat.json()}
    assert message.from_ is not None
    return origin | {"type": "user", "sender_user": message.from_.json()}


def _reaction(emoji: str) -> Json:
    return {"type": "emoji", "emoji": emoji}


def _rights(chat: Chat, rights: dict[str, bool] | None) -> dict[str, bool]:
    return all_rights(chat.kind) if rights is None else {"can_manage_chat": True} | rights
