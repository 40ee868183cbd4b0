"""What is said of tags that a chat follows."""

from collections.abc import Sequence

from bot.render.callbacks import ShowSettings
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

_TAG_16 = 64


def followed(tags: Sequence[str], words: Words, menu: Menu) -> Outgoing:
    """From now on they are sent here."""
    first = fill(
        words._("From now on every article tagged {tags} is sent here as soon as it is published."),
        tags=_listed(tags, words),
    )
    end = fill(words._("{command} ends that; /settings shows all that is sent here."), command=_command(tags).code())
    settings = menu.button(words._("Settings"), ShowSettings(menu.chat_id))
    return Outgoing(join("\n\n", [first, end]), keyboard([settings]))


def everything_comes(words: Words) -> Outgoing:
    """Following a tag would add nothing."""
    return Outgoing(
        plain(words._("Every new article is sent here already, with these tags or without: nothing to add."))
    )


def ended(tags: Sequence[str], words: Words) -> Outgoing:
    return Outgoing(fill(words._("Done: {tags} is not followed here any more."), tags=_listed(tags, words)))


def not_followed(tags: Sequence[str], words: Words) -> Outgoing:
    """`tags`: those that were named and of which nothing was to be ended."""
    said = words._("{tags} is not followed here. /settings shows what is sent here and how to end it.")
    return Outgoing(fill(said, tags=_listed(tags, words)))


def no_tag(words: Words) -> Outgoing:
    return Outgoing(plain(words._("That is no tag. Write it after the command: /subscribe tea")))


def _listed(tags: Sequence[str], words: Words) -> Text:
    return plain(words._(" or ").join(f"#{plain(tag).trimmed(_TAG_16)}" for tag in tags))


def _command(tags: Sequence[str]) -> Text:
    return plain("/unsubscribe " + ", ".join(plain(tag).trimmed(_TAG_16).text for tag in tags))
