"""Which article of the store an item is: by id, then by address, then by what it says. Pure.

Ids and addresses are what feeds make of them, so none is believed blindly: the items of one document are different
stories, and each article of the store is at most one of them, that which it is most surely. The rule, in words, is in
docs/design/identity.md.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import takewhile
from typing import Final

from rapidfuzz import fuzz

from bot.fold import letters
from bot.intake.canonical import anchor, canonical_url, host, place
from bot.model import Alike, Article, NewArticle

SHARED: Final = "\n"  # stands in the ids that tell apart what shares one, and in no id that a source gave
ENOUGH: Final = 64  # letters and digits of a text that hardly two stories begin with
COMPARED: Final = 1000  # characters of a text
_SIMILAR: Final = 80  # per cent
_TITLE: Final = 12  # letters and digits of a title that is not just a word
_ZONE: Final = timedelta(minutes=15)  # the step of zones
_ZONES: Final = timedelta(hours=14)  # the farthest from UTC
_letters: Final = lru_cache(2000)(letters)  # a document's items are compared with one another's articles


class Surety(IntEnum):
    """How an item is known to be an article; the surest first wins."""

    SAME_TEXT = 1  # another source's, with the same title and text
    SAME_PAGE = 2  # another source's, with the same address
    RENAMED = 3  # the source's own, with the same title and little text or the same moment, under other names
    GUID = 4  # only the id says so
    PAGE = 5  # only the address says so, or the text besides
    SAME_WORDS = 6  # the source's own, with the same title and enough of the same text
    MOVED = 7  # address on another host, and title
    PAGE_AND_TITLE = 8
    CERTAIN = 9  # id, and address or title


class Texts(IntEnum):
    """How two texts compare."""

    DIFFERENT = 0
    SIMILAR = 1
    UNKNOWN = 2  # one is empty, or a maintainer's
    EQUAL = 3
    TELLING = 4  # equal, or one begins with the other, and long enough to tell stories apart


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store has that may be an item: the article under its id, and those alike, in short."""

    by_guid: int | None = None
    alike: tuple[Alike, ...] = ()


@dataclass(frozen=True, slots=True)
class Ids:
    """What the ids of a feed are worth, by what the store remembers of them."""

    are_shared: bool = False  # one was given to several items of a document
    vary: bool = False  # of the document's articles not few have had several


_TELLING_IDS: Final = Ids()


@dataclass(frozen=True, slots=True)
class Recognised:
    """For each item the id of its article; None: it is new. `ids_changed`: the ids are not those of before."""

    articles: tuple[int | None, ...]
    ids_changed: bool = False


def title_mark(title: str) -> str:
    """Equal for titles that differ in nothing that is read."""
    return _hash("title", _letters(title) or title)


def fingerprint(new: NewArticle) -> str:
    """Of the text's beginning; "" where that is too little to tell stories apart."""
    text = _letters(words(new))
    return _hash("text", text[:ENOUGH]) if len(text) >= ENOUGH else ""


def recognise(
    items: Sequence[NewArticle], seen: Sequence[Seen], taken: Collection[int] = (), ids: Ids = _TELLING_IDS
) -> Recognised:
    """Which articles the items of one document are. No two are the same, nor one of those `taken`."""
    document = _Document(
        pages=Counter(_page(item) for item in items),
        titles=Counter(item.title_mark for item in items),
        hosts=Counter(host(item.canonical_url) for item in items),
        ids=ids,
    )
    document = replace(document, pages_changed=_have_pages_changed(items, seen, document))
    document = replace(document, ids_changed=_have_ids_changed(items, seen, document))
    return Recognised(_matched(items, seen, taken, document), document.ids_changed)


def told_apart(new: NewArticle) -> str:
    """An id for what has that of another article."""
    return new.guid[:400] + SHARED + _hash(new.canonical_url or "", new.title + words(new))


def short_id(*parts: str) -> str:
    """What stands for an id that is too long, or is made of several parts."""
    return "blake2b:" + hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def id_of_words(new: NewArticle) -> str:
    """The id of an item whose source gives it neither an id nor an address."""
    return short_id(new.title, new.text or new.summary)


def is_certain(new: NewArticle, alike: Alike) -> bool:
    """Whether an item that has the article's id is it, whatever else the store and the document hold."""
    is_there = new.canonical_url is None or _same_page(new, alike)
    return is_there and _same_title(new, alike) and _texts(new, alike) is not Texts.DIFFERENT


def best(new: NewArticle, seen: Seen, *, is_file: bool) -> int | None:
    """Which article an item is that comes alone, and under an id that its source did not use before; None: a new one.

    `is_file`: of what has no address, an equal short text is enough, so that a file taken in twice is taken in once.
    """
    alone = _Document(Counter([_page(new)]), Counter([new.title_mark]))
    [found] = _matched([new], [seen], (), alone)
    if found is None and is_file and new.canonical_url is None:
        equal = (a.id for a in seen.alike if a.canonical_url is None and _same_title(new, a) and a.words == words(new))
        return next(equal, None)
    return found


def in_short(article: Article) -> Alike:
    """An article that the source has under one id, as it is compared."""
    return Alike(
        id=article.id,
        title=article.title,
        url=article.url,
        canonical_url=article.canonical_url,
        title_mark=title_mark(article.title),
        words=words(article),
        files=tuple(each.url for each in article.enclosures),
        published_at=article.published_at,
        is_edited=article.changed_by is not None,
        guids=1,
    )


def words(article: NewArticle | Article) -> str:
    """What of the article's text is compared."""
    return (article.text or article.summary)[:COMPARED]


@dataclass(frozen=True, slots=True)
class _Document:
    """What the items that come together say of each one's address, title and id."""

    pages: Counter[tuple[str | None, str]]
    titles: Counter[str]
    hosts: Counter[str] = field(default_factory=Counter)
    ids: Ids = _TELLING_IDS
    pages_changed: bool = False
    ids_changed: bool = False

    @property
    def quotes(self) -> bool:
        """Whether several of its items are about one page: it speaks of pages of others, then."""
        return any(items > 1 and place(url) for (url, _), items in self.pages.items())

    def has_left(self, former: str, now: str) -> bool:
        """Whether most of its addresses are at one host, and none is at the other."""
        return not self.hosts[former] and self.hosts[now] * 2 > self.hosts.total()


def _matched(
    items: Sequence[NewArticle], seen: Sequence[Seen], taken: Collection[int], document: _Document
) -> tuple[int | None, ...]:
    claims = [
        (surety, texts, -index, -alike.id)
        for index, (item, known) in enumerate(zip(items, seen, strict=True))
        for alike in known.alike
        for surety, texts in [_surety(item, known, alike, document)]
        if surety is not None
    ]
    found: dict[int, int] = {}
    used = set(taken)
    for _, _, index, article in sorted(claims, reverse=True):
        if -index not in found and -article not in used:
            found[-index] = -article
            used.add(-article)
    return tuple(found.get(index) for index in range(len(items)))


def _surety(new: NewArticle, seen: Seen, alike: Alike, document: _Document) -> tuple[Surety | None, Texts]:
    texts = _texts(new, alike)
    same_title, same_page = _same_title(new, alike), _same_page(new, alike)
    is_lone = document.pages[_page(new)] == 1 and sum(_page(other) == _page(new) for other in seen.alike) == 1
    is_own_page = same_page and is_lone and (place(new.canonical_url) or anchor(new.url)) != ""
    if texts is Texts.DIFFERENT and not same_title and document.quotes:
        is_own_page = False
    if not alike.guids:
        if same_page and (is_own_page or (same_title and texts is not Texts.DIFFERENT)):
            return Surety.SAME_PAGE, texts
        return (Surety.SAME_TEXT if same_title and texts is Texts.TELLING else None), texts
    has_guid, ids_changed = alike.id == seen.by_guid, document.ids_changed
    is_only_so_titled = same_title and _is_lone_title(new, seen, document)
    is_worded = same_title and (is_only_so_titled or texts is not Texts.DIFFERENT)
    if has_guid and (is_own_page or (is_worded and (same_page or new.canonical_url is None))):
        return Surety.CERTAIN, texts
    says_nothing = ids_changed or alike.guids > 1 or not _has_own_id(new)  # that its id is not the article's
    is_titled = is_only_so_titled and (says_nothing or document.ids.vary)
    is_told_by_page = is_own_page or (is_only_so_titled and place(new.canonical_url) != "")
    is_told_by_page = is_told_by_page and not _has_other_files(new, alike)
    is_told = is_titled or is_told_by_page or texts > Texts.SIMILAR or (says_nothing and texts is Texts.SIMILAR)
    if same_page and same_title and is_told:
        return Surety.PAGE_AND_TITLE, texts
    if _has_moved(new, alike) and (
        texts is Texts.TELLING
        or (same_title and (has_guid or texts is not Texts.DIFFERENT))
        or (is_only_so_titled and document.has_left(host(alike.canonical_url), host(new.canonical_url)))
    ):
        return Surety.MOVED, texts
    if same_title and texts is Texts.TELLING:
        return Surety.SAME_WORDS, texts
    if is_own_page and (says_nothing or texts is Texts.TELLING):
        return Surety.PAGE, texts
    if has_guid and not ids_changed and (not document.ids.are_shared or _is_alike(new, texts)):
        return Surety.GUID, texts
    if same_title and ids_changed and _fits(new, alike, texts):
        return Surety.RENAMED, texts
    if says_nothing and _says_the_same(new, texts, same_title=same_title, is_lone=is_lone):
        return Surety.RENAMED, texts
    is_elsewhere = place(new.canonical_url) != "" and not document.pages_changed  # its address may be its own
    if is_only_so_titled and _same_moment(new, alike) and (is_titled or not is_elsewhere):
        return Surety.RENAMED, texts
    if _same_moment(new, alike) and _is_told_by_text(new, seen, alike, texts):
        return Surety.RENAMED, texts
    if not is_elsewhere and (
        (is_titled and _is_told_by_title(new, alike, texts)) or _is_told_by_text(new, seen, alike, texts)
    ):
        return Surety.RENAMED, texts
    return None, texts


def _have_pages_changed(items: Sequence[NewArticle], seen: Sequence[Seen], document: _Document) -> bool:
    """Whether the addresses are not those of before: at least two, and half of all, of what titles or texts tell."""
    known = changed = 0
    for item, each in zip(items, seen, strict=True):
        if not place(item.canonical_url) or document.titles[item.title_mark] > 1:
            continue
        own = [
            alike for alike in each.alike if alike.guids and (_same_title(item, alike) or _begins_alike(item, alike))
        ]
        known += len(own) == 1
        changed += len(own) == 1 and not (_same_page(item, own[0]) or _has_moved(item, own[0]))
    return changed >= 2 and changed * 2 >= known


def _have_ids_changed(items: Sequence[NewArticle], seen: Sequence[Seen], document: _Document) -> bool:
    """Whether the ids are not those of before: one is plainly another article's now, most are new, or all say nothing.

    Most: at least two, and half of all, that were there before go by another id. Nothing: at least three items have
    an id of before, and each another text than its article, and neither its address nor a title of its own.
    """
    with_id = changed = known = others = 0
    if_changed = replace(document, ids_changed=True)
    for item, each in zip(items, seen, strict=True):
        if not _has_own_id(item):
            continue
        with_id += 1
        for alike in each.alike:
            if alike.id == each.by_guid:
                known += 1
                others += _is_another(item, each, alike, if_changed)
        sureties = [
            (surety, alike.id == each.by_guid)
            for alike in each.alike
            if alike.guids
            for surety, _ in [_surety(item, each, alike, if_changed)]
            if surety is not None and surety is not Surety.PAGE
        ]
        surety, has_guid = max(sureties, default=(None, True))
        if has_guid:
            continue
        if each.by_guid is not None and surety is not None and surety >= Surety.SAME_WORDS:
            return True
        changed += 1
    return (changed >= 2 and changed * 2 >= with_id) or (known == others >= 3)


def _is_another(new: NewArticle, seen: Seen, alike: Alike, document: _Document) -> bool:
    """Whether nothing but its id speaks for the item being the article."""
    is_titled = _is_lone_title(new, seen, document) and _same_title(new, alike)
    is_told = is_titled or (_same_page(new, alike) and place(new.canonical_url) != "")
    return not is_told and _texts(new, alike) is Texts.DIFFERENT and not _has_moved(new, alike)


def _is_told_by_title(new: NewArticle, alike: Alike, texts: Texts) -> bool:
    """Whether a title that only the article has is enough where neither id nor address tells.

    Not where the text or the moment is another's: "Weather" of today and of tomorrow.
    """
    if _begins_alike(new, alike):
        return True
    return _may_be_its_moment(new, alike) and (texts is not Texts.DIFFERENT or place(new.canonical_url) == "")


def _is_told_by_text(new: NewArticle, seen: Seen, alike: Alike, texts: Texts) -> bool:
    """Whether a text that only the article has comes near its moment; without one, with its title and a mark, such as
    "UPDATED:" before it or "(updated)" behind."""
    if texts is not Texts.TELLING or sum(known.guids > 0 and _begins_alike(new, known) for known in seen.alike) != 1:
        return False
    if new.is_dated:
        return abs(new.published_at - alike.published_at) <= _ZONES
    one, other = sorted((_letters(new.title), _letters(alike.title)), key=len)
    ends = takewhile(lambda pair: pair[0] == pair[1], zip(reversed(one), reversed(other), strict=False))
    return sum(1 for _ in ends) >= _TITLE or (len(one) >= _TITLE and other.startswith(one))


def _begins_alike(new: NewArticle, alike: Alike) -> bool:
    return new.fingerprint != "" and _letters(words(new))[:ENOUGH] == _letters(alike.words)[:ENOUGH]


def _says_the_same(new: NewArticle, texts: Texts, *, same_title: bool, is_lone: bool) -> bool:
    """Whether title and text are the article's where neither id nor address tells."""
    if new.canonical_url is None and same_title:
        return texts >= Texts.EQUAL or (texts is Texts.SIMILAR and new.fingerprint != "")
    return texts is Texts.TELLING and (new.canonical_url is None or not is_lone)


def _fits(new: NewArticle, alike: Alike, texts: Texts) -> bool:
    """Whether title and text, with nothing else to go by, are the article's."""
    if _is_alike(new, texts):
        return True
    return new.published_at == alike.published_at if new.is_dated else texts is not Texts.DIFFERENT


def _is_alike(new: NewArticle, texts: Texts) -> bool:
    return texts is Texts.TELLING or (texts is Texts.SIMILAR and new.fingerprint != "")


def _same_moment(new: NewArticle, alike: Alike) -> bool:
    """Whether the source gives the moment that the article has, and not just its day."""
    moment = new.published_at
    return new.is_dated and moment == alike.published_at and (moment.hour, moment.minute, moment.second) != (0, 0, 0)


def _may_be_its_moment(new: NewArticle, alike: Alike) -> bool:
    """Whether the source gives no moment, or the one that the article has, perhaps in a wrong zone."""
    apart = abs(new.published_at - alike.published_at)
    return not new.is_dated or (apart <= _ZONES and not apart % _ZONE)


def _is_lone_title(new: NewArticle, seen: Seen, document: _Document) -> bool:
    """Whether no other item has the title, nor more than one article of the source."""
    known = sum(other.guids > 0 and _same_title(new, other) for other in seen.alike)
    return document.titles[new.title_mark] == 1 and known == 1


def _same_title(new: NewArticle, alike: Alike) -> bool:
    return bool(new.title_mark) and alike.title_mark == new.title_mark


def _same_page(new: NewArticle, alike: Alike) -> bool:
    return new.canonical_url is not None and _page(new) == _page(alike)


def _page(article: NewArticle | Alike) -> tuple[str | None, str]:
    return article.canonical_url, anchor(article.url)


def _has_moved(new: NewArticle, alike: Alike) -> bool:
    where = place(new.canonical_url)
    return where != "" and where == place(alike.canonical_url) and anchor(new.url) == anchor(alike.url)


def _has_own_id(new: NewArticle) -> bool:
    """Whether the source gave an id that is not just the address once more."""
    if SHARED in new.guid or new.guid == id_of_words(new):
        return False
    is_address = new.guid.startswith(("http://", "https://")) and canonical_url(new.guid) == new.canonical_url
    return not (is_address and anchor(new.guid) == anchor(new.url))


def _texts(new: NewArticle, alike: Alike) -> Texts:
    if _has_other_files(new, alike):
        return Texts.DIFFERENT
    one, other = sorted((_letters(words(new)), _letters(alike.words)), key=len)
    if not one or alike.is_edited:
        return Texts.UNKNOWN
    if len(one) >= ENOUGH and other.startswith(one):
        return Texts.TELLING
    if one == other:
        return Texts.EQUAL
    return Texts.SIMILAR if fuzz.ratio(one, other, score_cutoff=_SIMILAR) else Texts.DIFFERENT


def _has_other_files(new: NewArticle, alike: Alike) -> bool:
    """Whether both have enclosures, and none in common: two episodes may have one title and one text."""
    ours = {place(canonical_url(each.url)).partition("?")[0] for each in new.enclosures}
    return bool(ours and alike.files) and ours.isdisjoint(
        place(canonical_url(file)).partition("?")[0] for file in alike.files
    )


def _hash(kind: str, text: str) -> str:
    return hashlib.blake2b(f"{kind} {text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
