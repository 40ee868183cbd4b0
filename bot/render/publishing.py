"""/add: how to, the preview, what became of it."""

from bot.model import Article
from bot.render.article import title
from bot.render.callbacks import (
    DraftChoice,
    DraftDecision,
    DraftPart,
    FindFeeds,
    LeaveDraft,
    ListRef,
    MendDraft,
    OpenArticle,
)
from bot.render.keyboards import Menu, keyboard, link_button
from bot.render.links import text_url
from bot.render.outgoing import CAPTION_LIMIT, Outgoing
from bot.render.post import buttons, post, text_of
from bot.render.reasons import fetching
from bot.render.text import bullets, fill, join, plain
from bot.render.words import Words

_SHOWN_16 = 1000


def how_to_add(words: Words) -> Outgoing:
    ways = [
        words._("/add and your text: its first line becomes the title"),
        words._("/add and a link: I read the page; of a feed, I offer to follow it"),
        words._("/add as a reply to a message, a forwarded one too"),
    ]
    end = words._("You see it first as it will be posted, and decide then.")
    return Outgoing(join("\n\n", [plain(words._("Add an article")).bold(), bullets(ways), end]))


def preview(draft: Article, words: Words, menu: Menu, *, bot_username: str, query_id: int | None = None) -> Outgoing:
    """The post as it will be: below it Publish, Discard, and what can be mended. `query_id`: of a page with feeds."""
    shown = post(draft, words, bot_username=bot_username)
    decision = [
        menu.button(words._("Publish"), DraftDecision(draft.id, DraftChoice.PUBLISH)),
        menu.button(words._("Discard"), DraftDecision(draft.id, DraftChoice.DISCARD)),
    ]
    mending = [
        menu.button(words._("Change title"), MendDraft(draft.id, DraftPart.TITLE)),
        menu.button(words._("Change summary"), MendDraft(draft.id, DraftPart.SUMMARY)),
    ]
    original = link_button(words._("Original"), draft.url)  # Read here comes with publishing: nobody opens a draft
    feeds = menu.button(words._("Follow its feed…"), FindFeeds(query_id)) if query_id is not None else None
    return Outgoing(shown.text, keyboard([original, feeds], mending, decision), photo=shown.photo)


def ask_for(draft: Article, part: DraftPart, words: Words, menu: Menu) -> Outgoing:
    """What a maintainer replies to with another title or summary."""
    if part is DraftPart.TITLE:
        question = words._("Reply to this message with the new title. At present it is:")
        shown = title(draft.title, words)
    else:
        question = words._(
            "Reply to this message with the new summary, which stands below the title. At present it is:"
        )
        shown = plain(draft.summary.strip() or draft.text.strip()).trimmed(_SHOWN_16)
    leave = menu.button(words._("Leave it as it is"), LeaveDraft(draft.id, part))
    return Outgoing(join("\n\n", [question, shown.italic()]), keyboard([leave]))


def no_draft(words: Words) -> Outgoing:
    return Outgoing(plain(words._("This draft has been published or discarded: nothing is changed.")))


def decided(draft: Article, choice: DraftChoice, words: Words, *, bot_username: str) -> Outgoing:
    """The preview after a tap. A photo stays, since its message cannot become one of text."""
    photo = text_url(draft.image_url)
    if choice is DraftChoice.DISCARD:
        said = plain(words._("Discarded. Nothing was published.")).italic()
        return Outgoing(join("\n\n", [title(draft.title, words).bold(), said]), photo=photo)
    said = plain(words._("Published. It is on its way to everyone who subscribed.")).italic()
    text = text_of(draft, words, bot_username, CAPTION_LIMIT - said.len16 - 2)
    return Outgoing(join("\n\n", [text, said]), keyboard(*buttons(draft, words, bot_username)), photo=photo)


def already_stored(article: Article, words: Words, menu: Menu) -> Outgoing:
    """What was to be added is in the store already."""
    text = fill(words._("This article is here already: {title}"), title=title(article.title, words).bold())
    return Outgoing(text, keyboard([menu.button(words._("Open it"), OpenArticle(ListRef(), article.id))]))


def cannot_add(words: Words, reason: str) -> Outgoing:
    """`reason`: one of the short words of FetchError.reason, or "empty", "feed", "unreadable"."""
    return Outgoing(join("\n", [plain(words._("I cannot make an article of that.")).bold(), fetching(reason, words)]))
