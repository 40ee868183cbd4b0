"""How a feed is; what a maintainer is told of one that fails, is back, or has ended, and what can be done with it."""

from datetime import datetime, timedelta

from bot.filters import site
from bot.model import Feed
from bot.render.callbacks import CheckFeed, PauseFeed, ShowFeeds
from bot.render.keyboards import Keyboard, Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.reasons import fetching
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

_TITLE_16 = 128


def health(feed: Feed, words: Words, now: datetime) -> Text:
    """Fine, failing and why, paused; and when it is read next."""
    if feed.paused:
        return join(". ", [words._("Paused"), fetching(feed.last_error, words) if feed.failures else ""])
    ahead = words._("Next reading {time}", time=words.ahead(feed.next_check_at, now))
    if feed.next_check_at <= now:
        ahead = words._("Next reading at once")
    return join("\n", [_last(feed, words, now), ahead])


def _last(feed: Feed, words: Words, now: datetime) -> str:
    if feed.failures:
        age = now - (feed.failing_since or now)
        long = words._("Failing for {time}.", time=words.ago(age)) if age >= timedelta(minutes=1) else ""
        tries = words.n("Failed {count} time in a row.", "Failed {count} times in a row.", feed.failures)
        return " ".join(part for part in ("⚠️", long, tries, fetching(feed.last_error, words)) if part)
    if feed.polled_at is None:
        return words._("Not read yet")
    return words._("Fine, read {ago}", ago=words.when(feed.polled_at, now))


def failing(feed_id: int, title: str, url: str, error: str, words: Words, menu: Menu) -> Outgoing:
    """It has failed for a day. `error`: Feed.last_error."""
    what = fill(words._("I have not been able to read the feed {feed} for a day."), feed=name(title, url, words))
    again = words._("I keep trying, less and less often.")
    return Outgoing(join("\n\n", [what, join(" ", [fetching(error, words), again])]), buttons(feed_id, words, menu))


def many_failing(count: int, words: Words, menu: Menu) -> Outgoing:
    """So many have failed for a day together."""
    what = words.n(
        "I have not been able to read {count} feed for a day.",
        "I have not been able to read {count} feeds for a day.",
        count,
    )
    again = words._("Is the network of the machine where I run all right? I keep trying, less and less often.")
    return Outgoing(join("\n\n", [plain(what), again]), _every(words, menu))


def recovered(title: str, url: str, words: Words, menu: Menu) -> Outgoing:
    """It is back, after they were told that it failed."""
    what = fill(words._("The feed {feed} can be read again."), feed=name(title, url, words))
    return Outgoing(what, _every(words, menu))


def many_recovered(count: int, words: Words, menu: Menu) -> Outgoing:
    """So many are back together."""
    what = words.n("{count} feed can be read again.", "{count} feeds can be read again.", count)
    return Outgoing(plain(what), _every(words, menu))


def stopped(feed_id: int, title: str, url: str, words: Words, menu: Menu) -> Outgoing:
    """Its server says that it is gone for good."""
    what = fill(words._("The feed {feed} is gone for good, says its site."), feed=name(title, url, words))
    kept = words._("I have paused it. Its articles stay.")
    return Outgoing(join("\n\n", [what, kept]), buttons(feed_id, words, menu, is_paused=True))


def buttons(feed_id: int, words: Words, menu: Menu, *, is_paused: bool = False) -> Keyboard | None:
    """What can be done with a feed."""
    turn = words._("Resume") if is_paused else words._("Pause")
    check = menu.button(words._("Check now"), CheckFeed(feed_id))
    return keyboard(
        [check, menu.button(turn, PauseFeed(feed_id, pause=not is_paused))],
        [menu.button(words._("All feeds"), ShowFeeds())],
    )


def ids_changed(title: str, url: str, words: Words) -> Outgoing:
    """A feed gave all that it holds other ids, of which nobody but its maintainer can tell whether that was meant."""
    changed = fill(words._("The feed {feed} has given its articles other ids."), feed=name(title, url, words))
    now_by = words._("I know them by address and text instead: what was posted is not posted again.")
    return Outgoing(join("\n\n", [changed, now_by]))


def _every(words: Words, menu: Menu) -> Keyboard | None:
    return keyboard([menu.button(words._("All feeds"), ShowFeeds())])


def name(title: str, url: str, words: Words) -> Text:
    """The feed's title, else its site's name."""
    return plain(" ".join(title.split()) or site(url) or words._("without a name")).trimmed(_TITLE_16).bold()
