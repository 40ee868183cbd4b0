"""A link becomes an article, or the feed that stands behind it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FeedError, PageError
from bot.intake.discover import FoundFeed, read_link
from bot.intake.fetch import Fetcher
from bot.intake.page import Page, read_page
from bot.intake.parsing import Parsers
from bot.intake.preview import preview
from tests.intake.site import Answer, Site, item, rss

URL = "https://example.org/news/tide"
PAGE = """<!doctype html><html lang="en-GB"><head><title>Tide tables | Harbour</title>
<meta property="og:title" content="Tide tables &amp; more">
<meta property="og:description" content="When the sea comes in.">
<meta property="og:image" content="/tide.jpg"><meta name="author" content="Ann Pier">
<meta property="article:published_time" content="2026-11-20T08:30:00+01:00">
<meta property="article:tag" content="sea"><meta property="article:tag" content="tide">
<link rel="canonical" href="https://www.example.org/news/tide-tables">
<link rel="alternate" type="application/rss+xml" title="News" href="/feed.xml">
<link rel="alternate" type="application/atom+xml" href="https://example.org/atom">
<link rel="alternate" hreflang="fr" href="/fr"></head>
<body><nav><p>Home</p></nav><article><h1>Tide tables</h1>
<p>The tide <b>turns</b> at noon. <script>alert(1)</script><a href="map">Map</a></p>
<ul><li>High</li><li>Low</li></ul><p onclick="x()">Second paragraph, long enough to be an article of its own, with words
enough that the reader sees that this is the text, and not a notice beside it.</p>
<aside><p>Subscribe to our newsletter</p></aside></article><footer><p>Imprint</p></footer></body></html>"""


def test_a_page_is_read_by_its_open_graph_and_its_paragraphs() -> None:
    page = read_page(PAGE.encode(), content_type="text/html; charset=utf-8", url=URL)
    article = page.submission
    assert (article.title, article.summary) == ("Tide tables & more", "When the sea comes in.")
    assert article.url == "https://www.example.org/news/tide-tables"
    assert (article.author, article.language, article.tags) == ("Ann Pier", "en-GB", ("sea", "tide"))
    assert article.image_url == "https://example.org/tide.jpg"
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2026-11-20T07:30:00+00:00"
    assert '<p>The tide <b>turns</b> at noon. <a href="https://example.org/news/map">Map</a></p>' in article.body
    assert "<li>High</li>" in article.body
    for outside in ("Home", "newsletter", "Imprint", "alert", "onclick"):
        assert outside not in article.body
    assert [(feed.url, feed.title) for feed in page.feeds] == [
        ("https://example.org/feed.xml", "News"),
        ("https://example.org/atom", ""),
    ]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>Only &lt;a&gt; title</title>", "Only <a> title"),
        ("<h1>A <i>heading</i></h1><p>Text", "A heading"),
        ("<p>Just a paragraph of text.", "Just a paragraph of text."),
    ],
)
def test_a_page_without_open_graph_has_a_title_still(html: str, title: str) -> None:
    assert read_page(f"<html>{html}".encode(), url=URL).submission.title == title


def test_a_page_may_not_give_itself_out_for_another_site() -> None:
    page = '<html><title>x</title><link rel="canonical" href="https://bank.example/login">'
    assert read_page(page.encode(), url=URL).submission.url == URL


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><title>Кафе</title>".encode("cp1251"), "text/html; charset=windows-1251"),
        ('<html><meta charset="koi8-r"><title>Кафе</title>'.encode("koi8-r"), "text/html"),
        ("<html><title>Кафе</title>".encode("utf-16"), "text/html"),
        ("<html><title>Кафе</title>".encode(), ""),
        ("<html><title>Кафе</title>".encode(), "text/html; charset=nonsense"),
    ],
)
def test_pages_in_other_encodings_are_read(body: bytes, content_type: str) -> None:
    assert read_page(body, content_type=content_type, url=URL).submission.title == "Кафе"


@pytest.mark.parametrize(
    ("body", "content_type", "sentence"),
    [
        (b"%PDF-1.7", "application/pdf", "is 'application/pdf', where a web page was expected"),
        (b"", "text/html", "neither a title nor text"),
        (b"<html><body></body></html>", "text/html", "neither a title nor text"),
    ],
)
def test_what_is_no_page_is_refused_with_a_sentence(body: bytes, content_type: str, sentence: str) -> None:
    with pytest.raises(FeedError, match=sentence):
        read_page(body, content_type=content_type, url=URL)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<html><title>{text}<p>{text}".encode()))
def test_any_bytes_are_a_page_or_refused(body: bytes) -> None:
    try:
        page = read_page(body, url=URL)
    except FeedError:
        return
    assert page.submission.title


async def test_behind_a_link_is_a_feed_or_a_page(site: Site, fetcher: Fetcher, parsers: Parsers) -> None:
    site.pages["/feed"] = Answer(rss(item(1)), headers={"Content-Type": "text/html"})
    site.pages["/old"] = Answer(status=301, headers={"Location": "/feed"})
    site.pages["/page"] = Answer(PAGE.encode(), headers={"Content-Type": "text/html"})
    found = await read_link(f"{site.url}/old", fetcher, parsers)
    assert isinstance(found, FoundFeed)
    assert (found.url, found.parsed.feed.title) == (f"{site.url}/feed", "Harbour News")
    page = await read_link(f"{site.url}/page", fetcher, parsers)
    assert isinstance(page, Page)
    assert page.submission.title == "Tide tables & more"


@pytest.mark.parametrize(
    "body",
    [
        rss(item(1)),
        b"<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0//EN'>" + rss(item(1)),
        ('<?xml version="1.0" encoding="utf-16"?>' + rss(item(1)).decode()).encode("utf-16"),
    ],
    ids=["plain", "doctype of a page", "utf-16"],
)
async def test_a_feed_is_known_whatever_stands_before_it(
    site: Site, fetcher: Fetcher, parsers: Parsers, tmp_path: Path, body: bytes
) -> None:
    site.pages["/feed"] = Answer(body, headers={"Content-Type": "text/html"})
    assert isinstance(await read_link(f"{site.url}/feed", fetcher, parsers), FoundFeed)
    (tmp_path / "feed").write_bytes(body)
    assert (await preview(str(tmp_path / "feed"), fetcher, parsers))["entries"][0]["title"] == "Story 1"


async def test_what_is_neither_feed_nor_page_is_refused(site: Site, fetcher: Fetcher, parsers: Parsers) -> None:
    site.pages["/x"] = Answer(b"%PDF-1.7", headers={"Content-Type": "application/pdf"})
    with pytest.raises(PageError, match=r"is a file \(application/pdf\), where a web page or a feed was expected"):
        await read_link(f"{site.url}/x", fetcher, parsers)
    site.pages["/x"] = Answer(b"just words", headers={"Content-Type": "text/plain"})
    with pytest.raises(FeedError, match="neither RSS nor Atom nor JSON Feed"):
        await read_link(f"{site.url}/x", fetcher, parsers)


async def test_a_preview_shows_the_fields_of_the_interface(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    site.pages["/page"] = Answer(PAGE.encode(), headers={"Content-Type": "text/html"})
    saved = tmp_path / "feed.xml"
    saved.write_bytes(rss(item(1, title="AT&amp;T &lt;i&gt;grows&lt;/i&gt;")))
    async with Parsers() as parsers:
        feed = await preview(str(saved), fetcher, parsers)
        page = await preview(f"{site.url}/page", fetcher, parsers)
        (tmp_path / "notes.txt").write_text("just words")
        with pytest.raises(FeedError, match=r"notes\.txt is neither"):
            await preview(str(tmp_path / "notes.txt"), fetcher, parsers)
    assert feed == {
        "feed": {
            "title": "Harbour News",
            "link": "https://example.org/",
            "id": None,
            "author": None,
            "updated": None,
            "published": None,
            "summary": None,
            "language": None,
        },
        "entries": [
            {
                "title": "AT&T grows",
                "link": "https://example.org/1",
                "id": "story-1",
                "author": None,
                "published": None,
                "updated": None,
                "summary": "Some words.",
                "content": "Some words.",
            }
        ],
    }
    assert page["feeds"] == [f"{site.url}/feed.xml", "https://example.org/atom"]
    assert page["article"]["published_at"] == "2026-11-20T07:30:00Z"
    assert set(page["article"]) >= {
        "url",
        "title",
        "summary",
        "body",
        "author",
        "language",
        "tags",
        "image_url",
        "state",
    }
