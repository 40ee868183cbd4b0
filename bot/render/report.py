"""The weekly report of a chat: posts, reads, reactions and the best hour, as text with bars."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from bot.model import Chat
from bot.render.callbacks import SetReport, ShowLedger
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.subscriptions import name_of
from bot.render.text import fill, join
from bot.render.words import Words

LEVELS = "▁▂▃▄▅▆▇█"


def weekly(chat: Chat, data: Mapping[str, Any], words: Words, menu: Menu) -> Outgoing:
    """`data`: as store.reports makes it; what is missing is left out."""
    posts, reads, span = data.get("posts", ()), data.get("reads", ()), ""
    if "first" in data:
        first = date.fromisoformat(data["first"])
        span = f"{words.date(first)} – {words.date(first + timedelta(days=6))}"
    lines = [
        f"{bars(posts)} {words.n('{count} post', '{count} posts', sum(posts))}",
        f"{bars(reads)} {words.n('{count} read', '{count} reads', sum(reads))}",
        words.n("{count} reaction", "{count} reactions", data.get("reactions", 0)),
    ]
    hour = data.get("best_hour")
    if hour is not None:
        lines.append(
            words._(
                "Most is read between {begin} and {end} ({zone}).",
                begin=words.clock(time(hour)),
                end=words.clock(time((hour + 1) % 24)),
                zone=words.zone_name(data["timezone"]),
            )
        )
    what = words._("From Monday to Sunday; reads are those of the articles posted here that week.")
    heading = join("\n", [fill(words._("The week in {chat}"), chat=name_of(chat, words)).bold(), span])
    return Outgoing(
        join("\n\n", [heading, join("\n", lines), what]),
        keyboard(
            [
                menu.button(words._("Ledger"), ShowLedger(chat.id)),
                menu.button(words._("No weekly report"), SetReport(chat.id, wanted=False)),
            ]
        ),
    )


def decided(chat: Chat, words: Words, menu: Menu, *, wanted: bool) -> Outgoing:
    """After a tap that turned it on or off."""
    if wanted:
        said = words._("On Mondays I tell who connected {chat} how its week was.")
        button = menu.button(words._("No weekly report"), SetReport(chat.id, wanted=False))
    else:
        said = words._("No weekly report of {chat} is sent any more.")
        button = menu.button(words._("Weekly report again"), SetReport(chat.id, wanted=True))
    return Outgoing(
        fill(said, chat=name_of(chat, words).bold()),
        keyboard([button, menu.button(words._("Ledger"), ShowLedger(chat.id))]),
    )


def bars(counts: Sequence[int]) -> str:
    """One character each, as high as its part of the highest; the lowest one is nothing, or next to it."""
    highest = max(counts, default=0)
    return "".join(LEVELS[-(-count * (len(LEVELS) - 1) // highest) if highest else 0] for count in counts)
