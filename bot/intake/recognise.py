"""Which article of the store an item is: by id, then by address, then by what it says. Pure.

Ids and addresses are what feeds make of them, so none is believed blindly: the items of one document are different
stories, and each article of the store is at most one of them, that which it is most surely. The rule, in words, is in
docs/design/identity.md.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import regex
from rapidfuzz import fuzz

from bot.fold import fold
from bot.intake.canonical import anchor, canonical_url, place
from bot.model import Alike, Article, NewArticle

SHARED: Final = "\n"  # stands in the ids that tell apart what shares one, and in no id that a source gave
ENOUGH: Final = 64  # letters and digits of a text that hardly two stories begin with
COMPARED: Final = 1000  # characters of a text
_SIMILAR: Final = 80  # per cent
_NO_LETTERS: Final = regex.compile(r"[^\p{L}\p{N}\p{M}]+")


class Surety(IntEnum):
    """How an item is known to be an article; the surest first wins."""

    SAME_TEXT = 1  # another source's, with the same title and text
    SAME_PAGE = 2  # another source's, with the same address
    RENAMED = 3  # the source's own, with the same title and text, under other names
    GUID = 4  # only the id says so
    PAGE = 5  # only the address says so, or the text besides
    MOVED = 6  # address on another host, and title
    PAGE_AND_TITLE = 7
    CERTAIN = 8  # id, and address or title


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


def recognise(items: Sequence[NewArticle], seen: Sequence[Seen], taken: Collection[int] = ()) -> Recognised:
    """Which articles the items of one document are. No two are the same, nor one of those `taken`."""
    pages = Counter(_page(item) for item in items)
    is_shared = [pages[_page(item)] > 1 for item in items]
    ids_changed = _have_ids_changed(items, seen, is_shared)
    claims = [
        (surety, texts, -index, -alike.id)
        for index, (item, known) in enumerate(zip(items, seen, strict=True))
        for alike in known.alike
        for surety, texts in [_surety(item, known, alike, is_shared=is_shared[index], ids_changed=ids_changed)]
        if surety is not None
    ]
    found: dict[int, int] = {}
    used = set(taken)
    for _, _, index, article in sorted(claims, reverse=True):
        if -index not in found and -article not in used:
            found[-index] = -article
            used.add(-article)
    return Recognised(tuple(found.get(index) for index in range(len(items))), ids_changed)


def told_apart(new: NewArticle) -> str:
    """An id for what has that of another article."""
    return new.guid[:400] + SHARED + _hash(new.canonical_url or "", new.title + words(new))


def is_certain(new: NewArticle, alike: Alike) -> bool:
    """Whether an item that has the article's id is it, whatever else the store and the document hold."""
    return _same_title(new, alike) and (_same_page(new, alike) or _is_likely(new, _texts(new, alike)))


def best(new: NewArticle, seen: Seen, *, is_file: bool) -> int | None:
    """Which article an item is that comes alone, and under an id that its source did not use before; None: a new one.

    `is_file`: of what has no address, an equal short text is enough, so that a file taken in twice is taken in once.
    """
    found = recognise([new], [seen]).articles[0]
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


def _surety(
    new: NewArticle, seen: Seen, alike: Alike, *, is_shared: bool, ids_changed: bool
) -> tuple[Surety | None, Texts]:
    texts = _texts(new, alike)
    same_title, same_page = _same_title(new, alike), _same_page(new, alike)
    is_lone = not is_shared and sum(_page(other) == _page(new) for other in seen.alike) == 1
    is_own_page = same_page and is_lone and (place(new.canonical_url) or anchor(new.url)) != ""
    if not alike.guids:
        if same_page and (is_own_page or (same_title and texts is not Texts.DIFFERENT)):
            return Surety.SAME_PAGE, texts
        return (Surety.SAME_TEXT if same_title and texts is Texts.TELLING else None), texts
    has_guid = alike.id == seen.by_guid
    if has_guid and (is_own_page or (same_title and (same_page or _is_likely(new, texts)))):
        return Surety.CERTAIN, texts
    says_nothing = ids_changed or alike.guids > 1 or not _has_own_id(new)  # that its id is not the article's
    is_told_by_page = is_own_page and not _has_other_files(new, alike)
    if same_page and same_title and (says_nothing or is_told_by_page or texts > Texts.SIMILAR):
        return Surety.PAGE_AND_TITLE, texts
    if _has_moved(new, alike) and (
        texts is Texts.TELLING or (same_title and (has_guid or texts is not Texts.DIFFERENT))
    ):
        return Surety.MOVED, texts
    if is_own_page and (says_nothing or texts is Texts.TELLING):
        return Surety.PAGE, texts
    if has_guid and not ids_changed:
        return Surety.GUID, texts
    if same_title and (texts is Texts.TELLING or (ids_changed and _fits(new, alike, texts))):
        return Surety.RENAMED, texts
    if says_nothing and _says_the_same(new, texts, same_title=same_title, is_lone=is_lone):
        return Surety.RENAMED, texts
    return None, texts


def _have_ids_changed(items: Sequence[NewArticle], seen: Sequence[Seen], is_shared: Sequence[bool]) -> bool:
    """Whether the ids are not those of before: one is plainly another article's now, or most are new.

    Most: at least two, and half of all, that were there before go by another id.
    """
    with_id = changed = 0
    for index, (item, each) in enumerate(zip(items, seen, strict=True)):
        if not _has_own_id(item):
            continue
        with_id += 1
        sureties = [
            surety
            for alike in each.alike
            if alike.guids
            for surety, _ in [_surety(item, each, alike, is_shared=is_shared[index], ids_changed=True)]
            if surety is not None and surety is not Surety.PAGE
        ]
        if Surety.CERTAIN in sureties:
            continue
        if each.by_guid is not None and max(sureties, default=Surety.GUID) >= Surety.MOVED:
            return True
        changed += bool(sureties)
    return changed >= 2 and changed * 2 >= with_id


def _is_likely(new: NewArticle, texts: Texts) -> bool:
    """Whether the text of what has no address does not speak against it."""
    return new.canonical_url is None and texts is not Texts.DIFFERENT


def _says_the_same(new: NewArticle, texts: Texts, *, same_title: bool, is_lone: bool) -> bool:
    """Whether title and text are the article's where neither id nor address tells."""
    if new.canonical_url is None and same_title:
        return texts >= Texts.EQUAL or (texts is Texts.SIMILAR and new.fingerprint != "")
    return texts is Texts.TELLING and (new.canonical_url is None or not is_lone)


def _fits(new: NewArticle, alike: Alike, texts: Texts) -> bool:
    """Whether title and text, with nothing else to go by, are the article's."""
    if texts is Texts.TELLING or (texts is Texts.SIMILAR and new.fingerprint):
        return True
    return new.published_at == alike.published_at if new.is_dated else texts is not Texts.DIFFERENT


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
    if new.guid.startswith("blake2b:") or SHARED in new.guid:
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


@lru_cache(2000)  # a document's items are compared with one another's articles
def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", fold(text))


def _hash(kind: str, text: str) -> str:
    return hashlib.blake2b(f"{kind} {text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
