"""One Bot API call on its way: who asks, with which parameters, and the checks that many methods share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.sandbox.refusal import Refusal, bad_request, forbidden

if TYPE_CHECKING:
    from bot.sandbox.nouns import Bot, Call, Chat, Json, Message
    from bot.sandbox.world import Telegram


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came as multipart/form-data."""

    name: str
    data: bytes
    mime: str | None


@dataclass(slots=True)
class Ask:
    telegram: Telegram
    bot: Bot
    method: str
    params: Json
    uploads: dict[str, Upload]
    call: Call

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        return self.params.get(name, default)


Handler: TypeAlias = Callable[[Ask], Any | Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    handle: Handler
    waits: bool  # is a coroutine function


def chat_of(ask: Ask, name: str = "chat_id") -> Chat:
    """The chat that a parameter names. Raises Refusal."""
    chat = ask.telegram.find_chat(ask.bot, ask.params.get(name, ""))
    if chat is None:
        raise bad_request("chat not found")
    return chat


def readable(ask: Ask, chat: Chat, *, public: bool = False) -> None:
    """Refuses when the bot is not there (any more). `public`: what anyone may see of a public chat is asked for."""
    if chat.kind == "private":
        assert chat.person is not None
        if chat.person.deactivated:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return
    if chat.migrated_to is not None:
        raise Refusal(
            400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to
        )
    if chat.deleted:
        raise forbidden("the group chat was deleted")
    match chat.member(ask.bot).status:
        case "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        case "left" if not (public and chat.username):
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        case _:
            pass


def writable(ask: Ask, chat: Chat, what: str = "text messages") -> None:
    """Refuses when the bot may not send here."""
    readable(ask, chat)
    if chat.kind == "private":
        return
    member = chat.member(ask.bot)
    if chat.kind == "channel" and not member.can("can_post_messages"):
        raise bad_request("need administrator rights in the channel chat")
    if chat.silenced and member.status == "member":
        raise bad_request(f"not enough rights to send {what} to the chat")


def topic_of(ask: Ask, chat: Chat) -> int | None:
    """The open topic that is meant, None for the whole chat or General."""
    number: int | None = ask.params.get("message_thread_id")
    if not number or not (chat.forum or chat.kind == "private"):
        return None  # Telegram ignores it where there are no topics
    topic = chat.topics.get(number)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed and not chat.member(ask.bot).can("can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return number


def replied(ask: Ask, chat: Chat) -> Message | None:
    """The message that is answered. Raises Refusal, unless sending without it is allowed."""
    wanted = ask.params.get("reply_parameters")
    if not wanted:
        return None
    message = chat.messages.get(wanted.get("message_id", 0))
    if message is None and not wanted.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return message


def counted(ask: Ask, chat: Chat, messages: int = 1) -> None:
    """Flood control: counts what is about to be sent, or refuses with retry_after."""
    telegram = ask.telegram
    if not telegram.flood.enabled:
        return
    paid = bool(ask.params.get("allow_paid_broadcast"))
    wait = telegram.flood.retry_after(ask.bot.id, chat.id, telegram.clock(), messages=messages, paid=paid)
    if wait:
        raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


def message_of(ask: Ask, chat: Chat, missing: str, name: str = "message_id") -> Message:
    """The message that a parameter names, or a refusal with these words."""
    message = chat.messages.get(ask.params.get(name, 0))
    if message is None:
        raise bad_request(missing)
    return message
