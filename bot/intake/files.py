"""Articles and lists of feeds from files: what a file is, is seen from what it holds.

Items come as they are read; what cannot be taken is answered with RefusedItem, the others go on. Documents of strangers
are read in a child process: intake/reading.py.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

from bot.errors import FeedError, RefusedFile, RefusedItem
from bot.intake import jsonl, markdown, opml, wxr
from bot.intake.decide import distinct
from bot.intake.documents import DAMAGED, Document, in_folder, in_zip, on_disk
from bot.intake.feed import looks_like_feed
from bot.intake.page import looks_like_page, read_page
from bot.intake.parsing import parse_now
from bot.intake.text import from_text
from bot.intake.xmlstream import encoding_of
from bot.model import FeedToFollow, Submission

Item = Submission | FeedToFollow | RefusedItem

TAKEN: Final = "JSON Lines, RSS, Atom and JSON feeds, WordPress (WXR), OPML, Markdown, HTML, text, or a zip of these"
_BOM: Final = b"\xef\xbb\xbf"
_WIDE: Final = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
}
_MARKDOWN: Final = (".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx")
_OTHERS: Final = (  # how files begin that people may take for articles
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "rich text (RTF)"),
    (b"\xd0\xcf\x11\xe0", "a document of an office program"),
    (b"\x1f\x8b", "packed with gzip"),
    (b"7z\xbc\xaf", "packed with 7-Zip"),
    (b"Rar!", "packed with RAR"),
    (b"SQLite format 3", "a database"),
)
_PAGE: Final = re.compile(rb"<(?:head|body|title|article|div|p|h1)\b", re.IGNORECASE)
_ROOT: Final = re.compile(rb"<(?![?!])([\w.:-]+)")


def read_file(path: Path, format: str = "auto") -> Iterator[Item]:  # noqa: A002  the word of the interface
    """What the file, the folder or the zip holds, in its order; a RefusedItem says where, what was found and expected.

    Blocks while it reads. Raises RefusedFile for what cannot be read at all: at once, before the first item.
    """
    if format not in FORMATS:
        raise RefusedFile(f"{path}: format {format!r} is not known; expected one of {', '.join(FORMATS)}")
    if path.is_dir() and format in ("auto", "markdown", "html", "text"):
        return _each(_looked_into(in_folder(path), str(path)), format)
    return read_document(on_disk(path), format)


def read_document(document: Document, format: str = "auto") -> Iterator[Item]:  # noqa: A002
    """As read_file, of one document."""
    if document.start(4).startswith(b"PK"):
        return _each(_looked_into(in_zip(document), document.path), format)
    return _READERS[detect(document) if format == "auto" else format](document)


def detect(document: Document) -> str:
    """Which of FORMATS it is, by how it begins. Raises RefusedFile when it is none, with those that are."""
    start = document.start()
    _refuse_others(document, start)
    text, is_wide = start.removeprefix(_BOM).lstrip(), False
    for mark, name in sorted(_WIDE.items(), key=lambda item: -len(item[0])):
        if start.startswith(mark):
            text, is_wide = start.decode(name, "ignore").encode().lstrip(), True
            if not text.startswith(b"<"):
                raise RefusedFile(f"{document.path} is written in {name}; save it as UTF-8")
            break
    if not is_wide and encoding_of(start) in ("utf-16-le", "utf-16-be"):
        text = start.decode(encoding_of(start), "ignore").encode()
    if not text:
        raise RefusedFile(f"{document.path} is empty")
    if b"\0" in text and not text.startswith(b"{"):  # of JSON Lines, a bad line is refused alone
        raise RefusedFile(f"{document.path} is not a text; {_expected()}")
    if document.suffix in _MARKDOWN:  # which may begin with anything: HTML, or a template's braces
        return "markdown"
    found = _of_markup(text, start) or _of_text(document, text)
    if found is None:
        raise RefusedFile(
            f"{document.path} is none of what is taken, as it begins; {_expected()}; or say with --format"
        )
    return found


def _of_markup(text: bytes, start: bytes) -> str | None:
    if not text.startswith(b"<"):
        return "feed" if looks_like_feed(start) else None
    root = _ROOT.search(text)
    if root and root[1].lower() == b"opml":
        return "opml"
    if b"<wp:wxr_version" in text or b"wordpress.org/export/" in text:
        return "wxr"
    if looks_like_feed(start):
        return "feed"
    is_page = looks_like_page(text) or _PAGE.match(text) is not None
    return "html" if is_page else None


def _of_text(document: Document, text: bytes) -> str | None:
    suffix, read = document.suffix, text.decode("utf-8", "ignore")
    if text[:1] == b"{":
        return "feed" if suffix == ".json" and b'"items"' in text else "jsonl"
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    if text[:1] == b"[" and suffix == ".json":
        return "jsonl"
    if suffix not in (".txt", ".text") and _looks_like_csv(read):
        raise _is_a_table(document)
    if markdown.has_front_matter(read):
        return "markdown"
    if suffix in (".html", ".htm", ".xhtml"):
        return "html"
    if suffix in (".txt", ".text", "") and "\n" in read.strip():
        return "text"
    return None


def _looks_like_csv(text: str) -> bool:
    """Whether the first lines, three at least, are parted into as many fields each."""
    lines = [line for line in text.splitlines()[:6] if line.strip()][:5]
    counts = [{line.count(mark) for line in lines} for mark in ",;\t"]
    return len(lines) > 2 and any(len(count) == 1 and count != {0} for count in counts)


def _is_a_table(document: Document) -> RefusedFile:
    return RefusedFile(f"{document.path} is a table (CSV), which is not taken; {_expected()}")


def _refuse_others(document: Document, start: bytes) -> None:
    if document.suffix in (".csv", ".tsv"):
        raise _is_a_table(document)
    for mark, name in _OTHERS:
        if start.startswith(mark):
            raise RefusedFile(f"{document.path} is {name}; {_expected()}")


def _expected() -> str:
    return f"taken are {TAKEN}"


def _each(documents: Iterator[Document | RefusedItem], format: str) -> Iterator[Item]:  # noqa: A002
    """What each document holds; one that cannot be read is a refused item."""
    for document in documents:
        if isinstance(document, RefusedItem):
            yield document
            continue
        try:
            if document.start(4).startswith(b"PK"):
                yield RefusedItem(f"{document.name}: an archive within an archive is not opened; send it by itself")
                continue
            yield from read_document(document, format)
        except RefusedFile as error:
            yield RefusedItem(str(error))
        except DAMAGED as error:
            yield RefusedItem(f"{document.name}: damaged ({error}); what stands before is taken")
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  whatever one document does, the others are read
            yield RefusedItem(f"{document.name}: cannot be read: {type(error).__name__} while reading it")


def _looked_into(documents: Iterator[Document | RefusedItem], path: str) -> Iterator[Document | RefusedItem]:
    """The same, with the first looked at now: what is wrong with the whole archive is said before the first item."""
    first = next(documents, None)
    if first is None:
        raise RefusedFile(f"{path} holds no file that could be an article; {_expected()}")
    return chain([first], documents)


def _feed(document: Document) -> Iterator[Item]:
    try:
        parsed = parse_now(document.body(what="feed"))
    except FeedError as error:
        raise RefusedFile(str(error).replace("the document", document.path, 1)) from error
    return iter(distinct([entry.submission() for entry in parsed.entries]))


def _page(document: Document) -> Iterator[Item]:
    try:
        page = read_page(document.body(what="web page"), url=f"file:///{document.name}")
    except FeedError as error:
        return iter([RefusedItem(str(error).removeprefix("file:///"))])
    submission = page.submission
    return iter([submission if submission.url else replace(submission, guid=f"{document.name} {submission.title}")])


def _one(parse: Callable[[str, str], Submission]) -> Callable[[Document], Iterator[Item]]:
    """A reader of documents that are one article each, written in UTF-8."""

    def read(document: Document) -> Iterator[Item]:
        body = document.body(4 * markdown.MAX_TEXT, "text")
        try:
            text = body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
            return iter([parse(text, document.name)])
        except UnicodeDecodeError as error:
            return iter([RefusedItem(f"{document.name}: not UTF-8 at byte {error.start + 1}; save the file as UTF-8")])
        except RefusedItem as error:
            return iter([RefusedItem(f"{document.name}: {error}")])

    return read


def _plain(text: str, name: str) -> Submission:
    if len(text) > markdown.MAX_TEXT:
        raise RefusedItem(f"longer than the {markdown.MAX_TEXT:,} characters allowed for one article")
    submission = from_text(text)
    return submission if submission.url else replace(submission, guid=f"{name} {submission.title}")


_READERS: Final[dict[str, Callable[[Document], Iterator[Item]]]] = {
    "jsonl": jsonl.read,
    "feed": _feed,
    "wxr": wxr.read,
    "opml": opml.read,
    "markdown": _one(markdown.parse),
    "html": _page,
    "text": _one(_plain),
}
FORMATS: Final = ("auto", *_READERS)
