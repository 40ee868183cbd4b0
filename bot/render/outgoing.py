"""A message on its way out: what handlers and delivery send, whatever it shows."""

from dataclasses import dataclass

from bot.render.keyboards import Keyboard, ReplyKeyboard
from bot.render.text import Text

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message. With `photo` (a URL) the text is its caption; `preview_url` is shown large above a text.

    Without a `preview_url` a text is sent with previews off, so that no link of the text grows a card.
    """

    text: Text
    keyboard: Keyboard | None = None
    photo: str | None = None
    preview_url: str | None = None
    reply_keyboard: ReplyKeyboard | None = None  # under the input field, where there is no `keyboard`
