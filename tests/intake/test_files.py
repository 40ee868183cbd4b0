"""Files: JSON Lines and saved feeds, each bad line told apart; what is exported comes back the same."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedFile, RefusedItem
from bot.intake.documents import on_disk
from bot.intake.files import detect, read_file
from bot.intake.jsonl import MAX_LINE, read_line
from bot.model import ArticleState, Enclosure, FeedToFollow, Submission
from tests.clock import START
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


def test_one_piece_of_json_is_read_as_its_articles(tmp_path: Path) -> None:
    one = json.dumps({"title": "Good", "url": "https://example.org/g"}, indent=1)
    [found] = read_file(written(tmp_path, one, "one.json"))
    assert isinstance(found, Submission)
    first, refused = read_file(written(tmp_path, f"[{one}, 7]", "list.json"))
    assert first == found
    assert str(refused).startswith("list.json item 2: found a number, expected an object")
    [deep] = read_file(written(tmp_path, "[" * 100_000, "deep.json"))
    assert "nested too deeply" in str(deep)


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


OPML = '<opml version="1.0"><body><outline text="A" xmlUrl="https://example.org/feed"/></body></opml>'


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        (GOOD, "a.txt", "jsonl"),
        ("\ufeff" + GOOD, "a", "jsonl"),
        ("broken", "a.jsonl", "jsonl"),
        (rss(item(1)), "a.xml", "feed"),
        ('<?xml version="1.0" encoding="utf-16"?><rss><channel/></rss>'.encode("utf-16"), "a.xml", "feed"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": []}', "a", "feed"),
        (OPML, "a.xml", "opml"),
        ("<?xml version='1.0' encoding='utf-16'?><!-- rss -->" + OPML, "a", "opml"),
        (("<?xml version='1.0' encoding='utf-16'?>" + OPML).encode("utf-16"), "a", "opml"),
        (OPML.encode("utf-16-le"), "a", "opml"),
        ('<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel/></rss>', "a.xml", "wxr"),
        ("<rss><channel><wp:wxr_version>1.0</wp:wxr_version></channel></rss>", "a.rss", "wxr"),
        ("---\ntitle: A\n---\nText", "a", "markdown"),
        ('+++\ntitle = "A"\n+++\nText', "a.txt", "markdown"),
        ("Some words.", "a.md", "markdown"),
        ("<p align=center>A</p>\n\n# B", "README.md", "markdown"),
        ("{% raw %}", "a.markdown", "markdown"),
        ("Words <b>and</b> more", "a.htm", "html"),
        ("<!doctype html><title>A</title>", "a", "html"),
        ("<h1>A</h1><p>B", "a", "html"),
        ("A title\n\nA text.", "a.txt", "text"),
        ("A title, long\nA, text\nof, three", "a.txt", "text"),
        ("A title\n\nA text.", "README", "text"),
    ],
)
def test_the_format_is_seen_from_what_the_file_holds(
    tmp_path: Path, body: bytes | str, name: str, expected: str
) -> None:
    assert detect(on_disk(written(tmp_path, body, name))) == expected


@pytest.mark.parametrize(
    ("body", "name", "sentence"),
    [
        (b"", "a.bin", "is empty"),
        (b"\x89PNG\r\n", "a.bin", "is none of what is taken, as it begins; taken are JSON Lines, RSS"),
        (GOOD.encode("utf-16"), "a.bin", "is written in UTF-16; save it as UTF-8"),
        (GOOD.encode("utf-32"), "a.bin", "is written in UTF-32; save it as UTF-8"),
        (b"%PDF-1.7", "a.pdf", r"is a PDF; taken are .*Markdown, HTML, text"),
        (b"{\\rtf1 hello}", "a.rtf", "is rich text"),
        (b"\xd0\xcf\x11\xe0\xa1", "a.doc", "is a document of an office program"),
        (b"a\0b" * 100, "a", "is not a text"),
        (b"title,body\nA,B\n", "a.csv", r"is a table \(CSV\), which is not taken; taken are JSON Lines"),
        (b"title;body\nA;B\nC;D\n", "export", r"is a table \(CSV\)"),
        (b'a,"b\x00,c', "a.csv", r"is a table \(CSV\)"),
        (b'a,"b\x00,c', "a", "is not a text; taken are"),
        (b"import sys\n", "a.py", "is none of what is taken"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name_and_what_is_taken(
    tmp_path: Path, body: bytes, name: str, sentence: str
) -> None:
    path = written(tmp_path, body, name)
    with pytest.raises(RefusedFile, match=sentence) as caught:
        read_file(path)
    assert str(path) in str(caught.value)


def test_a_table_with_a_field_of_50_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(b'title\n"' + b"x" * 50_000_000 + b'"')
    with pytest.raises(RefusedFile, match="is a table"):
        read_file(path)


def test_absent_files_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="there is no such file"):
        read_file(tmp_path / "absent.jsonl")
    with pytest.raises(RefusedFile, match="is a folder"):
        read_file(tmp_path, "jsonl")
    with pytest.raises(RefusedFile, match="format 'csv' is not known; expected one of auto, jsonl, feed"):
        read_file(written(tmp_path, GOOD), "csv")
    with pytest.raises(RefusedFile, match=r"a\.xml is a web page"):
        read_file(written(tmp_path, "<html><body>x", "a.xml"), "feed")


@given(st.binary(max_size=300), st.sampled_from(["a", "a.md", "a.txt", "a.xml", "a.json", "a.zip"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes, name: str) -> None:
    path = written(tmp_path_factory.mktemp("any"), body, name)
    with suppress(RefusedFile):
        assert all(isinstance(each, Submission | FeedToFollow | RefusedItem) for each in read_file(path))


def test_a_page_becomes_an_article(tmp_path: Path) -> None:
    page = (
        '<html lang="en"><head><title>Low tide</title><link rel="canonical" href="https://example.org/tide">'
        "<body><article><p>" + "The water goes out twice a day. " * 20 + "</p></article>"
    )
    [found] = read_file(written(tmp_path, page, "tide.html"))
    assert isinstance(found, Submission)
    assert (found.title, found.url) == ("Low tide", "https://example.org/tide")
    assert "twice a day" in found.body


def test_a_text_becomes_an_article_its_first_line_the_title(tmp_path: Path) -> None:
    [found] = read_file(written(tmp_path, "Low tide\n\nThe water goes out.\n", "tide.txt"))
    assert isinstance(found, Submission)
    assert (found.title, found.body) == ("Low tide", "<p>The water goes out.</p>")
    [refused] = read_file(written(tmp_path, "Café\nau lait".encode("latin-1"), "cafe.txt"))
    assert str(refused) == "cafe.txt: not UTF-8 at byte 4; save the file as UTF-8"
    [crlf] = read_file(written(tmp_path, "Low tide\r\n\r\nOut\r\nand in.\r\n", "crlf.txt"))
    assert isinstance(crlf, Submission)
    assert crlf.body == "<p>Out<br>and in.</p>"
    [alone] = read_file(written(tmp_path, "Only a title", "alone.txt"), "text")
    assert str(alone).startswith("alone.txt: the message is a title alone")


def test_saved_feeds_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, rss(item(2), item(1)), "feed.xml")
    found = [answer for answer in read_file(path) if isinstance(answer, Submission)]
    assert [(s.title, s.url, s.guid) for s in found] == [
        ("Story 2", "https://example.org/2", "story-2"),
        ("Story 1", "https://example.org/1", "story-1"),
    ]


def test_a_raw_nul_refuses_one_line_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b'{"title": "A", "body": "x"}\n{"title": "B\0", "body": "x"}\n{"title": "C", "body": "x"}\n')
    first, bad, last = read_file(path)
    assert [item.title for item in (first, last) if isinstance(item, Submission)] == ["A", "C"]
    assert isinstance(bad, RefusedItem)
    assert "export.jsonl line 2: not JSON" in str(bad)
