"""The kinds of trouble that feeds make, one by one: nothing of an entry is lost or comes out wrong."""

import pytest

from bot.intake.entries import Entry
from bot.intake.feed import parse
from tests.intake.site import rss

URL = "https://example.org/news/feed"
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
FULL = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def read(document: str | bytes, url: str | None = URL) -> Entry:
    """The only entry of the document."""
    (entry,) = parse(document.encode() if isinstance(document, str) else document, url=url).entries
    return entry


def item(inner: str, attributes: str = "") -> Entry:
    return read(f"<rss version='2.0' {attributes}><channel><title>C</title><item>{inner}</item></channel></rss>")


def atom(inner: str, attributes: str = "", feed: str = "") -> Entry:
    return read(
        f"<feed xmlns='http://www.w3.org/2005/Atom' {attributes}><title>F</title>{feed}<entry>{inner}</entry></feed>"
    )


# Encodings --------------------------------------------------------------------------------------------------------

TEXT = "<rss><channel><title>Ünï</title><item><title>日本語 “Ünï”</title></item></channel></rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("declared", ["", "utf-8", "utf-16", "iso-8859-1", "x-nobody"])
def test_a_feed_in_unicode_is_read_whatever_it_declares(encoding: str, declared: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    if encoding.startswith("utf-8") and declared == "iso-8859-1":
        pytest.skip("it is what it says, as far as anybody can tell")
    assert read((head + TEXT).encode(encoding)).title == "日本語 “Ünï”"


@pytest.mark.parametrize("encoding", ["shift_jis", "iso-2022-jp", "euc-jp", "gb18030"])
def test_a_feed_in_an_older_encoding_is_read_by_its_declaration(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><rss><channel><item><title>日本語</title></item></channel></rss>'
    )
    assert read(text.encode(encoding)).title == "日本語"


def test_a_letter_cut_in_two_costs_that_letter_and_no_other() -> None:
    whole = rss("<title>Ünï 日本</title><description>Новости дня</description>")
    cut = whole.replace("本".encode(), "本".encode()[:2])
    assert (read(cut).title, read(cut).content) == ("Ünï 日", "Новости дня")


def test_a_server_that_says_nothing_of_the_encoding_does_not_make_it_latin1() -> None:
    assert parse("<rss><channel><title>Zürich</title></channel></rss>".encode(), url=URL).feed.title == "Zürich"


# XML that is not quite XML ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["\n\n ", "\ufeff", "Warning: x() in a.php\n", "<br />\n<b>Warning</b>: a.php<br />\n"]
)
def test_what_stands_before_the_feed_is_passed_over(before: str) -> None:
    assert (
        read(f'{before}<?xml version="1.0"?><rss><channel><item><title>x</title></item></channel></rss>').title == "x"
    )


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&T", "AT&T"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("a \x0b\x1fb\x00c", "a bc"),
        ("a&#0;b&#x1F;c", "abc"),
        ("&#55357;&#56832; &#xD83D;&#xDE00; &#xD83D;", "😀 😀"),
        ("a < b and 3<4", "a < b and 3<4"),
        ("Caf&eacute;&nbsp;&mdash; x", "Café — x"),
        ("<![CDATA[AT&amp;T <i>co</i> & you]]>", "AT&T co & you"),
        ("&lt;video&gt; explained", "<video> explained"),
        ("&lt;b&gt;Bold&lt;/b&gt; words", "Bold words"),
        ("two\n   lines", "two lines"),
    ],
)
def test_titles_come_out_as_they_were_meant(written: str, title: str) -> None:
    assert item(f"<title>{written}</title>").title == title


def test_a_wrong_or_missing_end_tag_loses_nothing() -> None:
    wrong = parse(
        b"<rss><channel><language>en-us</langauge><title>C</titel><item><title>x</title></item></channel></rss>"
    )
    assert (wrong.feed.language, wrong.feed.title, wrong.entries[0].title) == ("en-us", "C", "x")
    missing = item("<title>T<link>https://example.org/1</link><description>D")
    assert (missing.title, missing.link, missing.content) == ("T", "https://example.org/1", "D")


def test_a_stray_end_tag_in_a_text_ends_nothing() -> None:
    assert item("<title>a</b>b</title><link>https://example.org/1</link>").title == "ab"


def test_prefixes_that_nobody_declared_are_known() -> None:
    entry = item("<title>x</title><atom:link href='https://example.org/a'/><dc:creator>Ann</dc:creator>")
    assert (entry.link, entry.author) == ("https://example.org/a", "Ann")


def test_an_entity_of_the_document_is_replaced() -> None:
    assert read(b'<!DOCTYPE rss [<!ENTITY paper "Harbour News">]>' + rss("<title>a &paper; b</title>")).title == (
        "a Harbour News b"
    )


@pytest.mark.parametrize(
    "odd",
    [
        "<image><width/><height></height></image>",
        "<psc:chapters><psc:chapter title='x'/></psc:chapters>",
        "<description>&#99999999999999999999;</description>",
    ],
)
def test_one_odd_element_costs_no_feed(odd: str) -> None:
    spaces = 'xmlns:psc="http://podlove.org/simple-chapters"'
    assert item(f"<title>x</title>{odd}", spaces).title == "x"


# Links and ids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("<link>\n <![CDATA[ https://example.org/1?a=1&b=2 ]]>\n</link>", "https://example.org/1?a=1&b=2"),
        ("<link>https://example.org/1?a=1&b=2&copy=3</link>", "https://example.org/1?a=1&b=2&copy=3"),
        (
            "<link>https://feeds.x.org/~r/1</link><feedburner:origLink>https://x.org/1</feedburner:origLink>",
            "https://x.org/1",
        ),
        ("<link/><atom:link href='https://example.org/a'/>", "https://example.org/a"),
        ("<guid>/a/1</guid>", "https://example.org/a/1"),
        ("<guid isPermaLink='false'>https://example.org/1</guid>", ""),
        ("<guid>story-1</guid>", ""),
        ("<enclosure url=' '/><enclosure url='https://x.org/a.mp3'/>", "https://x.org/a.mp3"),
        ("<link uri='at://did:plc:x'>https://example.org/1</link>", "https://example.org/1"),
        ("<link>mailto:ann@example.org</link>", ""),
    ],
)
def test_the_link_of_an_item(written: str, link: str) -> None:
    assert item(f"<title>x</title>{written}").link == link


def test_a_bare_word_as_id_stays_so_that_a_feed_that_moves_keeps_its_ids() -> None:
    assert item("<guid>story-1</guid><title>x</title>").id == "story-1"
    assert atom("<id>story-1</id><title>x</title>").id == "story-1"


def test_relative_links_follow_xml_base_wherever_it_stands() -> None:
    entry = atom(
        "<link href='x'/><content type='html'>&lt;a href='y'>z&lt;/a></content>", "xml:base='https://b.example/a/'"
    )
    assert (entry.link, entry.content) == ("https://b.example/a/x", '<a href="https://b.example/a/y">z</a>')
    inner = atom("<link href='x'/><content type='html' xml:base='/c/'>&lt;a href='y'>z&lt;/a></content>")
    assert inner.content == '<a href="https://example.org/c/y">z</a>'


# Texts, people, files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<![CDATA[<p>a</p><![CDATA[b]]]]><![CDATA[><p>c</p>]]>", "<p>a</p>b<p>c</p>"),
        ("&lt;math>&lt;mi>a&lt;/mi>&lt;mo>+&lt;/mo>&lt;mi>b&lt;/mi>&lt;/math>", "a  +  b"),
        ("&lt;!-- an open comment >kept", "kept"),
        ("a &lt;! b", "a &lt;! b"),
        ("&lt;iframe src='x'/>kept", "kept"),
        ("<p>bare <b>HTML</b></p>", "<p>bare <b>HTML</b></p>"),
    ],
)
def test_no_word_of_a_text_is_dropped(written: str, text: str) -> None:
    assert item(f"<title>x</title><description>{written}</description>").content == text


def test_xhtml_and_base64_are_texts_and_a_picture_in_base64_is_none() -> None:
    xhtml = "<div xmlns='http://www.w3.org/1999/xhtml'><p>a &lt;b&gt;</p><br/>c</div>"
    assert atom(f"<content type='xhtml'>{xhtml}</content>").content == "<p>a &lt;b&gt;</p><br>c"
    assert atom("<content type='application/octet-stream'>PHA+YTwvcD4=</content>").content == "<p>a</p>"
    assert atom(f"<summary>s</summary><content type='image/png'>{'iVBORw0KGgo/' * 20}</content>").content == "<p>s</p>"


def test_of_several_contents_the_first_counts_unless_it_is_but_the_beginning_of_another() -> None:
    short, long = "<content>short</content>", f"<content>{'words ' * 50}</content>"
    assert atom(short + "<content>short too</content>").content == "<p>short</p>"
    assert atom(short + long).content.startswith("<p>words")


def test_the_full_text_is_the_content_whatever_comes_first() -> None:
    for inner in ("<description>D</description><content:encoded>Long</content:encoded>",
                  "<content:encoded>Long</content:encoded><description>D</description>"):  # fmt: skip
        entry = item(inner, FULL)
        assert (entry.summary, entry.content, entry.title) == ("D", "Long", "Long")


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("<author>ann@example.org (Ann Bell)</author>", "Ann Bell (ann@example.org)"),
        ("<author>Ann Bell &lt;ann@example.org&gt;</author>", "Ann Bell (ann@example.org)"),
        ("<dc:creator>Ann (mailto:ann@example.org)</dc:creator>", "Ann (mailto:ann@example.org)"),
        ("<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator>", "Ann, Bob"),
        ("<author>Ann</author><dc:creator>Bob</dc:creator>", "Ann, Bob"),
        ("<itunes:author>Ann</itunes:author>", "Ann"),
    ],
)
def test_every_author_is_named_in_order(written: str, author: str) -> None:
    assert item(f"<title>x</title>{written}").author == author


def test_an_entry_has_its_own_author_else_its_sources_else_the_feeds() -> None:
    ann, bob = "<author><name>Ann</name></author>", "<author><name>Bob</name></author>"
    contributor = "<contributor><name>Zed</name></contributor>"
    assert atom(ann + bob + contributor, feed="<author><name>F</name></author>").author == "Ann, Bob"
    assert atom(f"<source>{bob}</source>", feed=ann).author == "Bob"
    assert atom(contributor, feed=ann).author == "Ann"
    assert parse(
        rss("<title>x</title>").replace(b"<item>", b"<webMaster>w@x.org (Wim)</webMaster><item>")
    ).feed.author == ("w@x.org (Wim)")


def test_pictures_sound_and_film_come_with_an_entry() -> None:
    group = (
        "<media:group><media:content url='https://x.org/a.mp4' type='video/mp4' fileSize='12'/>"
        "<media:thumbnail url='https://x.org/a.jpg'/><media:description>Words</media:description></media:group>"
    )
    film = item(group, MEDIA)
    assert [(e.url, e.media_type, e.size_bytes) for e in film.enclosures] == [("https://x.org/a.mp4", "video/mp4", 12)]
    assert (film.image_url, film.content) == ("https://x.org/a.jpg", "Words")
    assert item("<media:content url='https://x.org/b.jpg' medium='image'/><title>x</title>", MEDIA).image_url == (
        "https://x.org/b.jpg"
    )
    sound = item("<title>x</title><enclosure url='/a.mp3' length='many'/>").enclosures
    assert [(e.url, e.size_bytes) for e in sound] == [("https://example.org/a.mp3", None)]


def test_titles_of_media_and_images_are_not_the_title() -> None:
    assert item("<media:title>M</media:title><title>T</title>", MEDIA).title == "T"
    feed = parse(
        rss("<title>x</title>", title="C").replace(
            b"<item>", b"<image><title>I</title><link>https://i.org/</link></image><item>"
        )
    )
    assert (feed.feed.title, feed.feed.link) == ("C", "https://example.org/")


@pytest.mark.parametrize("name", ["pubDate", "pubdate", "dc:date", "atom:published", "dcterms:issued"])
def test_a_date_is_found_under_each_of_its_names(name: str) -> None:
    spaces = 'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    entry = item(f"<title>x</title><{name}>2026-11-24T10:00:00+01:00</{name}>", spaces)
    assert entry.published is not None
    assert entry.published.isoformat() == "2026-11-24T09:00:00+00:00"


# JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_json_is_read_in_any_encoding_and_with_bare_line_breaks(encoding: str) -> None:
    document = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Ünï", "items": [{"id": 1, "content_text": "a\nb"}]}'
    )
    parsed = parse(document.encode(encoding), url=URL)
    assert (parsed.feed.title, parsed.entries[0].id, parsed.entries[0].content) == ("Ünï", "1", "<p>a<br>b</p>")


@pytest.mark.parametrize(
    "people",
    [
        '"authors": [{"name": "Ann"}, {"name": "Bob"}]',
        '"authors": {"name": "Ann"}, "author": {"name": "Bob"}',
        '"authors": [{"name": "Ann"}, 1, null], "author": {"name": "Bob"}',
    ],
)
def test_authors_of_both_versions_of_json_feed_are_named(people: str) -> None:
    assert read(f'{{"items": [{{"id": "1", {people}}}]}}').author == "Ann, Bob"


def test_a_json_item_without_a_title_is_called_by_its_summary() -> None:
    assert read('{"items": [{"id": "1", "summary": "Short", "content_text": "Long words"}]}').title == "Short"
