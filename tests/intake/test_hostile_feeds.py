"""Feed documents made to hurt: none stalls the loop, leaves a child, or brings in what it should not."""

import asyncio
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import FeedError
from bot.intake import html
from bot.intake.entries import byline
from bot.intake.feed import parse
from bot.intake.fetch import Fetcher
from bot.intake.html import plain, sanitise, title_text
from bot.intake.parsing import MAX_ANSWER, Parsers
from bot.intake.poll import poll_due
from bot.intake.preview import feed_record
from bot.store import feeds
from bot.store.db import Database
from tests.clock import HandClock
from tests.intake.hostile import documents, entry, slow
from tests.intake.site import Answer, Site, item, rss

URL = "https://example.org/news/feed"


async def busiest(ticks: list[float]) -> None:
    """Adds the seconds of CPU that the loop's thread spent between two ticks: other programs' load is not in them."""
    while True:
        before = time.thread_time()
        await asyncio.sleep(0.005)
        ticks.append(time.thread_time() - before)


async def test_whatever_the_document_the_loop_stays_free() -> None:
    ticks: list[float] = []
    watching = asyncio.create_task(busiest(ticks))

    async def read(parsers: Parsers, body: bytes) -> str:
        try:
            return f"{len((await parsers.feed(body, url=URL)).entries)} entries"
        except FeedError as error:
            return str(error)

    async def read_all(parsers: Parsers, bodies: dict[str, bytes]) -> dict[str, str]:
        return dict(zip(bodies, await asyncio.gather(*(read(parsers, body) for body in bodies.values())), strict=True))

    async with Parsers() as parsers:
        said = await read_all(parsers, documents())
    async with Parsers(wall=timedelta(seconds=1)) as parsers:
        said |= await read_all(parsers, slow())
    watching.cancel()
    assert said["200,000 items"] == said["JSON of 100,000 items"] == said["500 entries of 25 KB"] == "500 entries"
    assert said["billion laughs"] == "1 entries"
    assert "takes longer to read" in said["1 MB of attributes"]
    assert "cannot be read as such" in said["JSON of 200,000 nested lists"]
    assert max(ticks) < 0.1


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.parsing.MAX_ANSWER", 100_000)
    assert MAX_ANSWER > 1_000_000
    async with Parsers(workers=1) as parsers:
        with pytest.raises(FeedError, match="needs more to be read"):
            await parsers.feed(entry("x" * 200_000))
        assert (await parsers.feed(rss(item(1)))).entries[0].title == "Story 1"


PARSING = """
import asyncio, sys
from bot.intake.parsing import Parsers
from tests.intake.hostile import slow

async def main():
    async with Parsers() as parsers:
        busy = asyncio.create_task(parsers.feed(slow()["1 MB of attributes"]))
        await parsers.feed(b"<rss><channel><item><title>x</title></item></channel></rss>")
        children = [child._process.pid for child in parsers._idle]
        print(*children, flush=True)
        await busy

asyncio.run(main())
"""

IMPORTING = """
import sys
from pathlib import Path
from threading import Thread
from bot.intake.reading import Reader

with Reader() as reader:
    good, slow = Path(sys.argv[1], "good.md"), Path(sys.argv[1], "slow.md")
    good.write_text("Text")
    slow.write_text("![[[a](" * 140_000)
    list(reader.read(good))
    thread = Thread(target=lambda: list(reader.read(slow)))
    thread.start()
    stat = Path(f"/proc/{reader._child._process.pid}/stat")
    ticks = lambda: int(stat.read_text().split()[13])
    before = ticks()
    while ticks() < before + 20:  # until it is busy
        pass
    print(flush=True)
    thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the children are told of their parent's death by Linux")
@pytest.mark.parametrize(("parent_is", "count"), [(PARSING, 2), (IMPORTING, 1)], ids=["parsing", "importing"])
async def test_no_child_outlives_a_parent_that_is_killed_busy_or_not(
    tmp_path: Path, parent_is: str, count: int
) -> None:
    command = (sys.executable, "-c", parent_is, str(tmp_path))
    parent = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert parent.stdout
    await parent.stdout.readline()  # by now the children are under way
    children = _children(parent.pid)
    assert len(children) == count
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    for _wait in range(100):
        if not any(_is_running(child) for child in children):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"still there: {children}")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


DEEP = {
    "unclosed": "<div>" * 15_000,
    "all different": "".join(f'<b title="{n}">' for n in range(15_000)) + "<p>",
    "with wrong end tags": "".join(f'<b title="{n}"></i>' for n in range(9_500)),
    "reopened": "<p>" + "".join(f"<b title={n}>" for n in range(98)) + "</p>" + "<p>x</p>" * 9_000,
    "ampersands": "&" * 500_000,
    "references": "&#" * 250_000,
    "open CDATA": "<![CDATA[" * 19_000,
    "open comments": "<!-- " * 19_000,
    "declarations": "<!x " * 50_000,
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_text_costs_little_however_it_is_nested(kind: str) -> None:
    started = time.process_time()
    safe = sanitise(DEEP[kind] + "the end")
    assert plain(safe).endswith("the end") or kind in ("ampersands", "references")  # which are cut
    assert len(safe) <= 3 * html.MAX_HTML
    assert time.process_time() - started < 5


async def test_a_text_that_takes_long_is_cleaned_in_a_thread_without_stopping_the_loop() -> None:
    ticks = []
    cleaning = asyncio.create_task(asyncio.to_thread(sanitise, DEEP["reopened"]))
    while not cleaning.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        ticks.append(time.perf_counter() - before)
    assert len(ticks) > 20  # it takes a second; one that held Python's lock would leave one tick


def test_utf7_is_not_read_as_such() -> None:
    document = b'<?xml version="1.0" encoding="utf-7"?>' + rss("<title>+ADw-script+AD4-</title>")
    assert parse(document, url=URL).entries[0].title == "+ADw-script+AD4-"
    assert parse(rss("<title>+ADw-</title>"), content_type="text/xml; charset=utf-7").entries[0].title == "+ADw-"


def test_a_lie_about_the_encoding_is_seen_through() -> None:
    document = b'<?xml version="1.0" encoding="utf-8"?>' + rss("<title>Caf\xff</title>").replace(b"\xc3\xbf", b"\xe9")
    assert parse(document, url=URL).entries[0].title == "Café"


def test_entities_that_nobody_declared_are_those_of_html() -> None:
    assert parse(rss("<title>Caf&eacute; &nbsp;&mdash; x</title>")).entries[0].title == "Café — x"


def test_no_link_of_a_foreign_scheme_gets_in() -> None:
    (read,) = parse(
        rss("<title>x</title><link>at://did:plc:x</link><description>&lt;a href='at://y'>z&lt;/a></description>"),
        url=URL,
    ).entries
    assert (read.link, read.content) == ("", "<a>z</a>")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "0x7f.1", "2130706433", "[::1]", "localhost", "router", "printer.local"]
)
def test_a_picture_inside_a_network_is_no_picture_of_an_entry(address: str) -> None:
    enclosure = f'<enclosure url="http://{address}/x.jpg" type="image/jpeg" length="1"/>'
    text = f"<title>x</title><description>&lt;img src='http://{address}/y.jpg'></description>"
    assert parse(rss(text + enclosure), url=URL).entries[0].image_url is None
    document = f'{{"items": [{{"id": "1", "image": "http://{address}/x.jpg"}}]}}'
    assert parse(document.encode(), url=URL).entries[0].image_url is None


def test_odd_json_is_read_with_ids_that_are_text() -> None:
    document = b'{"version":"https://jsonfeed.org/version/1.1","title":NaN,"items":[{"id":"1","id":2}]}'
    record = feed_record(parse(document, url=URL))
    assert record["entries"][0]["id"] == "2"
    assert record["feed"]["title"] == URL


def test_fields_of_megabytes_are_cut_before_anything_handles_them() -> None:
    long = "x" * 300_000
    (read,) = parse(
        f'{{"items": [{{"id": "{long}", "title": "{long}", "author": {{"name": "{long}"}}}}]}}'.encode()
    ).entries
    assert max(len(read.id), len(read.author), len(read.title)) <= 2_000
    assert len(title_text(f"<b>{long}</b>")) <= 2_000


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ann Bell (ann@example.org)", "Ann Bell"),
        ("ann@example.org (Ann Bell)", "Ann Bell"),
        ("Ann <ann@x.org>, Bob (mailto:bob@x.org)", "Ann, Bob"),
        ("mailto:ann@x.org", "ann"),
        ("Ann", "Ann"),
    ],
)
def test_a_byline_is_the_names_without_addresses(written: str, name: str) -> None:
    assert byline(written) == name


@pytest.mark.parametrize("author", ["a" * 500, "mailto:" * 70, "a " * 250, "(" * 500])
def test_a_byline_is_made_quickly_of_any_author(author: str) -> None:
    started = time.process_time()
    for _each in range(500):
        byline(author)
    assert time.process_time() - started < 1


async def test_a_feed_of_addresses_that_are_slow_to_compare_leaves_the_loop_free(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    address = "https://example.org/{}?" + "a=1&amp;" * 480
    site.pages["/feed"] = Answer(rss(*(f"<title>{n}</title><link>{address.format(n)}</link>" for n in range(200))))
    await feeds.add(db, f"{site.url}/feed")
    ticks: list[float] = []
    watching = asyncio.create_task(busiest(ticks))
    counts = await poll_due(db, fetcher, parsers, clock)
    watching.cancel()
    assert counts["new"] == 200
    assert max(ticks) < 0.1
