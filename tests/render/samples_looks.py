"""Posts in every look, and the screens where looks are chosen."""

from collections.abc import Iterator
from dataclasses import replace

from bot.model import Look, Mode, Preset
from bot.render import looks
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.post import post
from bot.render.text import Text
from bot.render.words import Words
from tests.render.samples import BOT, CHANNEL, MENU, SUBSCRIPTION, long_article


def screens(words: Words, menu: Menu = MENU) -> Iterator[tuple[str, Outgoing]]:
    """Each of them, in every state that reads differently."""
    for preset in Preset:
        look = Look(preset, "☕ {title}\n\n{text}\n— {author}\n{signature}", share=True, signature="Гавань")
        yield f"{preset} post", post(long_article(), words, bot_username=BOT, look=look)
    for mode in Mode:
        for preset in Preset:
            chosen = Look(preset, looks.EXAMPLE, share=True, signature="Гавань")
            one = replace(SUBSCRIPTION, mode=mode, look=chosen)
            yield f"look {mode} {preset}", looks.look(CHANNEL, one, words, menu)
        yield f"look {mode}", looks.look(CHANNEL, replace(SUBSCRIPTION, mode=mode), words, menu)
    problems: list[Text | str] = [looks.no_placeholder(words, name) for name in ("tagz", "ъ")]
    problems += [looks.nothing_to_fill(words), looks.too_long(words, 2000, 1000), ""]
    for state in (SUBSCRIPTION, replace(SUBSCRIPTION, look=Look(Preset.OWN, "☕ {title}", signature="Гавань"))):
        for problem in problems:
            yield f"ask template {state.look.preset}", looks.ask_template(CHANNEL, state, words, menu, problem)
        for problem in problems[-2:]:
            yield f"ask signature {state.look.preset}", looks.ask_signature(CHANNEL, state, words, menu, problem)
    yield "nothing to preview", looks.nothing_to_preview(words)
    yield "may not preview", looks.may_not_write(words, bot_username=BOT)
