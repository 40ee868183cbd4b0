"""Documents that are not quite XML, mended before feedparser reads them, so that it loses nothing. Pure."""

import re
from typing import Final
from xml.parsers import expat

_NOT_MARKUP: Final = rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<!DOCTYPE[^>\[]*\[.*?\]\s*>"
_AMPERSAND: Final = re.compile(
    _NOT_MARKUP + rb"|&(?!#\d+;|#[xX][0-9a-fA-F]+;|[a-zA-Z][\w.-]*;)", re.DOTALL
)
_LINK_WITH_URI: Final = re.compile(rb"(<link\b[^<>]*?\s)(?=uri\s*=[^<>]*[^<>/\s]\s*>[^<>\s])")
_TAG: Final = re.compile(_NOT_MARKUP + rb"|<(/?)([A-Za-z_][\w:.-]*)(?:\s[^<>]*?)?(/?)>", re.DOTALL)
_ROOT: Final = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)\b", re.IGNORECASE)
_VOID: Final = frozenset({b"br", b"img", b"hr", b"input", b"wbr", b"area", b"base", b"col", b"embed", b"meta", b"param"})
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
    if is_wide(body):
        return body
    # feedparser makes "AT&T;" of AT&T
    body = _AMPERSAND.sub(lambda found: b"&amp;" if found[0] == b"&" else found[0], body)
    body = _LINK_WITH_URI.sub(rb"\1data-", body)  # else the attribute is taken for the address, and the text lost
    body = _declared(body)
    return body if _is_well_formed(body) else _balanced(body)


def is_wide(body: bytes) -> bool:
    """Whether it is written in two or four bytes a character."""
    return b"\0" in body[:100]


def _declared(body: bytes) -> bytes:
    """With the prefixes declared that everybody knows: feedparser passes over `atom:link` where `atom` is not."""
    missing = [
        b" xmlns:%s=\"%s\"" % (prefix, name)
        for prefix, name in _PREFIXES.items()
        if b"<%s:" % prefix in body and b"xmlns:%s" % prefix not in body
    ]
    root = _ROOT.search(body) if missing else None
    return body[: root.end()] + b"".join(missing) + body[root.end() :] if root else body


def _is_well_formed(body: bytes) -> bool:
    parser = expat.ParserCreate()
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        return error.code != expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
    except ValueError:  # an encoding of several bytes a character, which expat does not know
        pass
    return True


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
