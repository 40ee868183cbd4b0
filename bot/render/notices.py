"""What a person is told without having asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.model import Chat, ChatKind, Notice, NoticeKind, Schedule, Topic, Troubled
from bot.render import doubts, health
from bot.render.article import title
from bot.render.backup import asks_to_resume
from bot.render.callbacks import ShowChannels
from bot.render.keyboards import Menu, keyboard
from bot.render.onboarding import asks_to_approve, barred, cannot_post, mending
from bot.render.outgoing import Outgoing
from bot.render.reasons import obstacle
from bot.render.report import weekly
from bot.render.revisions import report
from bot.render.subscriptions import channel_card, name_of
from bot.render.text import fill, join, plain
from bot.render.words import Words


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so when a notice is told. `schedule`: what Daily would be; the rest is of the chat it is about."""

    schedule: Schedule
    bot_username: str
    uncertain: Sequence[Troubled] = ()
    missed: int = 0


def notice(notice: Notice, words: Words, menu: Menu, facts: Facts) -> Outgoing:
    """The message for this notice; data that is missing is left out."""
    match notice.kind:
        case NoticeKind.CHANNEL_CARD if lacks := _string(notice, "lacks"):
            return cannot_post(_chat(notice), lacks, words, menu, facts.bot_username)
        case NoticeKind.CHANNEL_CARD:
            return channel_card(_chat(notice), words, menu, facts.schedule)
        case NoticeKind.CHAT_BARRED:
            return barred(_chat(notice), _string(notice, "bar"), words)
        case NoticeKind.CHAT_ASKED:
            who = _number(notice, "person_id"), _string(notice, "name")
            return asks_to_approve(_chat(notice), *who, words, menu)
        case NoticeKind.CHAT_SUSPENDED:
            paused = fill(words._("I had to stop sending to {chat}."), chat=name_of(_chat(notice), words).bold())
            kept = words._("All settings are kept.")
            why = obstacle(_string(notice, "reason"), words)
            channels = menu.button(words._("My channels"), ShowChannels())
            mend = mending(_chat(notice).kind, _string(notice, "reason"), words, facts.bot_username)
            buttons = keyboard([mend], [channels])
            return Outgoing(join("\n\n", [paused, join(" ", [why, kept])]), buttons)
        case NoticeKind.CHAT_RESUMED:
            return doubts.resumed(_chat(notice), facts.missed, words, menu)
        case NoticeKind.DELIVERY_UNCERTAIN:
            return doubts.question(_chat(notice), facts.uncertain, words, menu)
        case NoticeKind.FEED_FAILING | NoticeKind.FEED_RECOVERED | NoticeKind.FEED_STOPPED:
            return _feed(notice, words, menu)
        case NoticeKind.FEED_IDS_CHANGED:
            return health.ids_changed(_string(notice, "title"), _string(notice, "url"), words)
        case NoticeKind.STORE_RESTORED:
            age = timedelta(seconds=_number(notice, "age_seconds")) if "age_seconds" in notice.data else None
            return asks_to_resume(age, _number(notice, "pushes"), _number(notice, "articles"), words, menu)
        case NoticeKind.WEEKLY_REPORT:
            return weekly(_chat(notice), notice.data, words, menu)
        case NoticeKind.DELIVERY_REFUSED:
            return _refused(notice, words)
        case NoticeKind.COPIES_CHANGED:
            counts = {name: number for name, number in notice.data.items() if isinstance(number, int)}
            is_withdrawn = bool(notice.data.get("withdrawn"))
            return report(_string(notice, "title"), counts, words, is_withdrawn=is_withdrawn)


def _chat(notice: Notice) -> Chat:
    chat_id = notice.data.get("chat_id")
    title, kind = _string(notice, "title"), ChatKind(_string(notice, "kind") or ChatKind.CHANNEL)
    topic = Topic(_number(notice, "topic_id"), _string(notice, "topic")) if "topic" in notice.data else None
    chat = chat_id if isinstance(chat_id, int) else 0
    return Chat(chat, kind, title, username=None, language="", topic=topic)


def _refused(notice: Notice, words: Words) -> Outgoing:
    """Which article, by the number that /edit and /delete take, or that it was a digest; where; and why."""
    chat = name_of(_chat(notice), words).bold()
    if number := _number(notice, "article_id"):
        said = words._("Telegram refused “{title}” for {chat}. It is article {number}.")
        heading = fill(
            said, title=title(_string(notice, "article_title"), words).bold(), chat=chat, number=plain(str(number))
        )
    else:
        heading = fill(words._("Telegram refused a digest for {chat}."), chat=chat)
    error = plain(_string(notice, "error")).trimmed(300).code()
    return Outgoing(join("\n\n", [heading, fill(words._("It said: {error}"), error=error) if error else ""]))


def _feed(notice: Notice, words: Words, menu: Menu) -> Outgoing:
    feed_id, count = _number(notice, "feed_id"), _number(notice, "count")
    title, url = _string(notice, "title"), _string(notice, "url")
    match notice.kind:
        case NoticeKind.FEED_FAILING if count:
            return health.many_failing(count, words, menu)
        case NoticeKind.FEED_FAILING:
            return health.failing(feed_id, title, url, _string(notice, "error"), words, menu)
        case NoticeKind.FEED_RECOVERED if count:
            return health.many_recovered(count, words, menu)
        case NoticeKind.FEED_RECOVERED:
            return health.recovered(title, url, words, menu)
        case _:
            return health.stopped(feed_id, title, url, words, menu)


def _number(notice: Notice, key: str) -> int:
    value = notice.data.get(key)
    return value if isinstance(value, int) else 0


def _string(notice: Notice, key: str) -> str:
    return str(notice.data.get(key) or "")
