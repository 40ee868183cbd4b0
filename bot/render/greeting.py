"""/start, /help, /language, /cancel, and the answers of one sentence."""

from collections.abc import Sequence

from bot.render.callbacks import ChooseLanguage, ListKind, ListRef, ShowChannels, ShowList, ShowSubscribe
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import NATIVE_NAMES, Words

_NAME_16 = 64


def start(words: Words, menu: Menu, *, name: str = "", new_owner: bool = False) -> Outgoing:
    """The welcome; with `new_owner` what the owner does first."""
    person = plain(" ".join(name.split())).trimmed(_NAME_16)
    hello = fill(words._("Hello, {name}!"), name=person) if person else plain(words._("Hello!"))
    parts: list[Text | str] = [
        hello.bold(),
        words._("I bring you articles to read right here: the newest, the most read, or whatever you look for."),
        words._("Simply write some words to search for them. /help shows all that I can do."),
    ]
    if new_owner:
        parts += _first_steps(words)
    return Outgoing(
        join("\n\n", parts),
        keyboard(
            [
                menu.button(words._("Latest articles"), ShowList(ListRef(ListKind.LATEST))),
                menu.button(words._("Most read"), ShowList(ListRef(ListKind.TOP))),
            ],
            [
                menu.button(words._("Get new articles"), ShowSubscribe()),
                menu.button(words._("My channels"), ShowChannels()),
            ],
        ),
    )


def _first_steps(words: Words) -> list[Text]:
    steps = [
        words._("/feeds add ADDRESS follows a feed"),
        words._("/add with a text or a link publishes an article"),
        words._("/channels brings what is new into your channels"),
    ]
    return [plain(words._("You are the owner of this bot now. 🗝 Three ways to begin:")), bullets(steps)]


def help_(words: Words, commands: Sequence[tuple[str, str]], *, inline_name: str = "", files: bool = False) -> Outgoing:
    """/help from (command, description) as in the COMMANDS table, descriptions not yet translated (marked with N_).

    `inline_name`: the bot's username, where inline mode is on; `files`: the person may send documents to import.
    """
    lines = [f"/{command} – {words._(description)}" for command, description in commands]
    hints = [words._("In our private chat you can also simply write what you are looking for.")]
    if inline_name:
        hints.append(
            words._(
                "In any chat, write {name} and some words: choose an article to send it there.", name=f"@{inline_name}"
            )
        )
    if files:
        hints.append(words._("Send me a document to import it: feeds (OPML), WordPress, Markdown, JSON Lines, a zip."))
    return Outgoing(join("\n\n", [plain(words._("What I can do")).bold(), join("\n", lines), *hints]))


def language(words: Words, menu: Menu, *, current: str) -> Outgoing:
    """The choice of languages, the current one marked."""
    buttons = [
        menu.button(f"✓ {name}" if code == current else name, ChooseLanguage(code))
        for code, name in NATIVE_NAMES.items()
    ]
    rows = [buttons[i : i + 2] for i in range(0, len(buttons), 2)]
    question = words._("Which language shall I speak? Articles stay in the language they were written in.")
    return Outgoing(plain(question), keyboard(*rows))


def cancelled(words: Words, *, something: bool) -> Outgoing:
    """/cancel: `something`: whether there was anything to cancel."""
    return say(words._("Discarded. Nothing was published.") if something else words._("There is nothing to cancel."))


def expired(words: Words) -> str:
    """The menu is from another version, chat or person; the link has been used or is too old."""
    return words._("This menu has expired. Please send the command again.")


def only_maintainers(words: Words) -> str:
    return words._("Only maintainers of this bot can do that.")


def only_owners(words: Words) -> str:
    return words._("Only owners of this bot can do that.")


def only_admins(words: Words) -> str:
    return words._("Only admins of the channel or group can do that.")


def article_gone(words: Words) -> str:
    return words._("This article is no longer here. /latest shows what is.")


def went_wrong(words: Words) -> str:
    """An error of ours that the person should hear of."""
    return words._("Sorry, that went wrong on my side. Please try again in a moment.")


def say(sentence: str) -> Outgoing:
    """A sentence as a message."""
    return Outgoing(plain(sentence).strip().trimmed(4000))
