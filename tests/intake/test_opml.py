"""Lists of feeds: every shape of OPML that programs write, and what strangers may make of it."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedFile, RefusedItem
from bot.intake import opml
from bot.intake.decide import clean_tags
from bot.intake.documents import on_disk
from bot.intake.files import Item, read_file
from bot.model import Feed, FeedToFollow
from tests.clock import START


def read(tmp_path: Path, body: str | bytes) -> list[Item]:
    path = tmp_path / "feeds.opml"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return list(opml.read(on_disk(path)))


def outlines(inside: str, head: str = '<?xml version="1.0"?>') -> str:
    return f'{head}<opml version="2.0"><head><title>Mine</title></head><body>{inside}</body></opml>'


def test_folders_and_categories_become_tags(tmp_path: Path) -> None:
    body = outlines(
        """<outline text="Science"><outline title="Sea">
             <outline type="rss" text="Tides" xmlUrl="https://example.org/tides" category="/Boston/Weather,#calm"/>
           </outline></outline>
           <outline text="Alone" xmlUrl="https://example.org/alone"/>"""
    )
    assert read(tmp_path, body) == [
        FeedToFollow("https://example.org/tides", "Tides", ("Science", "Sea", "Boston", "Weather", "calm")),
        FeedToFollow("https://example.org/alone", "Alone"),
    ]


@pytest.mark.parametrize("name", ["xmlUrl", "xmlurl", "XMLURL", "XmlUrl"])
def test_the_address_is_found_in_whatever_letters(tmp_path: Path, name: str) -> None:
    body = f'<OPML version="1.0"><Body><Outline Title="A" {name}="https://example.org/a"/></Body></OPML>'
    assert read(tmp_path, body) == [FeedToFollow("https://example.org/a", "A")]


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("windows-1251", "windows-1251"),
        ("koi8-r", "KOI8-R"),
        ("utf-8", "utf-16"),
        ("utf-8", "iso-8859-1"),
        ("utf-8", "windows-1251"),
        ("utf-8", "no-such-thing"),
        ("utf-8", "hex"),
    ],
)
def test_other_encodings_are_read_right(tmp_path: Path, codec: str, declared: str) -> None:
    body = outlines(
        '<outline text="Приливы" xmlUrl="https://example.org/a"/>', f'<?xml version="1.0" encoding="{declared}"?>'
    )
    path = tmp_path / "feeds.xml"
    path.write_bytes(body.encode(codec))
    assert list(read_file(path)) == [FeedToFollow("https://example.org/a", "Приливы")]


def test_latin_letters_that_call_themselves_utf_8_are_read_right(tmp_path: Path) -> None:
    declared = '<?xml version="1.0" encoding="utf-8"?>'
    body = outlines('<outline text="Marées d’été" xmlUrl="https://example.org/a"/>', declared)
    path = tmp_path / "feeds.xml"
    path.write_bytes(body.encode("windows-1252"))
    assert list(read_file(path)) == [FeedToFollow("https://example.org/a", "Marées d’été")]


def test_ten_thousand_folders_deep_is_read(tmp_path: Path) -> None:
    deep = '<outline text="x">' * 10_000
    body = outlines(f'{deep}<outline text="A" xmlUrl="https://example.org/a"/>{"</outline>" * 10_000}')
    assert read(tmp_path, body) == [FeedToFollow("https://example.org/a", "A", ("x",))]
    broken = outlines(f'<outline text="A" xmlUrl="https://example.org/a"/>{deep}')
    feed, refused = read(tmp_path, broken)
    assert isinstance(feed, FeedToFollow)
    assert "not well-formed XML (mismatched tag); the feeds up to there are taken" in str(refused)


def test_one_feed_in_two_folders_comes_once_with_both_tags(tmp_path: Path) -> None:
    body = outlines(
        '<outline text="A"><outline text="F" xmlUrl="https://example.org/f"/></outline>'
        '<outline text="B"><outline text="F" xmlUrl="http://example.org/f/"/></outline>'
    )
    assert read(tmp_path, body) == [FeedToFollow("https://example.org/f", "F", ("A", "B"))]


def test_loose_ampersands_names_of_html_and_control_characters_are_read(tmp_path: Path) -> None:
    body = outlines('<outline text="Q&A &eacute;&nbsp;&lt;b> &#8;\x0b" xmlUrl="https://example.org/?a=1&b=2&copy=3"/>')
    [feed] = read(tmp_path, body)
    assert isinstance(feed, FeedToFollow)
    assert feed.url == "https://example.org/?a=1&b=2&copy=3"
    assert feed.title.startswith("Q&A é")


def test_what_is_no_feed_is_told_with_line_and_name(tmp_path: Path) -> None:
    body = outlines(
        '<outline text="Page" type="link" url="https://example.org/"/>\n'
        '<outline text="Empty folder"/>\n'
        '<outline text="Local" xmlUrl="file:///etc/passwd"/>\n'
        '<outline text="Secret" xmlUrl="https://me:hunter2@example.org/feed"/>\n'
        '<outline text="Old" xmlUrl="feed://example.org/old"/>'
    )
    old, *refused = read(tmp_path, body)
    assert old == FeedToFollow("http://example.org/old", "Old")
    wrong = "is not an address that begins with http:// or https://, without a password"
    assert [str(each) for each in refused] == [
        "feeds.opml line 1: 'Page' has no `xmlUrl`, the address of a feed",
        f"feeds.opml line 3: `xmlUrl` of 'Local' {wrong}",
        f"feeds.opml line 4: `xmlUrl` of 'Secret' {wrong}",
    ]


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE opml [<!ENTITY e0 "ha">{BOMB}]>',
        '<!DOCTYPE opml [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE opml [<!ENTITY % p SYSTEM "http://169.254.169.254/"> %p;]>',
    ],
)
def test_documents_that_declare_entities_are_refused(tmp_path: Path, declared: str) -> None:
    with pytest.raises(RefusedFile, match="declares the entity"):
        read(tmp_path, declared + outlines('<outline text="&e9;" xmlUrl="https://example.org/a"/>'))


@pytest.mark.parametrize("body", ["<rss/>", "<html>", "no markup", "<opml><body>", "<!-- " * 200_000, "<" * 100_000])
def test_what_is_not_opml_is_refused(tmp_path: Path, body: str) -> None:
    began_at = time.process_time()
    with pytest.raises(RefusedFile, match=r"feeds\.opml"):
        read(tmp_path, body)
    assert time.process_time() - began_at < 5


def test_a_list_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="larger than the 15 MB allowed for a list of feeds"):
        read(tmp_path, b" " * 15_000_001)


def feed(**fields: object) -> Feed:
    every = {
        "id": 1,
        "title": "",
        "etag": "",
        "last_modified": "",
        "next_check_at": START,
        "failures": 0,
        "last_error": "",
        "paused": False,
        "tags": (),
        "polled_at": None,
        "added_by": None,
    }
    return Feed(**(every | fields))  # type: ignore[arg-type]


def export(tmp_path: Path, feeds: Sequence[Feed]) -> str:
    text = "".join(opml.write(feeds))
    (tmp_path / "out.opml").write_text(text, encoding="utf-8", newline="")
    return text


TEXTS = st.text(min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)
TAGS = st.lists(st.from_regex(r"[a-zé,/&<\"' ]{0,20}[a-z]", fullmatch=True), max_size=5, unique_by=str.casefold)


@given(
    st.lists(
        st.tuples(TEXTS, TAGS, st.booleans(), st.none() | st.integers(60, 90_000), st.booleans(), st.integers(0, 50)),
        max_size=5,
    )
)
def test_what_is_exported_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[str, list[str], bool, int | None, bool, int]],
) -> None:
    tmp_path = tmp_path_factory.mktemp("opml")
    feeds = [
        feed(
            url=f"https://example.org/{number}?a=1&b=<2>",
            title=title,
            tags=tuple(tag.strip() for tag in tags if tag.strip()),
            paused=paused,
            every=None if every is None else timedelta(seconds=every),
            full_text=full_text,
            announce_first=first,
        )
        for number, (title, tags, paused, every, full_text, first) in enumerate(made)
    ]
    export(tmp_path, feeds)
    read_again = [each for each in opml.read(on_disk(tmp_path / "out.opml")) if isinstance(each, FeedToFollow)]
    assert [(f.url, f.tags, f.paused, f.every, f.full_text, f.announce_first) for f in read_again] == [
        (f.url, clean_tags(f.tags), f.paused, f.every, f.full_text, f.announce_first) for f in feeds
    ]


def test_secret_headers_are_not_exported(tmp_path: Path) -> None:
    text = export(tmp_path, [feed(url="https://example.org/a", headers={"Authorization": "hunter2"})])
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "settings", ["[]", "{", "7", '{"every_seconds": -1}', '{"every_seconds": 1e400}', '{"announce_first": "x"}']
)
def test_settings_that_export_did_not_write_are_refused(tmp_path: Path, settings: str) -> None:
    written = settings.replace('"', "&quot;")
    [refused] = read(
        tmp_path, outlines(f'<outline text="A" xmlUrl="https://example.org/a" paperboy:settings="{written}"/>')
    )
    assert isinstance(refused, RefusedItem)
    assert "is not as `export` writes it" in str(refused)
