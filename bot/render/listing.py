"""Lists of five: /latest, /top, /search."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from bot.filters import site
from bot.model import Listing, Period, Teaser
from bot.render.article import NAME_16, title
from bot.render.callbacks import ListKind, ListRef, OpenArticle, ShowList
from bot.render.keyboards import Menu, Row, keyboard, page_buttons
from bot.render.outgoing import Outgoing
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 5
_TITLE_16 = 160
_TEASER_16 = 220
_QUERY_16 = 100
_MEANT_16 = 40  # on a button


def listing(
    listing: Listing, ref: ListRef, words: Words, menu: Menu, *, tag: str = "", query: str = "", meant_id: int = 0
) -> Outgoing:
    """The page with its buttons; an empty one says what to do.

    `tag`: of a TAG or TOP list, `query`: the words of a SEARCH, `meant_id`: the number of the query that may have been
    meant.

    The items carry their ids, so a list that has changed since still opens what it shows.
    """
    if not listing.teasers:
        return _empty(listing, ref, words, menu, tag, query, _meant(listing, words, menu, meant_id))
    first = ref.page * PAGE_SIZE + 1
    numbers = [
        menu.button(words.number(number), OpenArticle(ref, teaser.id))
        for number, teaser in enumerate(listing.teasers, first)
    ]
    return Outgoing(
        _text(listing, ref, words, tag, query),
        keyboard(
            numbers,
            page_buttons(words, menu, ref.page, listing.has_next, _turn(ref)),
            *_periods(ref, words, menu),
            *_meant(listing, words, menu, meant_id),
        ),
    )


def search_help(words: Words, query: str = "") -> Outgoing:
    """How to search: for an empty query, or one that holds nothing to look for."""
    found_nothing_to_seek = fill(words._("There is no word to look for in “{query}”."), query=_shown(query))
    examples = [
        (words._("/search tea garden"), words._("articles with any of the words, best first")),
        (words._('/search "green tea"'), words._("exactly this phrase")),
        (words._("/search garden -roses"), words._("without the word after the minus")),
        (words._("/search econom*"), words._("every word that begins like this")),
        (words._("/search tag:tea since:2026-01"), words._("of these articles only; also until: from: author: lang:")),
    ]
    lines = [join(" – ", [plain(example).code(), meaning]) for example, meaning in examples]
    return Outgoing(
        join(
            "\n\n",
            [
                plain(words._("Search the articles")).bold(),
                found_nothing_to_seek if query.strip() else "",
                words._("Write what you are looking for after /search, for example:"),
                join("\n", lines),
                words._("Capitals and accents make no difference."),
            ],
        )
    )


@lru_cache(maxsize=256)  # many people ask for the same page
def _text(listing: Listing, ref: ListRef, words: Words, tag: str, query: str) -> Text:
    items = [_item(number, teaser, words) for number, teaser in enumerate(listing.teasers, ref.page * PAGE_SIZE + 1)]
    return join("\n\n", [_heading(listing, ref, words, tag, query), *items])


def _heading(listing: Listing, ref: ListRef, words: Words, tag: str, query: str) -> Text:
    match ref.kind:
        case ListKind.LATEST:
            return plain(words._("Latest articles")).bold()
        case ListKind.TAG:
            return fill(words._("Latest articles tagged “{tag}”"), tag=_shown(tag)).bold()
        case ListKind.TOP:
            return join("\n", [_top_heading(ref, words, tag).bold(), plain(_ranked_by(ref.period, words)).italic()])
        case ListKind.SEARCH:
            heading = fill(words._("Results for “{query}”"), query=_shown(query)).bold()
            found = "" if listing.total is None else words.n("{count} article", "{count} articles", listing.total)
            return join("\n", [heading, plain(found).italic(), _partial(listing, words)])


def _partial(listing: Listing, words: Words) -> Text:
    if not listing.is_partial:
        return plain("")
    return plain(words._("Not every article can be found yet: the search index is being made anew.")).italic()


def _meant(listing: Listing, words: Words, menu: Menu, meant_id: int) -> list[Row]:
    """The button for what may have been meant."""
    if listing.meant is None or not meant_id:
        return []
    label = words._("Did you mean “{query}”?", query=_shown(listing.meant).trimmed(_MEANT_16).text)
    return [[menu.button(label, ShowList(ListRef(ListKind.SEARCH, query_id=meant_id)))]]


def _top_heading(ref: ListRef, words: Words, tag: str) -> Text:
    if ref.period is Period.RISING:
        return fill(words._("Rising, tagged “{tag}”"), tag=_shown(tag)) if tag else plain(words._("Rising"))
    return fill(words._("Most read, tagged “{tag}”"), tag=_shown(tag)) if tag else plain(words._("Most read"))


def _ranked_by(period: Period, words: Words) -> str:
    if period is Period.RISING:
        return words._("reads in the last 7 days; the latest ones weigh most")
    return counted(period, words)


def counted(period: Period, words: Words) -> str:
    """What a list of /top counts."""
    match period:
        case Period.DAY:
            return words._("reads in the last 24 hours")
        case Period.WEEK | Period.RISING:
            return words._("reads in the last 7 days")
        case Period.MONTH:
            return words._("reads in the last 30 days")
        case Period.YEAR:
            return words._("reads in the last 365 days")
        case Period.ALL:
            return words._("reads of all time")


def _item(number: int, teaser: Teaser, words: Words) -> Text:
    name = _marked(teaser.title, teaser.title_marks, "u").trimmed(_TITLE_16)
    if teaser.snippet is not None and teaser.snippet.strip():
        text = _marked(teaser.snippet, teaser.marks, "b")
    else:
        text = plain(" ".join(teaser.summary.split()))
    facts = join(
        " · ",
        [
            plain(site(teaser.url) or " ".join(teaser.author.split())).trimmed(NAME_16),
            words.date(teaser.published_at),
            "" if teaser.reads is None else words.n("{count} read", "{count} reads", teaser.reads),
            words.n("{count} reaction", "{count} reactions", teaser.reactions) if teaser.reactions > 0 else "",
        ],
    )
    heading = join("", [f"{words.number(number)}. ", (name.strip() or title("", words)).bold()])
    return join("\n", [heading, text.strip().trimmed(_TEASER_16), facts.italic()])


def _marked(text: str, marks: tuple[tuple[int, int], ...], style: str) -> Text:
    """The text with its marked ranges bold ("b") or underlined ("u"); marks out of order or range do no harm."""
    edges = sorted({0, len(text), *(min(max(edge, 0), len(text)) for mark in marks for edge in mark)})
    parts = []
    for start, end in pairwise(edges):
        part = plain(text[start:end].replace("\n", " "))
        if any(mark[0] <= start and end <= mark[1] for mark in marks):
            part = part.bold() if style == "b" else part.styled("underline")
        parts.append(part)
    return join("", parts)


def _turn(ref: ListRef) -> Callable[[int], ShowList]:
    return lambda page: ShowList(replace(ref, page=page))


def _periods(ref: ListRef, words: Words, menu: Menu) -> list[Row]:
    if ref.kind is not ListKind.TOP:
        return []
    labels = {
        Period.DAY: words._("Day"),
        Period.WEEK: words._("Week"),
        Period.MONTH: words._("Month"),
        Period.YEAR: words._("Year"),
        Period.ALL: words._("All"),
        Period.RISING: words._("Rising"),
    }
    buttons = [
        menu.button(f"✓ {label}" if period is ref.period else label, ShowList(replace(ref, page=0, period=period)))
        for period, label in labels.items()
    ]
    return [buttons[:-1], buttons[-1:]]


def _shown(words_of_a_person: str) -> Text:
    return plain(" ".join(words_of_a_person.split())).trimmed(_QUERY_16)


def _empty(
    listing: Listing, ref: ListRef, words: Words, menu: Menu, tag: str, query: str, meant: list[Row]
) -> Outgoing:
    latest = menu.button(words._("Latest articles"), ShowList(ListRef(ListKind.LATEST)))
    top = menu.button(words._("Most read"), ShowList(ListRef(ListKind.TOP)))
    if ref.page > 0:
        begin = menu.button(words._("‹ To the first page"), _turn(ref)(0))
        return Outgoing(
            plain(words._("This list has become shorter; there is nothing more on this page.")), keyboard([begin])
        )
    match ref.kind:
        case ListKind.LATEST:
            return Outgoing(plain(words._("No articles yet. As soon as one is published, it will be here.")))
        case ListKind.TAG:
            nothing = fill(words._("No articles are tagged “{tag}”."), tag=_shown(tag))
            return Outgoing(nothing, keyboard([latest]))
        case ListKind.TOP:
            unread = join(
                "\n\n",
                [
                    _nothing_to_rank(ref, words, tag),
                    words._("Open an article to make a start, or choose a longer period."),
                ],
            )
            return Outgoing(unread, keyboard(*_periods(ref, words, menu), [latest]))
        case ListKind.SEARCH:
            nothing = fill(words._("Nothing found for “{query}”."), query=_shown(query)).bold()
            hints = [
                words._("Try fewer words, or other ones."),
                words._("End a word with a star to find every word that begins like it: econom*"),
                words._("Check the spelling; capitals and accents make no difference."),
            ]
            whole = join("\n\n", [nothing, bullets(hints), _partial(listing, words)])
            return Outgoing(whole, keyboard(*meant, [latest, top]))


def _nothing_to_rank(ref: ListRef, words: Words, tag: str) -> Text:
    unread = counted(ref.period, words)
    if tag:
        return fill(words._("Nothing to rank yet for “{tag}”: no {counted}."), tag=_shown(tag), counted=unread)
    return fill(words._("Nothing to rank yet: no {counted}."), counted=unread)
