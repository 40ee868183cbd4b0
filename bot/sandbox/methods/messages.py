"""Sending, forwarding and copying of messages, and what goes with every message sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox import entities, keyboards
from bot.sandbox.limits import CAPTION_MAX, ENTITIES_MAX, RAW_TEXT_MAX_BYTES, TEXT_MAX
from bot.sandbox.methods.ask import chat_of, counted, message_of, readable, replied, topic_of, writable
from bot.sandbox.nouns import Event
from bot.sandbox.people import content_of, origin_of
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Chat, Json, Message

ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}


def text_of(ask: Ask) -> tuple[str, list[Json]]:
    """The text and entities asked for, as they will stand. Raises Refusal."""
    raw: str = ask.params.get("text", "")
    if not raw:
        raise bad_request("message text is empty")
    if len(raw) > RAW_TEXT_MAX_BYTES // 4 and len(raw.encode("utf-8", "replace")) > RAW_TEXT_MAX_BYTES:
        raise bad_request("text is too long")
    text, found = entities.read(raw, parse_mode=ask.params.get("parse_mode"), entities=ask.params.get("entities"))
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > TEXT_MAX // 2 and entities.utf16_len(text) > TEXT_MAX:
        raise bad_request("message is too long")
    return text, found[:ENTITIES_MAX]


def caption_of(params: Json) -> tuple[str | None, list[Json]]:
    """The caption (None when there is none) and its entities. Raises Refusal."""
    if not params.get("caption"):
        return None, []
    text, found = entities.read(
        params["caption"], parse_mode=params.get("parse_mode"), entities=params.get("caption_entities")
    )
    if entities.utf16_len(text) > CAPTION_MAX:
        raise bad_request("message caption is too long")
    return text or None, found[:ENTITIES_MAX]


def frame(ask: Ask, chat: Chat) -> dict[str, Any]:
    """The fields that any sent message has besides its content. Raises Refusal."""
    params = ask.params
    fields: dict[str, Any] = {"method": ask.method}
    if "message_thread_id" in params:
        fields["topic"] = topic_of(ask, chat)
    if "reply_parameters" in params:
        fields["reply_to"] = replied(ask, chat)
        if fields["reply_to"] is not None and fields.get("topic") is None:
            fields["topic"] = fields["reply_to"].topic
    if "reply_markup" in params:
        fields["reply_markup"], fields["keyboard"] = keyboards.split(params["reply_markup"], chat)
    extra: Json = {}
    if params.get("link_preview_options"):
        extra["link_preview_options"] = params["link_preview_options"]
    if params.get("show_caption_above_media"):
        extra["show_caption_above_media"] = True
    if params.get("protect_content"):
        extra["has_protected_content"] = True
    if extra:
        fields["extra"] = extra
    return fields


def send_message(ask: Ask) -> Json:
    text, found = text_of(ask)
    chat = chat_of(ask)
    writable(ask, chat)
    fields = frame(ask, chat)
    counted(ask, chat)
    return sent(ask, chat, text=text, entities=found, **fields)


def sent(ask: Ask, chat: Chat, **fields: Any) -> Json:  # noqa: ANN401
    """Posts the message and gives its JSON."""
    message = ask.telegram.post(chat, ask.bot, **fields)
    ask.telegram.announce(message)
    return message.json()


def send_chat_action(ask: Ask) -> bool:
    chat = chat_of(ask)
    if ask.params["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    writable(ask, chat)
    if chat.kind != "channel":  # nobody sees them there
        ask.telegram.emit(
            Event(
                "action",
                chat.id,
                bot_id=ask.bot.id,
                data={"action": ask.params["action"], "topic": topic_of(ask, chat)},
            )
        )
    return True


def _original(ask: Ask, verb: str) -> Message:
    origin = chat_of(ask, "from_chat_id")
    readable(ask, origin, public=True)
    message = message_of(ask, origin, f"message to {verb} not found")
    if message.service or message.extra.get("has_protected_content"):
        raise bad_request(f"the message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return message


def forward_message(ask: Ask) -> Json:
    chat = chat_of(ask)
    writable(ask, chat)
    original = _original(ask, "forward")
    fields = frame(ask, chat)
    counted(ask, chat)
    return sent(ask, chat, forward_origin=origin_of(original), **content_of(original), **fields)


def copy_message(ask: Ask) -> Json:
    chat = chat_of(ask)
    writable(ask, chat)
    original = _original(ask, "copy")
    content = content_of(original)
    if "caption" in ask.params and original.media is not None:
        content["caption"], content["entities"] = caption_of(ask.params)
    fields = frame(ask, chat)
    counted(ask, chat)
    return {"message_id": sent(ask, chat, **content, **fields)["message_id"]}


METHODS: dict[str, Handler] = {
    "sendMessage": send_message,
    "sendChatAction": send_chat_action,
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
}
