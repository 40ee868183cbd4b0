"""XML from strangers, as it streams by: nothing expanded, nothing fetched, nothing kept, no depth that hurts.

Expat builds no tree. Documents that declare entities are refused: neither OPML nor WXR has any use for them.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import Any, BinaryIO, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from bot.errors import RefusedFile

CHUNK: Final = 1 << 16
MAX_TOKEN: Final = 5_000_000  # characters of one tag
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_SUPERSETS: Final = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "ascii": "cp1252"}
_INVALID: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOSE: Final = re.compile(
    r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)([a-zA-Z][a-zA-Z0-9]{1,31};)?"
    r"|&#(?:0{0,4}(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0{0,4}(?:[0-8bcBCeEfF]|1[0-9a-fA-F]));"
)


@dataclass(frozen=True, slots=True)
class Start:
    """A tag that opens, its name as written; `line` from 1."""

    name: str
    attributes: dict[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class End:
    name: str


Event = Start | str | End  # a str is text


def encoding_of(start: bytes) -> str:
    """The codec of an XML document: by byte order mark, else as it declares, else UTF-8."""
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    declared = _DECLARED.search(start[:1000])
    name = declared[1].decode().lower().replace("_", "-") if declared else "utf-8"
    name = _SUPERSETS.get(name, name)
    try:
        b"a".decode(name)  # hex and rot13 are codecs too, and raise LookupError
    except (LookupError, UnicodeError):
        return "utf-8"
    # What could be read as ASCII so far is no UTF-16, whatever it says; UTF-7 is a way to hide tags.
    return "utf-8" if name.startswith(("utf-16", "utf-32", "utf-7", "utf7", "ucs")) else name


def decoded(file: BinaryIO) -> Iterator[str]:
    """The document's text, a chunk at a time, without the characters that XML forbids, nor white space before it."""
    chunk = file.read(CHUNK)
    decoder = codecs.getincrementaldecoder(_true_encoding(file, chunk))("replace")
    yield _INVALID.sub("", decoder.decode(chunk)).lstrip("\ufeff \t\r\n")
    while chunk := file.read(CHUNK):
        yield _INVALID.sub("", decoder.decode(chunk))
    yield _INVALID.sub("", decoder.decode(b"", final=True))


def _true_encoding(file: BinaryIO, start: bytes) -> str:
    """The codec; UTF-8 where the whole document is that, and not where it is not, whatever it declares."""
    name = encoding_of(start)
    if name.startswith(("utf-16", "utf-32")):
        return name
    place, decoder, is_ascii = file.tell(), codecs.getincrementaldecoder("utf-8")("strict"), start.isascii()
    try:
        decoder.decode(start)
        while chunk := file.read(CHUNK):
            is_ascii = is_ascii and chunk.isascii()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252" if name.startswith("utf-8") else name
    finally:
        file.seek(place)
    return name if is_ascii or name.startswith("utf-8") else "utf-8"


def mended(text: str) -> str:
    """The text with each `&` that begins no entity of XML escaped, as in `?a=1&b=2`, and HTML's names resolved."""
    return _LOOSE.sub(lambda found: _mend(found[0], found[1] or ""), text)


def _mend(found: str, name: str) -> str:
    if found.startswith("&#"):
        return ""
    return escape(html5[name]) if name in html5 else f"&amp;{name}"


def events(chunks: Iterable[str], where: str) -> Iterator[Event]:
    """What the document says, in its order. Raises RefusedFile where it ceases to be XML, with the line."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    found: list[Event] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append(Start(name, attributes, parser.CurrentLineNumber))

    def entity(name: str, *_: Any) -> None:  # noqa: ANN401
        raise RefusedFile(f"{where} declares the entity {name[:40]!r}; documents that declare entities are not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: found.append(End(name))
    parser.CharacterDataHandler = found.append
    parser.EntityDeclHandler = entity
    fed = 0
    try:
        for chunk in chunks:
            written = chunk.encode()
            fed += len(written)
            parser.Parse(written)
            yield from found
            found.clear()
            if fed - parser.CurrentByteIndex > MAX_TOKEN:
                raise RefusedFile(f"{where} line {parser.CurrentLineNumber}: one tag is longer than 5 MB")
        parser.Parse(b"", True)
        yield from found
    except expat.ExpatError as error:
        yield from found
        why = expat.ErrorString(error.code)
        raise RefusedFile(f"{where} line {error.lineno}: not well-formed XML ({why})") from error
