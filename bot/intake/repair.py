"""Documents that are not quite XML, mended before feedparser reads them, so that it loses nothing. Pure."""

import json
import re
from typing import Final
from xml.parsers import expat

_NOT_MARKUP: Final = rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<!DOCTYPE[^>\[]*\[.*?\]\s*>"
_AMPERSAND: Final = re.compile(_NOT_MARKUP + rb"|&(?!#\d+;|#[xX][0-9a-fA-F]+;|[a-zA-Z][\w.-]*;)", re.DOTALL)
_LINK_WITH_URI: Final = re.compile(rb"(<link\b[^<>]*?\s)(?=uri\s*=[^<>]*[^<>/\s]\s*>[^<>\s])")
_TAG: Final = re.compile(_NOT_MARKUP + rb"|<(/?)([A-Za-z_][\w:.-]*)(?:\s[^<>]*?)?(/?)>", re.DOTALL)
_REFERENCE: Final = re.compile(
    rb"&#(5[5-7]\d{3}|[xX][dD][89aAbB][0-9a-fA-F]{2});&#(5[5-7]\d{3}|[xX][dD][c-fC-F][0-9a-fA-F]{2});"
    rb"|&#(\d+|[xX][0-9a-fA-F]+);"
)
_DECLARED_ENCODING: Final = re.compile(r"""^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""")
_ENCODING_NAME: Final = re.compile(rb"[A-Za-z][\w.-]*")
_ENCODING: Final = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
# It is no UTF-16 in which that can be read, and UTF-7 is what tags are hidden in.
_NEVER: Final = (b"utf-16", b"utf-32", b"ucs-", b"utf-7", b"x-unicode-2-0-utf-7")
_STRAY: Final = re.compile("[\udc80-\udcff]")  # a byte that is no UTF-8, as "surrogateescape" keeps it
_ALONE: Final = re.compile("(?<=[ -~])[\udc80-\udcff](?![\udc80-\udcff])")  # of Windows-1252 then; else half a letter
_BEYOND_ASCII: Final = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_ROOT: Final = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)\b", re.IGNORECASE)
_VOID: Final = frozenset(
    {b"br", b"img", b"hr", b"input", b"wbr", b"area", b"base", b"col", b"embed", b"meta", b"param"}
)
_TEXTS: Final = frozenset(
    {b"title", b"link", b"description", b"guid", b"pubDate", b"category", b"comments", b"id", b"updated", b"published"}
    | {b"summary", b"content", b"content:encoded", b"language", b"copyright", b"generator", b"dc:creator", b"dc:date"}
)  # none holds another
_STUMBLING: Final = re.compile(rb"</?(?:width|height|psc:\w+)(?:\s[^<>]*)?>")
_MAX_DEPTH: Final = 200
_PREFIXES: Final = {
    b"atom": b"http://www.w3.org/2005/Atom",
    b"content": b"http://purl.org/rss/1.0/modules/content/",
    b"dc": b"http://purl.org/dc/elements/1.1/",
    b"media": b"http://search.yahoo.com/mrss/",
    b"itunes": b"http://www.itunes.com/dtds/podcast-1.0.dtd",
    b"feedburner": b"http://rssnamespace.org/feedburner/ext/1.0",
}


def repaired(body: bytes) -> bytes:
    """The document with lone `&` escaped, prefixes declared, and each end tag that has the wrong name set right."""
    body = _REFERENCE.sub(_character, body)
    # feedparser makes "AT&T;" of AT&T
    body = _AMPERSAND.sub(lambda found: b"&amp;" if found[0] == b"&" else found[0], body)
    body = _LINK_WITH_URI.sub(rb"\1data-", body)  # else the attribute is taken for the address, and the text lost
    body = _declared(body)
    body = (
        body[:20_000].replace(b"<!ENTITY", b"\n<!ENTITY") + body[20_000:]
    )  # each on a line, as feedparser looks for them
    return _balanced(body) if _has_wrong_tags(body) else body


def simplified(body: bytes) -> bytes:
    """The document without the elements over which feedparser stumbles when they are empty or stand elsewhere."""
    return _STUMBLING.sub(b"", body)


def narrowed(body: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8, and UTF-8 with a few bytes that are none without them; all else as it is."""
    encoding = json.detect_encoding(body)
    if encoding.startswith(("utf-16", "utf-32")):
        text = body.decode(encoding, "ignore").lstrip("\ufeff")
        return _DECLARED_ENCODING.sub(r"\1", text, count=1).encode("utf-8", "ignore")
    declared = _ENCODING.search(body[:200])
    if declared and (declared[1].lower().startswith(_NEVER) or not _ENCODING_NAME.fullmatch(declared[1])):
        return _ENCODING.sub(b'<?xml version="1.0"', body, count=1)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        return body
    text = body.decode("utf-8", "surrogateescape")
    bad = len(_STRAY.findall(text))
    if not bad or len(_BEYOND_ASCII.findall(text)) < 4 * bad:  # another encoding, whatever it says: feedparser guesses
        return body
    text = _ALONE.sub(lambda found: bytes([ord(found[0]) & 0xFF]).decode("cp1252", "ignore"), text)
    return _STRAY.sub("", text).encode()


def _character(reference: re.Match[bytes]) -> bytes:
    """The reference to a character, if it is one of XML's; two halves of one, as JavaScript counts, become one."""
    codes = [code for code in reference.groups() if code and len(code) < 12]
    numbers = [int(code[1:], 16) if code[:1] in b"xX" else int(code) for code in codes]
    if len(numbers) == 2 and 0xD800 <= numbers[0] < 0xDC00 <= numbers[1] < 0xE000:
        return b"&#%d;" % (0x10000 + ((numbers[0] & 0x3FF) << 10) + (numbers[1] & 0x3FF))
    return b"".join(b"&#%d;" % number for number in numbers if _is_of_xml(number))


def _is_of_xml(number: int) -> bool:
    return number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0xFFFF < number < 0x110000


def _declared(body: bytes) -> bytes:
    """With the prefixes declared that everybody knows: feedparser passes over `atom:link` where `atom` is not."""
    missing = [
        b' xmlns:%s="%s"' % (prefix, name)
        for prefix, name in _PREFIXES.items()
        if b"<%s:" % prefix in body and b"xmlns:%s" % prefix not in body
    ]
    root = _ROOT.search(body) if missing else None
    return body[: root.end()] + b"".join(missing) + body[root.end() :] if root else body


def _has_wrong_tags(body: bytes) -> bool:
    parser = expat.ParserCreate()
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        return error.code == expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
    except (ValueError, LookupError):  # an encoding that expat does not know
        return False
    return False


def _balanced(body: bytes) -> bytes:
    """With an end tag for each element: feedparser drops the text of `<language>en</langauge>`.

    An end tag of something that is not open ends the element it stands in, if nothing else does.
    """
    opened: list[tuple[bytes, list[tuple[int, int]]]] = []  # names, and the stray end tags within each
    edits: list[tuple[int, int, bytes]] = []
    for tag in _TAG.finditer(body):
        name = tag[2]
        if not name or tag[3] or name.lower() in _VOID:
            continue
        if not tag[1]:
            if opened and opened[-1][0] in _TEXTS and name in _TEXTS:
                edits.append((tag.start(), tag.start(), b"</%s>" % opened.pop()[0]))
            opened.append((name, []))
            if len(opened) > _MAX_DEPTH:
                return body
        elif name in (open_name for open_name, _strays in opened):
            while (last := opened.pop())[0] != name:
                begin, end = last[1][0] if last[1] else (tag.start(), tag.start())
                edits.append((begin, end, b"</%s>" % last[0]))
        elif opened:
            opened[-1][1].append(tag.span())
    return _edited(body, edits)


def _edited(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    pieces, position = [], 0
    for begin, end, text in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [body[position:begin], text]
        position = max(position, end)
    return b"".join([*pieces, body[position:]])
