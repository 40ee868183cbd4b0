"""Deleting and pinning of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.limits import DELETE_WITHIN_SECONDS
from bot.sandbox.methods.ask import chat_of, message_of, readable
from bot.sandbox.nouns import Event
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Chat, Message


def delete_message(ask: Ask) -> bool:
    chat = chat_of(ask)
    readable(ask, chat)
    message = message_of(ask, chat, "message to delete not found")
    _deletable(ask, chat, message)
    ask.telegram.delete(chat, message.id, method=ask.method)
    return True


def delete_messages(ask: Ask) -> bool:
    """Those that cannot be deleted are skipped, as the documentation says."""
    chat = chat_of(ask)
    readable(ask, chat)
    numbers: list[int] = ask.params["message_ids"]
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > 100:
        raise bad_request("too many message identifiers specified")
    messages = [chat.messages[number] for number in dict.fromkeys(numbers) if number in chat.messages]
    for message in messages:
        _deletable(ask, chat, message)
    for message in messages:
        ask.telegram.delete(chat, message.id, method=ask.method)
    return True


def _deletable(ask: Ask, chat: Chat, message: Message) -> None:
    member = chat.member(ask.bot)
    if chat.own_sequence and member.can("can_delete_messages"):
        return  # of any age
    own = message.from_ is ask.bot and (chat.kind != "channel" or member.can("can_post_messages"))
    allowed = own or chat.kind == "private" or member.can("can_delete_messages")
    if not allowed:
        raise bad_request("message can't be deleted")
    if (ask.telegram.clock() - message.date).total_seconds() > DELETE_WITHIN_SECONDS:
        raise bad_request("message can't be deleted for everyone")


def _pin_place(ask: Ask) -> Chat:
    chat = chat_of(ask)
    readable(ask, chat)
    right = "can_edit_messages" if chat.kind == "channel" else "can_pin_messages"
    if chat.kind != "private" and not chat.member(ask.bot).can(right):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


def pin_chat_message(ask: Ask) -> bool:
    chat = _pin_place(ask)
    message = message_of(ask, chat, "message to pin not found")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
        ask.telegram.emit(Event("pin", chat.id, message.id))
    return True


def unpin_chat_message(ask: Ask) -> bool:
    chat = _pin_place(ask)
    number = ask.params.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    ask.telegram.emit(Event("pin", chat.id, number))
    return True


def unpin_all_chat_messages(ask: Ask) -> bool:
    chat = _pin_place(ask)
    chat.pinned.clear()
    ask.telegram.emit(Event("pin", chat.id))
    return True


METHODS: dict[str, Handler] = {
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "unpinAllChatMessages": unpin_all_chat_messages,
}
