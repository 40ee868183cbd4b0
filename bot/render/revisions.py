"""/edit and /delete: what a correction will look like, what became of it, and of the copies that were posted."""

from collections.abc import Mapping

from bot.model import Article, Effect
from bot.render.article import title
from bot.render.callbacks import DecideEdit, ListRef, OpenArticle, WithdrawArticle
from bot.render.keyboards import Menu, keyboard, link_button
from bot.render.outgoing import CAPTION_LIMIT, Outgoing
from bot.render.post import buttons, post, text_of
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words


def withdrawn(words: Words) -> Outgoing:
    """What stands in place of a copy that cannot be deleted."""
    return Outgoing(plain(words._("This article has been withdrawn.")).italic())


def how_to_edit(words: Words, number: int | None = None) -> Outgoing:
    """`number`: of the article that is to be edited, where it is known."""
    shown = str(number) if number is not None else words._("NUMBER")
    ways: list[Text | str] = [
        fill(words._("{command} and the new text: its first line is the title"), command=_command("edit", shown)),
        fill(words._("{command} as a reply to a message that holds the new text"), command=_command("edit", shown)),
        words._("/edit and the new text as a reply to the opened article"),
    ]
    end = words._("A title alone leaves the text as it is. You see it first as it will be, and decide then.")
    return Outgoing(join("\n\n", [plain(words._("Correct an article")).bold(), bullets(ways), end]))


def how_to_delete(words: Words) -> Outgoing:
    ways: list[Text | str] = [
        fill(words._("{command} with the article’s number"), command=_command("delete", words._("NUMBER"))),
        words._("/delete as a reply to the opened article, or the button Delete below it"),
    ]
    return Outgoing(join("\n\n", [plain(words._("Withdraw an article")).bold(), bullets(ways)]))


def preview(article: Article, draft: Article, words: Words, menu: Menu, *, bot_username: str) -> Outgoing:
    """The post as it will be, with Apply and Discard below."""
    shown = post(draft, words, bot_username=bot_username)
    decision = [
        menu.button(words._("Apply"), DecideEdit(article.id, draft.id, apply=True)),
        menu.button(words._("Discard"), DecideEdit(article.id, draft.id, apply=False)),
    ]
    return Outgoing(shown.text, keyboard([link_button(words._("Original"), draft.url)], decision), photo=shown.photo)


def applied(article: Article, copies: int, words: Words, *, bot_username: str) -> Outgoing:
    """The preview after Apply. `copies`: in how many posts and digests it stands."""
    said = plain(" ".join([words._("Changed."), _follows(copies, words)])).italic()
    text = text_of(article, words, bot_username, CAPTION_LIMIT - said.len16 - 2)
    return Outgoing(join("\n\n", [text, said]), keyboard(*buttons(article, words, bot_username)))


def discarded(article: Article, words: Words) -> Outgoing:
    said = plain(words._("Discarded. The article stays as it is.")).italic()
    return Outgoing(join("\n\n", [title(article.title, words).bold(), said]))


def ask_withdraw(article: Article, copies: int, words: Words, menu: Menu) -> Outgoing:
    question = fill(words._("Withdraw “{title}”, for ever?"), title=title(article.title, words).bold())
    gone = words._("Nobody finds it any more.")
    follows = words.n(
        "It was posted {count} time: that is deleted, or edited where Telegram does not allow it.",
        "It was posted {count} times: each is deleted, or edited where Telegram does not allow it.",
        copies,
    )
    yes = menu.button(words._("Yes, withdraw it"), WithdrawArticle(article.id, sure=True))
    no = menu.button(words._("No, keep it"), OpenArticle(ListRef(), article.id))
    return Outgoing(join("\n\n", [question, join(" ", [gone, follows if copies else ""])]), keyboard([yes], [no]))


def now_withdrawn(article: Article, copies: int, words: Words) -> Outgoing:
    """After Yes."""
    said = plain(" ".join([words._("Withdrawn."), _follows(copies, words)])).italic()
    return Outgoing(join("\n\n", [title(article.title, words).bold(), said]))


def no_such(words: Words) -> Outgoing:
    return Outgoing(plain(words._("There is no published article with that number.")))


def report(article_title: str, counts: Mapping[str, int], words: Words, *, is_withdrawn: bool) -> Outgoing:
    """What became of the copies, when all are through. `counts`: destinations by effect, and "waiting"."""
    heading = words._("Withdrawn: {title}") if is_withdrawn else words._("Changed: {title}")
    return Outgoing(
        join(
            "\n\n",
            [fill(heading, title=title(article_title, words).bold()), bullets(effects(counts, words))],
        )
    )


def effects(counts: Mapping[str, int], words: Words) -> list[str]:
    """A line for each kind of effect that there was."""
    many = {effect: counts.get(effect, 0) for effect in (*Effect, "waiting")}
    lines = {
        Effect.DELETED: words.n("{count} copy deleted", "{count} copies deleted", many[Effect.DELETED]),
        Effect.CHANGED: words.n("{count} copy edited", "{count} copies edited", many[Effect.CHANGED]),
        Effect.UNCHANGED: words.n(
            "{count} copy was as it should be", "{count} copies were as they should be", many[Effect.UNCHANGED]
        ),
        Effect.LOST: words.n(
            "{count} copy was no longer there", "{count} copies were no longer there", many[Effect.LOST]
        ),
        Effect.IMPOSSIBLE: words.n(
            "⚠️ {count} copy could not be changed, or not all of it",
            "⚠️ {count} copies could not be changed, or not all of them",
            many[Effect.IMPOSSIBLE],
        ),
        "waiting": words.n(
            "{count} copy waits until its chat can be reached again",
            "{count} copies wait until their chats can be reached again",
            many["waiting"],
        ),
    }
    return [line for effect, line in lines.items() if many[effect]]


def _follows(copies: int, words: Words) -> str:
    if not copies:
        return words._("It was not posted anywhere.")
    return words.n(
        "The copy that was posted follows now; I tell you when that is done.",
        "The {count} copies that were posted follow now; I tell you when that is done.",
        copies,
    )


def _command(name: str, number: str) -> Text:
    return plain(f"/{name} {number}").code()
