"""A feed's own headers and what is secret in addresses: sent to one origin, said to nobody."""

import asyncio
import traceback

import pytest

from bot.errors import FetchError
from bot.intake.fetch import Fetcher
from tests.intake.site import Answer, Site, resolver_for

SECRET = {"Authorization": "Bearer hunter2", "Cookie": "session=hunter2", "X-Api-Key": "hunter2", "user-agent": "Me"}


def secrets(site: Site) -> list[bool]:
    """Of each request, whether it carried the secrets: all, or none."""
    carried = [sum("hunter2" in value for value in headers.values()) for _path, headers in site.requests]
    assert set(carried) <= {0, 3}
    return [bool(count) for count in carried]


async def test_a_feeds_own_headers_are_sent_to_its_own_origin(site: Site, fetcher: Fetcher) -> None:
    site.pages["/old"] = Answer(status=301, headers={"Location": "/feed"})
    site.pages["/feed"] = Answer(b"members only")
    assert (await fetcher.get(f"{site.url}/old", headers=SECRET)).body == b"members only"
    await fetcher.get(f"{site.url}/feed")
    assert secrets(site) == [True, True, False]
    assert [headers["user-agent"] for _path, headers in site.requests][:2] == ["Me", "Me"]


async def test_a_feeds_own_headers_are_dropped_on_the_way_to_another_origin_and_for_good(site: Site) -> None:
    async with Site() as other, Fetcher(allow_private=True, resolver=resolver_for("127.0.0.1")) as fetcher:
        site.pages["/feed"] = Answer(status=302, headers={"Location": f"{other.url}/away"})
        other.pages["/away"] = Answer(status=302, headers={"Location": f"{site.url}/back"})
        site.pages["/back"] = Answer(b"back")
        assert (await fetcher.get(f"{site.url}/feed", headers=SECRET, etag='"1"')).body == b"back"
        assert (secrets(site), secrets(other)) == ([True, False], [False])
        site.pages["/feed"] = Answer(status=302, headers={"Location": f"http://other.example:{site.port}/back"})
        await fetcher.get(f"{site.url}/feed", headers=SECRET)
        assert secrets(site)[2:] == [True, False]


async def test_no_cookie_is_kept_for_the_next_request(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Answer(b"hello", headers={"Set-Cookie": "tracked=yes; Path=/"})
    for _ in range(2):
        await fetcher.get(f"{site.url}/")
    assert "cookie" not in site.requests[1][1]


@pytest.mark.parametrize(
    "raw",
    [
        b"%b\r\n\r\n",
        b"HTTP/1.1 401 %b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n%b %b\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://x:%b@[broken/?%b\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: ftp://x:%b@host/?%b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n%b99",
    ],
)
async def test_no_error_says_a_secret_even_if_the_server_says_it_back(
    site: Site, fetcher: Fetcher, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def echo(writer: asyncio.StreamWriter) -> None:
        writer.write(raw.replace(b"%b", b"hunter2"))
        await writer.drain()

    caplog.set_level("INFO")
    path = "/feed?token=hunter2"
    site.pages[path] = echo
    url = site.url + path
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url, headers=SECRET)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@10.0.0.5/",
        "http://10.0.0.5/?token=hunter2",
        "http://10.0.0.5/?token=hunter2\r\n",
        "http://me:hunter2/hunter2@example.org/",
        "http://localhost/?hunter2#hunter2",
        "http://example.org:hunter2/",
        "http://exam\u200bple.org/?hunter2",
        "http://inner.example/?hunter2",
        "ftp://me:hunter2@example.org/",
        "http://example.org/?hunter2" + "x" * 3000,
        "http://0x7f.1/?hunter2",
    ],
)
async def test_a_refusal_says_no_secret_of_the_address(url: str) -> None:
    async with Fetcher(resolver=resolver_for("10.0.0.5")) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url)
    assert caught.value.reason == "refused"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


async def test_a_header_that_would_break_the_request_is_never_sent(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match="the value of the header Authorization must be one line"):
        await fetcher.get(f"{site.url}/", headers={"Authorization": "hunter2\r\nHost: x"})
    assert site.requests == []


async def test_what_was_fetched_shows_neither_its_body_nor_its_headers(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Answer(b"hunter2", headers={"Set-Cookie": "hunter2"})
    assert "hunter2" not in repr(await fetcher.get(f"{site.url}/"))
