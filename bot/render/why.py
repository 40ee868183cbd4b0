"""/why: which subscription brought a post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.filters import Verdict
from bot.model import Article, Chat, Delivery, Subscription
from bot.render.callbacks import ShowSubscription
from bot.render.conditions import because
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.settings import summary, title_of
from bot.render.subscriptions import name_of
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

_TITLE_16 = 80
_SHOWN = 10  # articles of a subscription
_BROUGHT_16 = 3500


@dataclass(frozen=True, slots=True)
class Brought:
    """What one subscription brought with a post. `subscription` None: it has been removed since.

    Each article with what the filter says of it as it is now; None where there is no subscription to ask.
    """

    subscription: Subscription | None
    items: Sequence[tuple[Article, Verdict | None]]


def explained(
    chat: Chat, delivery: Delivery, brought: Sequence[Brought], words: Words, menu: Menu, *, now: datetime
) -> Outgoing:
    """Chat, subscription, the condition that let it pass, when it was planned and sent."""
    moments = [fill(words._("Planned: {when}"), when=words.when(delivery.created_at, now))]
    if delivery.ended_at is not None:
        moments.append(fill(words._("Sent: {when}"), when=words.when(delivery.ended_at, now)))
    parts: list[Text | str] = [
        fill(words._("I posted this in {chat}."), chat=name_of(chat, words).bold()),
        join("\n\n", [_part(each, words) for each in brought]).trimmed(_BROUGHT_16),
        join("\n", moments),
    ]
    still = [each.subscription for each in brought if each.subscription is not None]
    return Outgoing(
        join("\n\n", parts),
        keyboard(*([menu.button(title_of(one, words), ShowSubscription(one.id))] for one in still)),
    )


def not_ours(words: Words) -> Outgoing:
    said = words._("I did not post this, or it was more than 90 days ago: I know of no subscription that brought it.")
    return Outgoing(plain(said))


def how_to(words: Words) -> Outgoing:
    said = words._("Forward a post of a channel to me and reply to it with /why: I say which subscription brought it.")
    return Outgoing(plain(said))


def untraceable(words: Words) -> Outgoing:
    """Telegram names only channels with the number of the post."""
    said = words._(
        "Telegram does not tell me which post this was: only posts of channels can be traced when forwarded."
    )
    return Outgoing(plain(said))


def _part(each: Brought, words: Words) -> Text:
    if each.subscription is None:
        said: Text = plain(words._("The subscription that brought it has been removed since."))
    else:
        name = plain(title_of(each.subscription, words)).bold()
        said = fill(words._("{subscription}: {summary}"), subscription=name, summary=summary(each.subscription, words))
    lines = [
        join(": ", [_title(article, words), "" if verdict is None else because(verdict, words).italic()])
        for article, verdict in each.items[:_SHOWN]
    ]
    changed = any(verdict is not None and not verdict.passes for _, verdict in each.items)
    note = words._("The filter or the article has changed since: it would not pass now.") if changed else ""
    return join("\n", [said, bullets(lines), note])


def _title(article: Article, words: Words) -> Text:
    return plain(" ".join(article.title.split()) or words._("Untitled")).trimmed(_TITLE_16)
