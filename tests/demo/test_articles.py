"""The demo's sample articles are whole: they parse, differ from one another, and show what the bot can do."""

import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel import Locale

import bot.demo

DEMO = Path(bot.demo.__file__).parent
PHOTOS = DEMO / "photos"
PHOTO = re.compile(r"demo:([a-z]+\.jpg)")
FIELDS = {"url", "guid", "title", "summary", "body", "author", "language", "tags", "state", "age_hours", "reads"}
ELEMENTS = {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "a", "b", "i", "code", "pre", "br"}
ELEMENTS |= {"figure", "figcaption", "img"}
VOID = {"br", "img"}


def read(name: str) -> list[dict[str, Any]]:
    """The articles of one file, one JSON object a line."""
    return [json.loads(line) for line in (DEMO / name).read_text(encoding="utf-8").splitlines()]


ARCHIVE = read("articles.jsonl")
FRESH = read("fresh.jsonl")
ALL = ARCHIVE + FRESH
each_article = pytest.mark.parametrize("article", ALL, ids=lambda article: article["url"].rsplit("/", 1)[1])


class Nesting(HTMLParser):
    """Notes every element that is unknown, closed out of turn or left open, and the text between the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.faults.append(f"<{tag}> is not used here")
        if tag == "a" and not (dict(attrs).get("href") or "").startswith("https://example.org/"):
            self.faults.append("a link leads out of example.org")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if not self.open and data.strip():
            self.faults.append(f"text outside any element: {data[:30]!r}")
        self.text += data


def parse(body: str) -> Nesting:
    parser = Nesting()
    parser.feed(body)
    parser.close()
    return parser


def folded(text: str) -> str:
    """Lower case, without accents: what somebody might type into a search."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def test_there_are_forty_articles_in_the_archive_and_one_a_minute_for_a_while() -> None:
    assert len(ARCHIVE) >= 40
    assert len(FRESH) >= 20


@each_article
def test_an_article_has_every_field_that_a_reader_sees(article: dict[str, Any]) -> None:
    assert set(article) - {"image_url"} == FIELDS
    assert all(
        isinstance(article[name], str) and article[name].strip() for name in FIELDS - {"tags", "age_hours", "reads"}
    )
    assert article["url"].startswith("https://example.org/")
    assert article["state"] == "published"
    assert 1 <= len(article["tags"]) <= 3
    assert len(set(article["tags"])) == len(article["tags"])
    assert all(tag == tag.lower() and " " not in tag for tag in article["tags"])


@each_article
def test_a_body_is_well_formed_and_long_enough_to_read(article: dict[str, Any]) -> None:
    parsed = parse(article["body"])
    assert (parsed.faults, parsed.open) == ([], [])
    assert len(parsed.text) > 250


def test_no_two_articles_share_a_url_a_guid_or_a_title() -> None:
    for name in ("url", "guid", "title"):
        assert len({folded(article[name]) for article in ALL}) == len(ALL), name


def test_links_between_articles_lead_to_articles() -> None:
    linked = {url for article in ALL for url in re.findall(r'href="([^"]+)"', article["body"])}
    assert linked
    assert linked <= {article["url"] for article in ALL}


def test_at_least_five_languages_are_spoken_and_one_runs_from_right_to_left() -> None:
    locales = {code: Locale.parse(code) for code in {article["language"] for article in ARCHIVE}}
    assert len(locales) >= 5
    assert {"rtl", "ltr"} == {locale.text_direction for locale in locales.values()}


def test_the_archive_is_spread_over_weeks_denser_lately_and_has_been_read() -> None:
    ages = [article["age_hours"] for article in ARCHIVE]
    assert ages == sorted(ages), "newest first, as /latest shows them"
    assert len(set(ages)) == len(ages)
    assert 0 < ages[0] < 24
    assert 28 * 24 < ages[-1] <= 35 * 24
    assert sum(age < ages[-1] / 2 for age in ages) > len(ages) / 2
    assert all(0 <= article["reads"] <= 60 for article in ARCHIVE)
    assert len({article["reads"] for article in ARCHIVE}) > 20


def test_what_is_yet_to_be_published_has_no_age_and_no_reads() -> None:
    assert all(article["age_hours"] == 0 and article["reads"] == 0 for article in FRESH)


def test_every_photo_is_used_and_every_photo_used_exists() -> None:
    used = {name for article in ALL for name in PHOTO.findall(article.get("image_url", "") + article["body"])}
    assert used == {path.name for path in PHOTOS.glob("*.jpg")}
    assert sum("image_url" in article for article in ARCHIVE) >= 20
    assert sum("image_url" in article for article in FRESH) >= 12
    assert all(PHOTO.fullmatch(article["image_url"]) for article in ALL if "image_url" in article)


def test_photos_are_whole_and_small() -> None:
    photos = [path.read_bytes() for path in PHOTOS.glob("*.jpg")]
    assert all(photo.startswith(b"\xff\xd8\xff") and photo.endswith(b"\xff\xd9") for photo in photos)
    assert max(map(len, photos)) < 60_000
    assert sum(map(len, photos)) < 700_000


def test_some_articles_are_so_long_that_they_need_pages() -> None:
    long = [article for article in ARCHIVE if len(parse(article["body"]).text) > 9_000]
    assert len(long) >= 4
    assert {"fa", "ar"} & {article["language"] for article in long}


def test_bodies_hold_lists_quotes_code_pictures_emoji_and_combining_characters() -> None:
    bodies = "".join(article["body"] for article in ALL)
    assert all(f"<{name}" in bodies for name in ELEMENTS)
    assert "\N{ZERO WIDTH JOINER}" in bodies
    assert "e\N{COMBINING ACUTE ACCENT}" in bodies


@pytest.mark.parametrize("word", ["lighthouse", "sourdough", "CAFE", "نان", "tortilla", "灯台", "Leuchtturm"])
def test_likely_searches_find_something(word: str) -> None:
    def words(article: dict[str, Any]) -> str:
        return folded(" ".join([article["title"], article["summary"], parse(article["body"]).text]))

    assert any(folded(word) in words(article) for article in ALL)
