"""The guarded way out: what may not be fetched is refused by a named rule, what is too much is given up."""

import asyncio
import gzip
import time
import zlib
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import FetchError
from bot.intake.fetch import Fetcher, HttpError, base_url, shown
from tests.intake.site import Answer, Site

FORBIDDEN = [
    ("http://127.0.0.1/", "127.0.0.0/8 is Loopback"),
    ("http://127.0.0.1./", "not allowed"),
    ("http://0x7f.1/", "not allowed"),
    ("http://2130706433/", "not allowed"),
    ("http://017700000001/", "not allowed"),
    ("http://0/", "not allowed"),
    ("http://[::1]/", "::1/128 is Loopback"),
    ("http://[::ffff:127.0.0.1]/", "127.0.0.0/8 is Loopback"),
    ("http://[64:ff9b::7f00:1]/", "127.0.0.0/8 is Loopback"),
    ("http://[fe80::1%25eth0]/", "not allowed"),
    ("http://169.254.169.254/latest/meta-data/", "169.254.169.254/32 is Cloud metadata"),
    ("http://10.0.0.5/", "10.0.0.0/8 is Private-Use"),
    ("http://192.168.1.1:8080/", "192.168.0.0/16 is Private-Use"),
    ("http://224.0.0.1/", "224.0.0.0/4 is Multicast"),
    ("http://255.255.255.255/", "Limited Broadcast"),
    ("http://LOCALHOST./", "is not a public address"),
    ("http://user:secret@example.org/feed", "may not carry a user name or password"),
    ("file:///etc/passwd", "only http and https"),
    ("ftp://example.org/", "only http and https"),
    ("gopher://127.0.0.1:70/_GET", "only http and https"),
    ("data:text/xml,<rss/>", "only http and https"),
    ("javascript:alert(1)", "only http and https"),
    ("jar:http://127.0.0.1!/x", "only http and https"),
    ("//example.org/feed", "only http and https"),
    ("example.org", "only http and https"),
    ("", "only http and https"),
    ("http://", "not allowed"),
    ("http://example.org:25/", "port 25"),
    ("http://example.org:99999/", "is not an address"),
    ("http://[::1", "is not an address"),
    ("http://example.org/%0d%0aX-Evil: 1", "space, line break"),
    ("http://example.org/\r\nHost: 127.0.0.1", "space, line break"),
    ("http://example.org\\@127.0.0.1/", "not allowed"),
    ("http://example.org/" + "a" * 3000, "longer than the 2048"),
]


@pytest.mark.parametrize(("url", "sentence"), FORBIDDEN, ids=lambda value: value[:40])
async def test_a_forbidden_address_is_refused_by_the_name_of_the_rule(url: str, sentence: str) -> None:
    async with Fetcher() as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url)
    assert sentence in str(caught.value)
    assert caught.value.reason == "refused"
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def resolver_for(*addresses: str) -> Any:
    """A resolver that answers each question with the next of these addresses, then with the last."""
    left = list(addresses)

    def resolve(host: str, port: int, *_rest: object, **_named: object) -> list[Any]:
        import socket

        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


async def test_a_name_that_resolves_to_a_forbidden_address_is_refused_and_never_connected_to(site: Site) -> None:
    site.pages["/"] = Answer(b"secret")
    async with Fetcher(resolver=resolver_for("127.0.0.1")) as fetcher:
        for _poll in range(3):
            with pytest.raises(FetchError, match=r"127\.0\.0\.1 is not a public address"):
                await fetcher.get(f"http://rebind.example:{site.port}/")
    assert site.requests == []


async def test_a_listed_network_may_be_reached_and_no_other(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Answer(b"hello", headers={"ETag": '"1"', "Content-Type": "text/plain"})
    fetched = await fetcher.get(f"{site.url}/feed")
    assert (fetched.body, fetched.status, fetched.etag, fetched.content_type) == (b"hello", 200, '"1"', "text/plain")
    with pytest.raises(FetchError, match=r"10\.0\.0\.5"):
        await fetcher.get("http://10.0.0.5/")


async def test_a_conditional_get_may_be_answered_with_not_modified(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Answer(status=304, headers={"ETag": '"2"'})
    fetched = await fetcher.get(f"{site.url}/feed", etag='"1"', last_modified="Tue, 24 Nov 2026 09:00:00 GMT")
    assert (fetched.not_modified, fetched.etag) == (True, '"2"')
    asked = site.requests[0][1]
    assert asked["if-none-match"] == '"1"'
    assert asked["if-modified-since"] == "Tue, 24 Nov 2026 09:00:00 GMT"
    assert "Paperboy" in asked["user-agent"]


@pytest.mark.parametrize(
    "location", ["http://10.0.0.5/", "file:///etc/passwd", "//169.254.169.254/", "gopher://x/", "http://[::1]/"]
)
async def test_every_redirect_is_judged(site: Site, fetcher: Fetcher, location: str) -> None:
    site.pages["/feed"] = Answer(status=302, headers={"Location": location})
    with pytest.raises(FetchError) as caught:
        await fetcher.get(f"{site.url}/feed")
    assert caught.value.reason == "refused"


async def test_redirects_are_followed_and_permanent_ones_are_told(site: Site, fetcher: Fetcher) -> None:
    site.pages["/old"] = Answer(status=301, headers={"Location": "/new"})
    site.pages["/temporary"] = Answer(status=302, headers={"Location": "/old"})
    site.pages["/new"] = Answer(b"here")
    assert (await fetcher.get(f"{site.url}/old")).moved_to == f"{site.url}/new"
    fetched = await fetcher.get(f"{site.url}/temporary")
    assert (fetched.url, fetched.moved_to, fetched.body) == (f"{site.url}/new", None, b"here")


async def test_after_five_redirects_it_is_enough(site: Site, fetcher: Fetcher) -> None:
    for number in range(9):
        site.pages[f"/{number}"] = Answer(status=302, headers={"Location": f"/{number + 1}"})
    site.pages["/9"] = Answer(b"end")
    assert (await fetcher.get(f"{site.url}/4")).body == b"end"
    with pytest.raises(FetchError, match="more than 5 redirects"):
        await fetcher.get(f"{site.url}/3")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello" * 100, mtime=0)),
        ("deflate", zlib.compress(b"hello" * 100)),
        ("deflate", zlib.compress(b"hello" * 100, wbits=-15)),
        ("identity", b"hello" * 100),
    ],
    ids=["gzip", "zlib", "raw deflate", "identity"],
)
async def test_compressed_bodies_are_inflated(site: Site, fetcher: Fetcher, encoding: str, body: bytes) -> None:
    site.pages["/"] = Answer(body, headers={"Content-Encoding": encoding})
    assert (await fetcher.get(f"{site.url}/")).body == b"hello" * 100


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b"x" * 1_000_001), "large"),
        (Answer(gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}), "large"),
        (Answer(b"\x8b\x00\x80hi\x03", headers={"Content-Encoding": "br"}), "encoding"),
        (Answer(b"not gzip at all", headers={"Content-Encoding": "gzip"}), "encoding"),
        (Answer(status=404), "http"),
        (Answer(status=500, body=b"oops"), "http"),
    ],
)
async def test_bodies_too_large_unreadable_or_absent_are_refused(
    site: Site, fetcher: Fetcher, answer: Answer, reason: str
) -> None:
    site.pages["/"] = answer
    with pytest.raises(FetchError) as caught:
        await fetcher.get(f"{site.url}/")
    assert caught.value.reason == reason
    assert str(caught.value).startswith(site.url)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("1000000000000", timedelta(hours=24)),
        ("-5", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta()),
        ("Thu, 01 Jan 2170 00:00:00 GMT", timedelta(hours=24)),
        ("soon", None),
    ],
)
async def test_retry_after_is_kept_within_a_day(
    site: Site, fetcher: Fetcher, header: str, expected: timedelta | None
) -> None:
    site.pages["/"] = Answer(status=429, headers={"Retry-After": header})
    with pytest.raises(HttpError) as caught:
        await fetcher.get(f"{site.url}/")
    assert (caught.value.status, caught.value.retry_after) == (429, expected)


async def test_a_server_that_drips_is_given_up_at_the_deadline(site: Site) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    site.pages["/"] = drip
    async with Fetcher(allow_private=True, deadline=timedelta(seconds=0.4)) as fetcher:
        started = time.perf_counter()
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"{site.url}/")
    assert caught.value.reason == "timeout"
    assert time.perf_counter() - started < 5


async def test_a_name_server_that_does_not_answer_is_given_up_at_the_deadline() -> None:
    def stall(*_args: object, **_named: object) -> list[Any]:
        time.sleep(3)
        return []

    async with Fetcher(resolver=stall, deadline=timedelta(seconds=0.2)) as fetcher:
        started = time.perf_counter()
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://example.org/")
        assert time.perf_counter() - started < 2
    assert caught.value.reason == "timeout"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
    ],
    ids=["nothing", "another protocol", "cut short", "endless headers"],
)
async def test_answers_that_are_no_http_are_network_errors(site: Site, fetcher: Fetcher, raw: bytes) -> None:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    site.pages["/"] = write
    with pytest.raises(FetchError) as caught:
        await fetcher.get(f"{site.url}/")
    assert caught.value.reason == "network"


async def test_nobody_listening_is_a_network_error(fetcher: Fetcher, unused_tcp_port: int) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(f"http://127.0.0.1:{unused_tcp_port}/")
    assert caught.value.reason == "network"


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        ("https://a.example/x", None, "https://a.example/x"),
        ("https://a.example/x", "/y", "https://a.example/y"),
        ("https://a.example/x", "https://b.example/", "https://b.example/"),
        ("https://a.example/x", "javascript:alert(1)", "https://a.example/x"),
        (None, "https://b.example/", "https://b.example/"),
        (None, None, None),
    ],
)
def test_the_base_of_a_documents_links(url: str | None, location: str | None, expected: str | None) -> None:
    assert base_url(url, location) == expected


def test_credentials_are_never_shown() -> None:
    assert shown("https://user:pw@example.org/a b") == "https://example.org/a b"
    assert "pw" not in shown("https://user:pw@[broken/")


async def test_a_proxy_is_asked_where_one_is_configured_and_the_rules_stay(site: Site) -> None:
    site.pages["http://example.org/feed"] = Answer(b"through the proxy")
    async with Fetcher(proxy=site.url) as fetcher:
        assert (await fetcher.get("http://example.org/feed")).body == b"through the proxy"
        with pytest.raises(FetchError, match="Loopback"):
            await fetcher.get("http://127.0.0.1/")
    assert [path for path, _headers in site.requests] == ["http://example.org/feed"]
