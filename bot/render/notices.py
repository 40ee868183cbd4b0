"""What a person is told without having asked."""

from datetime import timedelta

from bot.model import Chat, ChatKind, Notice, NoticeKind, Schedule
from bot.render.backup import asks_to_resume
from bot.render.callbacks import ShowChannels, ShowFeeds
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.reasons import fetching, obstacle
from bot.render.revisions import report
from bot.render.subscriptions import channel_card, name_of
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words


def notice(notice: Notice, words: Words, menu: Menu, schedule: Schedule) -> Outgoing:
    """The message for this notice; data that is missing is left out. `schedule`: what Daily would be."""
    channels = keyboard([menu.button(words._("My channels"), ShowChannels())])
    match notice.kind:
        case NoticeKind.CHANNEL_CARD:
            return channel_card(_chat(notice), words, menu, schedule)
        case NoticeKind.CHAT_SUSPENDED:
            paused = fill(words._("I had to stop sending to {chat}."), chat=name_of(_chat(notice), words).bold())
            kept = words._("All settings are kept.")
            why = obstacle(_string(notice, "reason"), words)
            return Outgoing(join("\n\n", [paused, join(" ", [why, kept])]), channels)
        case NoticeKind.CHAT_RESUMED:
            goes_on = words._("I can send to {chat} again, and go on with what had waited.")
            return Outgoing(fill(goes_on, chat=name_of(_chat(notice), words).bold()), channels)
        case NoticeKind.FEED_FAILING:
            failing = fill(words._("The feed {feed} cannot be read."), feed=_name(notice, words))
            why = fetching(_string(notice, "error"), words)
            again = words._("I keep trying, less and less often.")
            button = menu.button(words._("All feeds"), ShowFeeds())
            return Outgoing(join("\n\n", [failing, join(" ", [why, again])]), keyboard([button]))
        case NoticeKind.STORE_RESTORED:
            age = timedelta(seconds=_number(notice, "age_seconds")) if "age_seconds" in notice.data else None
            return asks_to_resume(age, _number(notice, "pushes"), _number(notice, "articles"), words, menu)
        case NoticeKind.DELIVERY_REFUSED:
            refused = fill(words._("Telegram refused a message for {chat}."), chat=name_of(_chat(notice), words).bold())
            said = plain(_string(notice, "error")).trimmed(300).code()
            reason = fill(words._("It said: {error}"), error=said) if said else ""
            return Outgoing(join("\n\n", [refused, reason]))
        case NoticeKind.COPIES_CHANGED:
            counts = {name: number for name, number in notice.data.items() if isinstance(number, int)}
            is_withdrawn = bool(notice.data.get("withdrawn"))
            return report(_string(notice, "title"), counts, words, is_withdrawn=is_withdrawn)


def _chat(notice: Notice) -> Chat:
    chat_id = notice.data.get("chat_id")
    title = _string(notice, "title")
    return Chat(chat_id if isinstance(chat_id, int) else 0, ChatKind.CHANNEL, title, username=None, language="")


def _name(notice: Notice, words: Words) -> Text:
    title = " ".join(_string(notice, "title").split())
    return plain(title or words._("without a name")).trimmed(128).bold()


def _number(notice: Notice, key: str) -> int:
    value = notice.data.get(key)
    return value if isinstance(value, int) else 0


def _string(notice: Notice, key: str) -> str:
    return str(notice.data.get(key) or "")
