"""Pages of many kinds and languages become articles: all of the text, none of what stands around it."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from bot.intake.encoding import decode
from bot.intake.html import plain
from bot.intake.page import read_page
from bot.model import Submission

PAGES = Path(__file__).parents[1] / "data/pages"


@dataclass(frozen=True)
class Expected:
    """What is to be read from a page: facts, the beginning and end of the text, and what is no part of it."""

    url: str
    title: str
    begins: str
    ends: str
    not_in: tuple[str, ...]
    language: str
    author: str = ""
    day: str = ""
    own_url: str = ""  # where it is not the url
    image: str = ""


EXPECTED = {
    "news": Expected(
        url="https://www.pier.example/news/2026/11/crane-comes-down?utm_source=mail",
        own_url="https://www.pier.example/news/2026/11/crane-comes-down",
        title="Harbour crane comes down after ninety years",
        begins="The last steam crane of the old basin",
        ends="the council said.",
        not_in=("cookies", "Weather", "Related", "Ferry timetable", "grandfather", "rusty", "newsletter", "Facebook",
                "rights reserved", "Advertisement", "Harbour crane comes down after"),
        language="en-GB",
        author="Ann Pier, Bo Quay",
        day="2026-11-20T07:30",
        image="https://www.pier.example/img/crane-1200.jpg",
    ),
    "blog": Expected(
        url="https://flour.example/2025/03/baking/",
        title="Baking in a caravan",
        begins="An oven the size of a shoebox",
        ends="what the altitude does to it.",
        not_in=("Brakes", "propane", "Norway", "WordPress", "Archive", "Tagged"),
        language="en-US",
        author="Mira Loaf",
        day="2025-03-09T18:12",
        image="https://flour.example/wp-content/loaf?w=1024",
    ),
    "docs": Expected(
        url="https://docs.tidepool.example/4.2/guide/retries.html",
        title="Retries",
        begins="A job that fails is tried again with backoff(), see its reference.",
        ends="with the last error of each job.",
        not_in=("¶", "genindex", "Installation", "Sphinx"),
        language="en",
    ),
    "persian": Expected(
        url="https://saahel.example/n/1",
        title="باران پاییزی به شمال رسید",
        begins="نخستین باران پاییزی از بامداد امروز",
        ends="سدها پس از سه سال خشکسالی پر می‌شوند.",
        not_in=("سیاست", "قیمت ماهی", "محفوظ"),
        language="fa",  # though its template says en
        author="مریم دریانورد",
        day="2026-10-03T06:10",
    ),
    "chinese": Expected(
        url="https://haigang.example/n/1",
        title="老码头的起重机被拆除",
        begins="2026年05月04日",
        ends="让后人记住这段历史。",
        not_in=("体育", "天气预报", "版权所有"),
        language="zh",
        day="2026-05-03T15:00",  # midnight there
    ),
    "hebrew": Expected(
        url="https://namal.example/n/1",
        title="המנוף הישן בנמל פורק",
        begins="המנוף האחרון של הנמל הישן",
        ends="לכבוד הפועלים שעבדו בו.",
        not_in=("ספורט", "הזכויות"),
        language="he",
        author="דנה ים",
    ),
    "amp": Expected(
        url="https://amp.kueste.example/faehre/fahrplan-2027.amp",
        own_url="https://www.kueste.example/faehre/fahrplan-2027",
        title="Neuer Fahrplan der Fähre",
        begins="Die Fähre fährt vom neuen Jahr an",
        ends="zahlt künftig nichts mehr dafür.",
        not_in=("Start", "Impressum"),
        language="de",
        author="dpa",
        day="2026-12-01",
        image="https://www.kueste.example/bild/faehre.jpg",
    ),
    "bare": Expected(
        url="http://bees.example/~jo/bees.htm",
        title="Notes on keeping bees in town",
        begins="Bees do not mind a town. They mind the neighbours, who mind them",
        ends="bees@example.org",
        not_in=("Back to the index",),
        language="en",
    ),
    "scripted": Expected(
        url="https://mill.example/a",
        title="The tide mill turns again",
        begins="The tide mill at the mouth of the river",
        ends="before Easter comes.",
        not_in=("JavaScript",),
        language="en",
        author="Cleo Sluice",
        day="2026-02-03T10:00",
    ),
}  # fmt: skip


def read(name: str) -> Submission:
    return read_page((PAGES / f"{name}.html").read_bytes(), content_type="text/html", url=EXPECTED[name].url).submission


@pytest.mark.parametrize("name", EXPECTED)
def test_of_a_page_the_text_is_read_and_nothing_around_it(name: str) -> None:
    expected, text = EXPECTED[name], plain(read(name).body)
    assert text.startswith(expected.begins)
    assert text.endswith(expected.ends)
    assert [word for word in expected.not_in if word in text] == []


@pytest.mark.parametrize("name", EXPECTED)
def test_of_a_page_is_read_who_wrote_it_when_and_in_which_language(name: str) -> None:
    expected, article = EXPECTED[name], read(name)
    assert (article.title, article.author, article.language) == (expected.title, expected.author, expected.language)
    day = article.published_at.isoformat() if isinstance(article.published_at, datetime) else ""
    assert day.startswith(expected.day)
    assert bool(day) == bool(expected.day)
    assert article.url == (expected.own_url or expected.url)
    assert article.image_url == (expected.image or None)


def test_headings_lists_quotes_tables_code_links_and_pictures_are_kept() -> None:
    news, docs, blog = read("news").body, read("docs").body, read("blog").body
    assert "<h2>A landmark on paper only</h2>" in news
    assert "<blockquote><p>We looked for a museum for eleven years.</p></blockquote>" in news
    assert "<ul><li>Built: 1936, in Leith</li>" in news
    assert '<img src="https://www.pier.example/img/crane.jpg" alt="The crane at dusk">' in news
    assert '<a href="https://www.pier.example/topics/basin">old basin</a>' in news
    assert "<pre>from tidepool import Job\n\n@Job(retries=3)\ndef sweep():\n    return 1 &lt; 2</pre>" in docs
    assert "with <code>backoff()</code>, see <a href=" in docs
    assert "<tr><th>Option</th><th>Default</th></tr><tr><td><code>retries</code></td>" in docs
    assert "<ol><li>Heat the stone for a full hour.</li><li>Turn the loaf after <b>twelve</b> minutes.</li>" in blog
    assert '<img src="https://flour.example/wp-content/loaf?w=1024" alt="A loaf">' in blog


def test_text_without_paragraphs_gets_them_where_its_writer_broke_lines_twice() -> None:
    body = read("hebrew").body
    assert body.count("<p>") == 3
    assert '<a href="https://namal.example/danger">המשך הפעלתו</a> היה' in body
    assert "for a line.<br>" in _page("<p>Words enough for a line.<br>And a second line.</p>").body


def test_a_title_is_told_from_the_name_of_its_site() -> None:
    assert _page("<h1>Tides</h1><p>x", head="<title>Tides - The Pier</title>").title == "Tides"
    site = '<title>Tides | The Pier</title><meta property="og:site_name" content="The Pier">'
    assert _page("<p>x", head=site).title == "Tides"
    assert _page("<p>x", head="<title>Salt - and pepper</title>").title == "Salt - and pepper"


@pytest.mark.parametrize("href", ["https://example.org/", "/", "https://bank.example/a", "javascript:alert(1)"])
def test_an_address_that_is_not_this_page_is_not_its_own(href: str) -> None:
    assert _page("<p>x", head=f'<title>T</title><link rel="canonical" href="{href}">').url == "https://example.org/a/1"


def test_a_copy_in_a_cache_of_amp_pages_is_the_page_itself() -> None:
    page = b'<html><title>T</title><link rel="canonical" href="https://www.pier.example/a"><p>x'
    cached = "https://www-pier-example.cdn.ampproject.org/c/s/www.pier.example/amp/a"
    assert read_page(page, url=cached).submission.url == "https://www.pier.example/a"
    other = "https://evil.example/c/s/www.pier.example/amp/a"
    assert read_page(page, url=other).submission.url == other


def test_a_form_that_asks_for_a_password_is_no_article() -> None:
    form = b"<html><title>Sign in</title><p>Please sign in.</p><form><input name=p type=PASSWORD></form>"
    assert read_page(form, url="https://example.org/").wants_login
    assert not read_page((PAGES / "news.html").read_bytes(), url="https://www.pier.example/").wants_login


def _page(body: str, *, head: str = "<title>T</title>") -> Submission:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return read_page(html.encode(), url="https://example.org/a/1").submission


RUSSIAN = "Вчера в гавани открылся новый причал, и жители слушали оркестр, который играл до вечера."
JAPANESE = "昨日、港に新しい桟橋が開かれた。市民は海岸に集まり、夕方まで演奏する楽団に耳を傾けた。"


@pytest.mark.parametrize(
    ("text", "said", "written", "server"),
    [
        (RUSSIAN, "windows-1251", "cp1251", ""),
        (RUSSIAN, "utf-8", "cp1251", ""),  # a lie
        (RUSSIAN, "windows-1251", "cp1251", "text/html; charset=utf-8"),  # the server's
        (RUSSIAN, "iso-8859-1", "utf-8", "text/html; charset=iso-8859-1"),  # of both
        (RUSSIAN, "", "utf-16-le", ""),
        (RUSSIAN, "utf-16", "utf-8", ""),
        (JAPANESE, "shift_jis", "cp932", ""),
        (JAPANESE, "utf-8", "cp932", ""),
        (JAPANESE, "iso-2022-jp", "iso2022_jp", ""),
        (JAPANESE, "euc-jp", "euc_jp", ""),
        ("昨天港口开放了新的码头，市民聚集在海边，听乐队演奏到晚上。", "gb2312", "gb18030", ""),
        ("Café crème à la gare, où l’on dîne", "utf-8", "cp1252", ""),
        ("Café crème à la gare, où l’on dîne", "iso-8859-1", "cp1252", ""),
    ],
)
def test_letters_are_right_whatever_is_said_of_them(text: str, said: str, written: str, server: str) -> None:
    page = f"<html><head><meta charset='{said}'><title>x</title></head><body><p>{text}</p></body></html>"
    assert decode(page.encode(written), server) == page


def test_polish_letters_are_told_by_the_language() -> None:
    page = "<html lang='pl'><title>x</title><p>Zażółć gęślą jaźń, powiedział rybak."
    assert decode(page.encode("cp1250")) == page


def test_utf_7_is_never_believed() -> None:
    page = b"<html><meta charset='utf-7'><p>+ADw-script+AD4-alert(1)</p>"
    assert "<script" not in decode(page, "text/html; charset=utf-7")


def test_the_bot_itself_does_not_load_what_reads_documents() -> None:
    """It costs a third of a second and 35 MB."""
    readers = {"trafilatura", "htmldate", "justext", "lxml", "py3langid", "numpy", "feedparser", "markdown_it"}
    program = f"import sys, bot.app; print(*sorted({readers} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


HEAD = b"<!doctype html><html><head><title>Hostile</title></head><body>"
WORDS = b"<p>Some words of a paragraph that is long enough to be kept as the text of an article.</p>"


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"<div>" * 50_000 + WORDS,
        HEAD + WORDS + b"<ul><li>" * 20_000,
        HEAD + WORDS + b"<table><tr><td>" * 10_000,
        HEAD + b"<div title='" + b"x" * 1_000_000 + b"'>" + WORDS,
        HEAD + WORDS + b"<table>" + b"<tr><td colspan=1000 rowspan=60000>a</td></tr>" * 500,
        HEAD + WORDS + b"<!-- " * 50_000,
        HEAD + WORDS + b"x<br>" * 10_000,
        HEAD + b"<script type='application/ld+json'>" + b"[" * 100_000 + b"</script>" + WORDS,
        b"<html><title>" + b"a | - " * 100_000 + b"</title>" + WORDS,
        b"<html>" + b"\0" * 100_000 + WORDS,
    ],
    ids=["divs", "lists", "tables", "attribute", "spans", "comments", "breaks", "json", "title", "nul"],
)
def test_hostile_pages_are_read_all_the_same(body: bytes) -> None:
    assert read_page(body, content_type="text/html", url="https://example.org/").submission.title
