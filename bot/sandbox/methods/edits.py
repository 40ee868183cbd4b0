"""Editing of text, caption, media and buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox import keyboards
from bot.sandbox.methods.ask import chat_of, message_of, readable
from bot.sandbox.methods.media import media_of
from bot.sandbox.methods.messages import caption_of, text_of
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Json, Message

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def _target(ask: Ask) -> Message:
    if ask.params.get("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")  # inline messages stand in chats that the sandbox does not have
    if "chat_id" not in ask.params and "message_id" not in ask.params:
        raise bad_request("message identifier is not specified")
    if "chat_id" not in ask.params:
        raise bad_request("chat_id is empty")
    chat = chat_of(ask)
    readable(ask, chat)
    message = message_of(ask, chat, "message to edit not found")
    own = message.from_ is ask.bot and (chat.kind != "channel" or chat.member(ask.bot).can("can_post_messages"))
    by_right = chat.kind == "channel" and chat.member(ask.bot).can("can_edit_messages")
    if not (own or by_right) or message.service or message.forward_origin is not None or message.keyboard is not None:
        raise bad_request("message can't be edited")
    return message


def _change(ask: Ask, message: Message, *, mark: bool = True, **new: Any) -> Json:  # noqa: ANN401
    """Puts the new content in, or refuses when nothing would change."""
    if "link_preview_options" in ask.params:
        new["extra"] = message.extra | {"link_preview_options": ask.params["link_preview_options"]}
    if all(getattr(message, name) == value for name, value in new.items()):
        raise bad_request(NOT_MODIFIED)
    for name, value in new.items():
        setattr(message, name, value)
    ask.telegram.edited(message, method=ask.method, mark=mark)
    return message.json()


def _buttons(ask: Ask, message: Message) -> Json | None:
    markup = keyboards.inline(ask.params.get("reply_markup"))
    if markup is not None and message.media_group_id is not None:
        raise bad_request("message can't be edited")
    return markup


def edit_message_text(ask: Ask) -> Json:
    text, entities = text_of(ask)
    message = _target(ask)
    if message.text is None:
        raise bad_request("there is no text in the message to edit")
    return _change(ask, message, text=text, entities=entities, reply_markup=_buttons(ask, message))


def edit_message_caption(ask: Ask) -> Json:
    message = _target(ask)
    caption, entities = caption_of(ask.params)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _change(ask, message, caption=caption, entities=entities, reply_markup=_buttons(ask, message))


async def edit_message_media(ask: Ask) -> Json:
    message = _target(ask)
    item: Json = ask.params["media"]
    caption, entities = caption_of(item)
    buttons = _buttons(ask, message)
    media = await media_of(ask, item["type"], item["media"], item["media"])
    message.extra.pop("link_preview_options", None)  # a text's, which it was
    return _change(ask, message, text=None, media=media, caption=caption, entities=entities, reply_markup=buttons)


def edit_message_reply_markup(ask: Ask) -> Json:
    message = _target(ask)
    return _change(ask, message, mark=False, reply_markup=_buttons(ask, message))


METHODS: dict[str, Handler] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
}
