"""An opened article, read in the chat."""

from collections.abc import Sequence
from functools import lru_cache

from bot.filters import Kind, mark, site
from bot.model import Article, Teaser
from bot.render.callbacks import (
    FollowTag,
    HowToEdit,
    ListKind,
    ListRef,
    OpenArticle,
    PickArticle,
    ShowList,
    WithdrawArticle,
)
from bot.render.html import to_text
from bot.render.keyboards import Menu, Row, keyboard, link_button, page_buttons, share_button
from bot.render.links import text_url
from bot.render.outgoing import Outgoing
from bot.render.split import pages
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

TITLE_16 = 256
RELATED_16 = 100  # the title of one that is like it
NAME_16 = 64  # an author, a site
_TAG_16 = 32
_FOLLOWED = 2  # tags that have a button


def article_page(
    article: Article,
    page: int,
    words: Words,
    menu: Menu,
    back: ListRef,
    *,
    is_ours: bool = False,
    is_pick: bool = False,
    may_follow: bool = False,
    may_share: bool = False,
    related: Sequence[Teaser] = (),
) -> Outgoing:
    """One page; a number beyond the last shows the last. `back`: the list that Back leads to (deep link: ListRef()).

    `is_ours`: the reader may correct, withdraw and recommend it; `is_pick`: it is recommended; `may_follow`: the reader
    may follow its tags, in this chat; `may_share`: the bot is in inline mode. `related`: what is like it,
    shown under the last page.
    """
    bodies = body_pages(article.body)
    page = max(0, min(page, len(bodies) - 1))
    body = bodies[page].strip() or _without_body(article, words)
    parts: list[Text | str] = [title(article.title, words).bold()]
    if page == 0:
        parts = [join("\n", [*parts, byline(article, words)])]
    parts.append(body)
    if len(bodies) > 1:
        place = words._("Page {page} of {pages}", page=words.number(page + 1), pages=words.number(len(bodies)))
        parts.append(plain(place).italic())
    more = related if is_last(article, page) else ()
    if more:
        parts.append(_more(more, words))
    return Outgoing(
        join("\n\n", parts),
        keyboard(
            page_buttons(words, menu, page, page + 1 < len(bodies), lambda to: OpenArticle(back, article.id, to)),
            [
                menu.button(words.number(number), OpenArticle(back, teaser.id))
                for number, teaser in enumerate(more, start=1)
            ],
            [
                link_button(words._("Original"), article.url),
                share_button(words._("Share"), f"id:{article.id}") if may_share else None,
            ],
            _follow(article, words, menu) if may_follow else [],
            _tools(article, words, menu, back, is_pick=is_pick) if is_ours else [],
            [menu.button(_back_label(back, words), ShowList(back))],
        ),
        preview_url=text_url(article.image_url) if page == 0 else None,
    )


def is_last(article: Article, page: int) -> bool:
    """Whether this page ends the article: what is like it stands there."""
    return page >= len(body_pages(article.body)) - 1


@lru_cache(maxsize=16)
def body_pages(body: str) -> tuple[Text, ...]:
    """The body's pages; remembered, since a reader turns them one after another."""
    return tuple(pages(to_text(body)))


def title(text: str, words: Words) -> Text:
    """A title on one line, of a length that fits anywhere."""
    return plain(" ".join(text.split()) or words._("Untitled")).trimmed(TITLE_16)


def byline(article: Article, words: Words) -> Text:
    """Who, where and when, as far as it is known."""
    author = plain(" ".join(article.author.split())).trimmed(NAME_16)
    return join(
        " · ",
        [
            fill(words._("By {author}"), author=author) if author else "",
            plain(site(article.url)).trimmed(NAME_16),
            words.date(article.published_at),
        ],
    ).italic()


def _follow(article: Article, words: Words, menu: Menu) -> Row:
    return [
        menu.button(
            words._("Follow {tag}", tag=f"#{plain(tag).trimmed(_TAG_16)}"),
            FollowTag(article.id, mark(Kind.TAGS, tag)),
        )
        for tag in article.tags[:_FOLLOWED]
    ]


def _more(related: Sequence[Teaser], words: Words) -> Text:
    lines = [
        join("", [f"{words.number(number)}. ", title(teaser.title, words).trimmed(RELATED_16)])
        for number, teaser in enumerate(related, start=1)
    ]
    return join("\n", [plain(words._("More like this")).bold(), *lines])


def _tools(article: Article, words: Words, menu: Menu, back: ListRef, *, is_pick: bool) -> Row:
    label = words._("✓ Recommended") if is_pick else words._("Recommend")
    return [
        menu.button(label, PickArticle(article.id, not is_pick, back)),
        menu.button(words._("Edit"), HowToEdit(article.id)),
        menu.button(words._("Delete"), WithdrawArticle(article.id)),
    ]


def _without_body(article: Article, words: Words) -> Text:
    if article.summary.strip():
        return plain(article.summary).strip().trimmed(3000)
    if article.url:
        return plain(words._("The full text is behind the Original button."))
    return plain(words._("This article has no text."))


def _back_label(back: ListRef, words: Words) -> str:
    match back.kind:
        case ListKind.SEARCH:
            return words._("‹ Back to the results")
        case ListKind.TOP:
            return words._("‹ Back to the top list")
        case ListKind.LATEST | ListKind.TAG:
            return words._("‹ Back to the latest")
