"""Feed documents made to hurt: slow, large, deep, lying. Each must be read or refused, and stall nothing."""

import json
from typing import Final

from tests.intake.site import rss

MEGABYTE: Final = 1_000_000


def entry(description: str) -> bytes:
    return rss(f"<title>t</title><link>https://example.org/1</link><description>{description}</description>")


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE r [<!ENTITY l0 "lol">{entities}]>'.encode() + rss("<title>&l9;</title>")


def _large_text(count: int, size: int) -> bytes:
    return rss(
        *(f"<guid>{n}</guid><title>{n}</title><description>{'word ' * (size // 5)}</description>" for n in range(count))
    )


def slow() -> dict[str, bytes]:
    """What keeps feedparser busy for many seconds, or without end."""
    return {
        "1 MB of attributes": b"<rss><channel><item><title "
        + b" ".join(b'a%d="1"' % n for n in range(90_000))
        + b">x</title></item></channel></rss>",
        "1 MB of open comments": entry("&lt;!-- " * (MEGABYTE // 8)) + b"<",
        "200,000 nested elements": b"<rss><channel>" + b"<a>" * 200_000,
        "1 MB of author, id, link, date and tag": rss(
            *(
                f"<title>t</title><{name}>{'x' * MEGABYTE}</{name}>"
                for name in ("author", "guid", "link", "pubDate", "category")
            )
        ),
        "5 MB of ampersands": entry("&" * 5 * MEGABYTE),
        "1 MB of open CDATA": b"<rss><channel><item><title>" + b"<![CDATA[" * (MEGABYTE // 9),
    }


def documents() -> dict[str, bytes]:
    """The others, which are answered within the limits of a child."""
    return {
        "billion laughs": _laughs(),
        "quadratic laughs": b'<!DOCTYPE r [<!ENTITY a "%s">]>' % (b"x" * 100_000) + entry("&a;" * 10_000),
        "200,000 items": rss(*["<title>t</title>"] * 200_000),
        "200,000 nested tags in a text": entry("&lt;b>" * 200_000),
        "100,000 reopened tags": entry(
            "&lt;p>" + "".join(f"&lt;b title={n}>" for n in range(98)) + "&lt;/p>" + "&lt;p>x&lt;/p>" * 100_000
        ),
        "10 MB of text": entry("x" * 10 * MEGABYTE),
        "5 MB of title": rss(f"<title>{'word ' * MEGABYTE}</title>"),
        "500 entries of 25 KB": _large_text(500, 25_000),
        "20 entries of 700 KB": _large_text(20, 700_000),
        "JSON of 200,000 nested lists": b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 200_000,
        "JSON of 100,000 items": json.dumps(
            {"items": [{"id": str(n), "content_text": "x"} for n in range(100_000)]}
        ).encode(),
        "JSON with a number of 10,000 digits": b'{"items": [{"id": ' + b"1" * 10_000 + b"}]}",
        "JSON of NaN": b'{"version":"https://jsonfeed.org/version/1.1","title":NaN,"items":[{"id":"1","id":"2"}]}',
        "zeros": b"\0" * MEGABYTE,
        "half of a UTF-16 letter": b"\xff\xfe<\0r\0s",
    }
