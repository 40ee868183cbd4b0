"""Files: JSON Lines and saved feeds, each bad line told apart; what is exported comes back the same."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedFile, RefusedItem
from bot.intake.files import MAX_LINE, detect, export_jsonl, read_file, read_line
from bot.intake.submit import submit_all
from bot.model import ArticleState, Change, Enclosure, Source, SourceKind, Submission, Submitted
from bot.store import articles
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.intake.site import item, rss


def written(tmp_path: Path, body: bytes | str, name: str = "articles.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return path


ANY_LINE = st.binary(max_size=200) | st.text(max_size=100).map(
    lambda text: json.dumps({"title": text, "tags": [text], "body": text, "published_at": text}).encode()
)
GOOD = '{"title": "Good", "url": "https://example.org/g"}'


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "not JSON at column"),
        ("[]", "found a list, expected an object"),
        ("null", "found null, expected an object"),
        ('{"url": "https://example.org"}', "`title` is missing or empty; expected a text"),
        ('{"title": 7, "body": "x"}', "`title` is a number, expected a text"),
        ('{"title": "x"}', "all of `url`, `body` and `summary` are missing or empty"),
        ('{"title": "x", "body": ["a"]}', "`body` is a list, expected a text"),
        ('{"title": "x", "body": "y", "tags": "a"}', "`tags` is a text, expected a list of texts"),
        ('{"title": "x", "body": "y", "tags": [1]}', "`tags` is a list, expected a list of texts"),
        ('{"title": "x", "body": "y", "published_at": "soon"}', "`published_at` is 'soon', expected a moment like"),
        ('{"title": "x", "body": "y", "published_at": "10000-01-01T00:00:00Z"}', "`published_at` is '10000-01-01"),
        ('{"title": "x", "body": "y", "published_at": "0001-01-01T00:00:00+09:00"}', "`published_at` is '0001-01-01"),
        ('{"title": "x", "body": "y", "published_at": 5}', "`published_at` is a number"),
        ('{"title": "x", "body": "y", "state": "gone"}', "`state` is 'gone', expected one of draft, scheduled"),
        ('{"title": "x", "body": "y", "state": {}}', "`state` is an object, expected one of"),
        ('{"title": "x", "body": "y", "enclosures": [{}]}', "`enclosures` is a list, expected a list of objects"),
        ('{"title": NaN, "body": "y"}', "NaN is no JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ("Good day", "not JSON at column 1"),
    ],
)
def test_a_bad_line_names_line_field_what_was_found_and_what_is_expected(
    tmp_path: Path, line: str, sentence: str
) -> None:
    path = written(tmp_path, f"{GOOD}\n\n{line}\n{GOOD}\n")
    first, refused, last = read_file(path, "jsonl")
    assert isinstance(first, Submission)
    assert isinstance(refused, RefusedItem)
    assert str(refused).startswith("articles.jsonl line 3: ")
    assert sentence in str(refused)
    assert last == first


def test_a_whole_article_is_read(tmp_path: Path) -> None:
    record = {
        "url": "https://example.org/a",
        "guid": "g",
        "title": "T",
        "summary": "S",
        "body": "<p>B</p>",
        "author": "A",
        "language": "fa",
        "tags": ["economy"],
        "image_url": "https://example.org/i.jpg",
        "published_at": "2026-11-24T12:30:00+03:30",
        "state": "draft",
        "enclosures": [{"url": "https://example.org/a.mp3", "media_type": "audio/mpeg", "size_bytes": 5}],
        "something_new": True,
    }
    assert list(read_file(written(tmp_path, "\ufeff" + json.dumps(record)))) == [
        Submission(
            title="T",
            url="https://example.org/a",
            guid="g",
            summary="S",
            body="<p>B</p>",
            author="A",
            language="fa",
            tags=("economy",),
            image_url="https://example.org/i.jpg",
            enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 5),),
            published_at=START,
            state=ArticleState.DRAFT,
        )
    ]


@given(ANY_LINE)
def test_any_line_is_an_article_or_a_refusal(line: bytes) -> None:
    answer = read_line(line, "x line 1")
    assert isinstance(answer, Submission) or str(answer).startswith("x line 1: ")


def test_a_line_in_another_encoding_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    latin = '{"title": "Café", "body": "x"}'.encode("latin-1")
    answers = list(read_file(written(tmp_path, b"\n".join([GOOD.encode(), latin, GOOD.encode()]))))
    assert [type(answer) for answer in answers] == [Submission, RefusedItem, Submission]
    assert "line 2: not UTF-8 at byte" in str(answers[1])


def test_a_line_too_long_is_refused_without_being_held(tmp_path: Path) -> None:
    path = written(tmp_path, f'{{"title": "{"x" * (2 * MAX_LINE)}"}}\n{GOOD}\n')
    refused, good = read_file(path)
    assert "longer than the 5 MB" in str(refused)
    assert isinstance(good, Submission)


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        (GOOD, "a.txt", "jsonl"),
        ("\ufeff" + GOOD, "a", "jsonl"),
        ("broken", "a.jsonl", "jsonl"),
        (rss(item(1)), "a.xml", "feed"),
        ('<?xml version="1.0" encoding="utf-16"?><rss><channel/></rss>'.encode("utf-16"), "a.xml", "feed"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": []}', "a", "feed"),
    ],
)
def test_the_format_is_seen_from_the_file(tmp_path: Path, body: bytes | str, name: str, expected: str) -> None:
    assert detect(written(tmp_path, body, name)) == expected


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n", "neither JSON Lines nor a feed"),
        (GOOD.encode("utf-16"), "is written in UTF-16; save it as UTF-8"),
        (GOOD.encode("utf-32"), "is written in UTF-32; save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path, body: bytes, sentence: str) -> None:
    path = written(tmp_path, body, "a.bin")
    with pytest.raises(RefusedFile, match=sentence) as caught:
        read_file(path)
    assert str(path) in str(caught.value)


def test_absent_files_folders_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="there is no such file"):
        read_file(tmp_path / "absent.jsonl")
    with pytest.raises(RefusedFile, match="is a folder"):
        read_file(tmp_path)
    with pytest.raises(RefusedFile, match="format 'csv' is not known; expected one of auto, jsonl, feed"):
        read_file(written(tmp_path, GOOD), "csv")
    with pytest.raises(RefusedFile, match=r"a\.xml is a web page"):
        read_file(written(tmp_path, "<html><body>x", "a.xml"), "feed")


def test_saved_feeds_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, rss(item(2), item(1)), "feed.xml")
    found = [answer for answer in read_file(path) if isinstance(answer, Submission)]
    assert [(s.title, s.url, s.guid) for s in found] == [
        ("Story 2", "https://example.org/2", "story-2"),
        ("Story 1", "https://example.org/1", "story-1"),
    ]


async def imported(db: Database, path: Path) -> Counter[str]:
    source = Source(SourceKind.FILE, path.name)
    answers = [answer async for answer in submit_all(db, read_file(path), source, announce=False)]
    return Counter(answer.change.value if isinstance(answer, Submitted) else str(answer) for answer in answers)


async def test_what_is_exported_comes_back_the_same(db: Database, tmp_path: Path, clock: HandClock) -> None:
    items = [
        Submission(
            title="With all",
            url="https://example.org/a",
            summary="S & T",
            body="<p>B <b>b</b></p>",
            author="A",
            language="fa",
            tags=("x", "y"),
            image_url="https://example.org/i.png",
            published_at=START.replace(year=2020),
            enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 5),),
        ),
        Submission(title="A draft", body="Only text", state=ArticleState.DRAFT),
        Submission(title="Gone", url="https://example.org/b", state=ArticleState.WITHDRAWN),
        Submission(title="No address", guid="7", body="<p>Words.</p>"),
    ]
    source = Source(SourceKind.FEED, "1")
    assert len([answer async for answer in submit_all(db, items, source, announce=False)]) == 4
    path = tmp_path / "out.jsonl"
    assert await export_jsonl(db, path) == 4
    clock.move(days=3)
    other = await Database.open(tmp_path / "other.db", clock=clock)
    try:
        assert await imported(other, path) == {Change.NEW.value: 4}
        assert await imported(other, path) == {Change.SAME.value: 4}
        again = tmp_path / "again.jsonl"
        await export_jsonl(other, again)
        assert again.read_text() == path.read_text()
        assert await articles.count(other) == 4
    finally:
        await other.close()
    assert sorted(tmp_path.glob("*.part")) == []


async def test_an_export_into_nowhere_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be written: No such file"):
        await export_jsonl(db, tmp_path / "absent" / "out.jsonl")
