"""The feeds that a page leads to are found, each read before it is offered, and each once."""

import pytest

from bot.errors import FeedError, FetchError
from bot.intake.discover import FoundFeed, find_feeds, newest, read_link
from bot.intake.fetch import Fetcher
from bot.intake.page import read_page
from bot.intake.parsing import Parsers, parse_now
from bot.intake.places import known_feed, usual_places
from bot.intake.preview import preview
from tests.intake.site import Answer, Site, item, rss

HTML = {"Content-Type": "text/html"}
Found = list[str]


def page(head: str = "", body: str = "") -> Answer:
    html = f"<!doctype html><html><head><title>Harbour</title>{head}</head><body><p>Welcome.</p>{body}</body></html>"
    return Answer(html.encode(), headers=HTML)


def link(href: str, kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}">'


async def found(site: Site, path: str, fetcher: Fetcher, parsers: Parsers) -> Found:
    return [feed.url.removeprefix(site.url) for feed in await find_feeds(f"{site.url}{path}", fetcher, parsers)]


def asked(site: Site) -> Found:
    return [path for path, _headers in site.requests]


async def test_what_a_page_announces_is_found_and_what_is_no_feed_is_left_out(
    site: Site, fetcher: Fetcher, parsers: Parsers
) -> None:
    site.pages |= {
        "/": page(
            link("/a.xml") + link("/gone") + link("b", "application/atom+xml") + link("/page") + link("/x", "x/y")
        ),
        "/a.xml": Answer(rss(item(1))),
        "/b": Answer(rss(item(2))),
        "/page": page(),
        "/x": Answer(rss(item(3))),
    }
    assert await found(site, "/", fetcher, parsers) == ["/a.xml", "/b"]


async def test_one_feed_under_several_addresses_is_found_once(site: Site, fetcher: Fetcher, parsers: Parsers) -> None:
    site.pages |= {"/": page(link("/a") + link("/b")), "/a": Answer(rss(item(1))), "/b": Answer(rss(item(1)))}
    assert await found(site, "/", fetcher, parsers) == ["/a"]


async def test_without_announcements_links_that_look_like_feeds_are_tried(
    site: Site, fetcher: Fetcher, parsers: Parsers
) -> None:
    links = '<a href="/blog/rss.xml">RSS</a> <a href="/about">About</a> <a href="http://127.0.0.2/feed">Others</a>'
    site.pages |= {"/": page(body=links), "/blog/rss.xml": Answer(rss(item(1)))}
    assert await found(site, "/", fetcher, parsers) == ["/blog/rss.xml"]
    assert asked(site) == ["/", "/blog/rss.xml"]


async def test_then_the_usual_places_and_no_more_of_them_than_a_few(
    site: Site, fetcher: Fetcher, parsers: Parsers
) -> None:
    site.pages |= {"/blog/": page(), "/atom.xml": Answer(rss(item(1)))}
    assert await found(site, "/blog/", fetcher, parsers) == ["/atom.xml"]
    assert len(asked(site)) <= 13
    site.pages.pop("/atom.xml")
    assert await found(site, "/blog/", fetcher, parsers) == []


async def test_a_page_that_announces_feeds_is_asked_for_no_others(
    site: Site, fetcher: Fetcher, parsers: Parsers
) -> None:
    site.pages |= {"/": page(link("/a"), '<a href="/rss">x</a>'), "/a": Answer(rss(item(1)))}
    await found(site, "/", fetcher, parsers)
    assert asked(site) == ["/", "/a"]


async def test_the_address_of_a_feed_is_that_feed(site: Site, fetcher: Fetcher, parsers: Parsers) -> None:
    site.pages["/feed"] = Answer(rss(item(1)))
    assert await found(site, "/feed", fetcher, parsers) == ["/feed"]


async def test_forbidden_addresses_that_a_page_announces_are_not_fetched(site: Site, parsers: Parsers) -> None:
    site.pages["/"] = page(link("http://10.0.0.1/feed") + link("file:///etc/passwd") + link("http://[::1]/feed"))
    async with Fetcher(allow_private=["127.0.0.1/32"]) as fetcher:
        assert await found(site, "/", fetcher, parsers) == []


async def test_what_cannot_be_looked_at_says_why(site: Site, fetcher: Fetcher, parsers: Parsers) -> None:
    with pytest.raises(FetchError, match="404"):
        await find_feeds(f"{site.url}/none", fetcher, parsers)
    site.pages["/empty"] = Answer(b"", headers=HTML)
    with pytest.raises(FeedError, match="neither a title nor text"):
        await find_feeds(f"{site.url}/empty", fetcher, parsers)


def test_the_feeds_of_comments_come_last_and_odd_ways_to_write_a_feed_are_understood() -> None:
    head = (
        link("/comments/feed/") + link("/feed/") + link("feed:https://example.org/old", "text/rss+xml; charset=x")
        + link("/feed.json", "application/json") + link("/wp-json/posts/1", "application/json")
        + '<link rel="feed" href="/micro">'
        + '<LINK REL="Alternate Stylesheet" TYPE="APPLICATION/ATOM+XML" HREF="caps">'
    )  # fmt: skip
    answer = page(head)
    assert [feed.url for feed in read_page(answer.body, url="https://example.org/").feeds] == [
        "https://example.org/feed/",
        "https://example.org/old",
        "https://example.org/feed.json",
        "https://example.org/micro",
        "https://example.org/caps",
        "https://example.org/comments/feed/",
    ]


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv", "videos.xml?channel_id=UCabcdefghijklmnopqrstuv"),
        ("https://m.youtube.com/playlist?list=PL123", "https://www.youtube.com/feeds/videos.xml?playlist_id=PL123"),
        ("https://github.com/owner/name", "https://github.com/owner/name/releases.atom"),
        ("https://github.com/owner/name/tags", "https://github.com/owner/name/tags.atom"),
        ("https://old.reddit.com/r/bread/", "https://www.reddit.com/r/bread/.rss"),
        ("https://github.com/owner", ""),
        ("https://www.youtube.com/@name", ""),
        ("https://example.org/channel/UCabcdefghijklmnopqrstuv", ""),
        ("http://[", ""),
    ],
)
def test_sites_that_document_where_their_feeds_are_need_no_search(url: str, feed: str) -> None:
    assert (known_feed(url) or "").endswith(feed)
    assert bool(known_feed(url)) == bool(feed)


def test_the_usual_places_are_of_the_same_host() -> None:
    places = usual_places("https://example.org/blog/?page=2#top")
    assert places[0] == "https://example.org/blog/feed"
    assert "https://example.org/index.xml" in places
    assert all(place.startswith("https://example.org/") for place in places)


def test_the_newest_come_first_by_their_dates_or_as_they_are_listed() -> None:
    def titles(*days: str) -> list[str]:
        dates = [f"<pubDate>{day} Nov 2026 10:00:00 GMT</pubDate>" if day else "" for day in days]
        parsed = parse_now(rss(*(item(number) + date for number, date in enumerate(dates))))
        return [entry.title for entry in newest(parsed)]

    assert titles("01", "03", "02") == ["Story 1", "Story 2", "Story 0"]
    assert titles("01", "", "02") == ["Story 0", "Story 1", "Story 2"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,<p>x", "file:///etc/passwd", "ftp://x/y"])
async def test_what_is_no_address_of_the_web_is_refused_as_one_and_not_looked_for_on_disk(
    fetcher: Fetcher, parsers: Parsers, address: str
) -> None:
    with pytest.raises(FetchError, match="only http and https"):
        await preview(address, fetcher, parsers)


async def test_a_feed_is_known_by_the_address_asked_for_unless_it_has_moved_for_good(
    site: Site, fetcher: Fetcher, parsers: Parsers
) -> None:
    site.pages["/feed"] = Answer(rss(item(1)))
    for status, known in ((302, "/old"), (301, "/feed")):
        site.pages["/old"] = Answer(
            status=status, headers={"Location": "/feed?signed=once" if status == 302 else "/feed"}
        )
        site.pages["/feed?signed=once"] = Answer(rss(item(1)))
        found = await read_link(f"{site.url}/old", fetcher, parsers)
        assert isinstance(found, FoundFeed)
        assert found.url == f"{site.url}{known}"
