"""The guarded way out: what may not be fetched is refused by a named rule, what is too much is given up."""

import asyncio
import gzip
import time
import tomllib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import FetchError
from bot.intake.fetch import Fetcher, HttpError, base_url
from tests.clock import HandClock
from tests.intake.site import Answer, Site, resolver_for


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """What is done within is refused by the rules, with these words."""
    with pytest.raises(FetchError) as caught:
        yield
    assert caught.value.reason == "refused"
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"])
async def test_a_name_that_leads_to_a_forbidden_address_is_refused_and_never_connected_to(
    site: Site, address: str
) -> None:
    site.pages["/"] = Answer(b"secret")
    async with Fetcher(resolver=resolver_for(address)) as fetcher:
        for _poll in range(3):
            with refused(f"http://inner.example:{site.port}/ is not allowed: {address} is not a public address"):
                await fetcher.get(f"http://inner.example:{site.port}/")
    assert site.requests == []


async def test_a_name_that_leads_to_public_and_private_addresses_at_once_is_refused(site: Site) -> None:
    site.pages["/"] = Answer(b"secret")
    for answers in ("8.8.8.8 127.0.0.1", "127.0.0.1 8.8.8.8"):
        async with Fetcher(resolver=resolver_for(answers)) as fetcher:
            with refused("both permitted and denied addresses", "127.0.0.0/8 is Loopback"):
                await fetcher.get(f"http://mixed.example:{site.port}/")
    assert site.requests == []


async def test_a_name_that_is_public_at_first_and_inner_afterwards_reaches_nothing(site: Site) -> None:
    """Rebinding: what was judged is what is connected to, and the next poll is judged again."""
    site.pages["/"] = Answer(b"secret")
    resolver = resolver_for("8.8.8.8", "127.0.0.1")
    async with Fetcher(resolver=resolver, deadline=timedelta(seconds=0.5)) as fetcher:
        with pytest.raises(FetchError) as first:
            await fetcher.get(f"http://rebind.example:{site.port}/")
        assert first.value.reason in ("timeout", "network"), "8.8.8.8 was asked, and not what the name became"
        for _poll in range(2):
            with refused("127.0.0.1 is not a public address"):
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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.5/",
        "http://[::1]/",
        "http://0x7f.1/",
        "//169.254.169.254/",
        "\\\\169.254.169.254\\",
        "http://user:secret@example.org/",
        "https://127.0.0.1:22/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:80/_GET",
        "data:text/html,x",
        "javascript:alert(1)",
        "/x%0d%0aHost:%20127.0.0.1",
        "http://[broken/",
        "/" + "a" * 3000,
    ],
)
async def test_every_redirect_is_judged(site: Site, fetcher: Fetcher, status: int, location: str) -> None:
    site.pages["/feed"] = Answer(status=status, headers={"Location": location})
    with refused():
        await fetcher.get(f"{site.url}/feed")
    assert [path for path, _headers in site.requests] == ["/feed"]


async def test_a_redirect_to_a_name_that_leads_inside_is_refused(site: Site) -> None:
    site.pages["/feed"] = Answer(status=301, headers={"Location": f"http://inner.example:{site.port}/"})
    async with Fetcher(allow_private=["127.0.0.1"], resolver=resolver_for("127.0.0.1", "10.0.0.5")) as fetcher:
        with refused("10.0.0.5 is not a public address"):
            await fetcher.get(f"http://outer.example:{site.port}/feed")
    assert len(site.requests) == 1


async def test_redirects_are_followed_and_permanent_ones_are_told(site: Site, fetcher: Fetcher) -> None:
    site.pages["/old"] = Answer(status=301, headers={"Location": "/new"})
    site.pages["/temporary"] = Answer(status=302, headers={"Location": "/old"})
    site.pages["/new"] = Answer(b"here")
    assert (await fetcher.get(f"{site.url}/old")).moved_to == f"{site.url}/new"
    fetched = await fetcher.get(f"{site.url}/temporary")
    assert (fetched.url, fetched.moved_to, fetched.body) == (f"{site.url}/new", None, b"here")
    assert (await fetcher.get(f"{site.url}/new")).moved_to is None


async def test_redirects_to_paths_with_spaces_and_fragments_are_followed(site: Site, fetcher: Fetcher) -> None:
    site.pages["/old"] = Answer(status=308, headers={"Location": " /new feed#top"})
    site.pages["/new%20feed"] = Answer(b"here")
    assert (await fetcher.get(f"{site.url}/old#x")).moved_to == f"{site.url}/new%20feed"


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
        ("gzip, gzip", gzip.compress(gzip.compress(b"hello" * 100, mtime=0), mtime=0)),
        ("identity", b"hello" * 100),
    ],
)
async def test_compressed_bodies_are_inflated(site: Site, fetcher: Fetcher, encoding: str, body: bytes) -> None:
    site.pages["/"] = Answer(body, headers={"Content-Encoding": encoding})
    assert (await fetcher.get(f"{site.url}/")).body == b"hello" * 100
    assert site.requests[0][1]["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b"x" * 1_000_001), "large"),
        (Answer(gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}), "large"),
        (Answer(b"\x8b\x00\x80hi\x03", headers={"Content-Encoding": "br"}), "encoding"),
        (Answer(b"not gzip at all", headers={"Content-Encoding": "gzip"}), "encoding"),
        (Answer(status=404), "http"),
        (Answer(status=410), "http"),
        (Answer(status=304), "http"),
        (Answer(status=302), "http"),
        (Answer(status=999), "http"),
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


async def test_a_date_to_come_back_at_is_counted_from_the_servers_own_clock(site: Site) -> None:
    clock = HandClock()
    wait = "Fri, 01 Jan 2010 00:10:00 GMT"
    async with Fetcher(allow_private=True, clock=clock) as fetcher:
        for headers, expected in (
            ({"Retry-After": wait, "Date": "Fri, 01 Jan 2010 00:00:00 GMT"}, timedelta(minutes=10)),
            ({"Retry-After": wait}, timedelta()),
            ({"Retry-After": f"{clock() + timedelta(hours=2):%a, %d %b %Y %H:%M:%S} GMT"}, timedelta(hours=2)),
        ):
            site.pages["/"] = Answer(status=503, headers=headers)
            with pytest.raises(HttpError) as caught:
                await fetcher.get(f"{site.url}/")
            assert caught.value.retry_after == expected


SECONDS = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=3600"}, HOUR),
        ({"Cache-Control": "public, MAX-AGE = 3600 , s-maxage=9"}, HOUR),
        ({"Cache-Control": 'max-age="3600"'}, HOUR),
        ({"Cache-Control": "max-age=3600", "Age": "3590"}, 10 * SECONDS),
        ({"Cache-Control": "max-age=3600", "Age": "4000"}, timedelta()),
        ({"Cache-Control": "max-age=3600", "Expires": "0"}, HOUR),
        ({"Cache-Control": "s-maxage=9"}, None),
        ({"Cache-Control": "x-max-age=9"}, None),
        ({"Cache-Control": "max-age=" + "9" * 50}, 24 * HOUR),
        ({"Cache-Control": "max-age=-1"}, timedelta()),
        ({"Cache-Control": "max-age=soon"}, timedelta()),
        ({"Cache-Control": "no-cache, max-age=3600"}, timedelta()),
        ({"Cache-Control": "max-age=3600, no-store"}, timedelta()),
        ({"Cache-Control": 'no-cache="Set-Cookie", max-age=3600'}, HOUR),
        ({"Expires": "Tue, 24 Nov 2026 11:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, HOUR),
        ({"Expires": "Tue, 24 Nov 2026 09:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, timedelta()),
        ({"Expires": "Tue, 24 Nov 2099 09:00:00 GMT"}, 24 * HOUR),
        ({"Expires": "0"}, timedelta()),
        ({"Expires": "Tue, 99 Nov 99999 99:00:00 GMT"}, timedelta()),
    ],
    ids=str,
)
async def test_how_long_an_answer_stands_is_read_from_its_headers(
    site: Site, fetcher: Fetcher, headers: dict[str, str], expected: timedelta | None
) -> None:
    site.pages["/feed"] = Answer(b"hello", headers=headers)
    site.pages["/same"] = Answer(status=304, headers=headers)
    site.pages["/none"] = Answer(status=404, headers=headers)
    assert (await fetcher.get(f"{site.url}/feed")).fresh_for == expected
    assert (await fetcher.get(f"{site.url}/same", etag='"1"')).fresh_for == expected
    with pytest.raises(HttpError) as caught:
        await fetcher.get(f"{site.url}/none")
    assert caught.value.fresh_for == expected


async def test_an_answer_too_may_ask_to_be_left_alone(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Answer(b"hello", headers={"Retry-After": "120"})
    assert (await fetcher.get(f"{site.url}/")).retry_after == 120 * SECONDS


async def test_an_etag_that_cannot_be_kept_or_sent_is_left_out(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Answer(b"hello", headers={"ETag": '"' + "x" * 600 + '"'})
    assert (await fetcher.get(f"{site.url}/", etag='"1"\r\nHost: x', last_modified="gestern, während")).etag == ""
    assert not site.requests[0][1].keys() & {"if-none-match", "if-modified-since"}


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_a_server_that_drips_is_given_up_at_the_deadline(site: Site, begin: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
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


async def test_the_deadline_is_of_all_redirects_together(site: Site) -> None:
    def slow(number: int) -> Any:
        async def answer(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.25)
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: /{number + 1}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

        return answer

    site.pages.update({f"/{number}": slow(number) for number in range(5)})
    site.pages["/5"] = Answer(b"end")
    async with Fetcher(allow_private=True, deadline=timedelta(seconds=0.6)) as fetcher:
        with pytest.raises(FetchError, match=r"did not answer in full within 0\.6 s"):
            await fetcher.get(f"{site.url}/0")


async def test_a_slow_host_is_asked_twice_at_once_and_holds_up_no_other(site: Site) -> None:
    arrived, answer = asyncio.Semaphore(0), asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        arrived.release()
        await answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        await writer.drain()

    site.pages["/slow"] = slow
    site.pages["/"] = Answer(b"quick")
    async with Fetcher(allow_private=True, resolver=resolver_for("127.0.0.1")) as fetcher:
        waiting = [asyncio.create_task(fetcher.get(f"http://slow.example:{site.port}/slow")) for _ in range(150)]
        await asyncio.wait_for(arrived.acquire(), 5)
        await asyncio.wait_for(arrived.acquire(), 5)
        for _ in range(20):
            quick = await asyncio.wait_for(fetcher.get(f"http://quick.example:{site.port}/"), 5)
            assert quick.body == b"quick"
        assert [path for path, _headers in site.requests].count("/slow") == 2
        answer.set()
        assert {fetched.body for fetched in await asyncio.wait_for(asyncio.gather(*waiting), 20)} == {b"x"}


async def test_who_waits_for_a_slow_hosts_turn_has_the_whole_deadline_still(site: Site) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        await writer.drain()

    site.pages["/"] = slow
    async with Fetcher(allow_private=True, at_once=1, deadline=timedelta(seconds=0.8)) as fetcher:
        answers = await asyncio.gather(*[fetcher.get(f"{site.url}/") for _ in range(4)])
    assert [fetched.body for fetched in answers] == [b"x"] * 4


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


async def test_a_proxy_is_asked_where_one_is_configured_and_the_rules_stay(site: Site) -> None:
    site.pages["http://example.org/feed"] = Answer(b"through the proxy")
    async with Fetcher(proxy=site.url) as fetcher:
        assert (await fetcher.get("http://example.org/feed")).body == b"through the proxy"
        with pytest.raises(FetchError, match="Loopback"):
            await fetcher.get("http://127.0.0.1/")
    assert [path for path, _headers in site.requests] == ["http://example.org/feed"]


async def test_with_a_proxy_a_name_that_is_known_to_lead_inside_is_refused(site: Site) -> None:
    async with Fetcher(proxy=site.url, resolver=resolver_for("10.0.0.5")) as fetcher:
        with refused("10.0.0.5 is not a public address"):
            await fetcher.get("http://inner.example/feed")
    assert site.requests == []


async def test_the_environments_proxies_and_passwords_are_not_used(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with Site() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with Fetcher(allow_private=True) as running:
            site.pages["/"] = Answer(b"straight")
            assert (await running.get(f"{site.url}/")).body == b"straight"
    assert proxy.requests == []
    assert "authorization" not in site.requests[0][1]


async def test_a_request_says_who_asks_and_in_which_version(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Answer(b"")
    await fetcher.get(f"{site.url}/")
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    assert site.requests[0][1]["user-agent"].startswith(f"Paperboy/{version} (")
