"""WordPress exports, as the versions of WordPress write them."""

import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import RefusedFile, RefusedItem
from bot.intake import wxr
from bot.intake.documents import on_disk
from bot.intake.files import read_file
from bot.model import ArticleState, Submission

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.4" -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>The Quay</title><language>pt-BR</language><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login><![CDATA[nora]]></wp:author_login>
<wp:author_display_name><![CDATA[Nora Lind]]></wp:author_display_name></wp:author>
"""
TAIL = "</channel></rss>"
PICTURE = """<item><title>boat</title><wp:post_id>9</wp:post_id><wp:post_type>attachment</wp:post_type>
<wp:attachment_url>https://example.org/boat.jpg</wp:attachment_url></item>"""


def post(title: str = "Tides", content: str = "<p>Out and in.</p>", **fields: str) -> str:
    every = {
        "title": f"<![CDATA[{title}]]>",
        "link": "https://example.org/tides/",
        "pubDate": "Tue, 03 Mar 2020 10:00:00 +0000",
        "dc:creator": "<![CDATA[nora]]>",
        "guid": "https://example.org/?p=7",
        "content:encoded": f"<![CDATA[{content}]]>",
        "excerpt:encoded": "<![CDATA[]]>",
        "wp:post_id": "7",
        "wp:post_date": "2020-03-03 12:00:00",
        "wp:post_date_gmt": "2020-03-03 10:00:00",
        "wp:status": "publish",
        "wp:post_type": "post",
    } | {name.replace("__", ":"): value for name, value in fields.items()}
    extra = every.pop("extra", "")
    return f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in every.items())}{extra}</item>\n"


def read(tmp_path: Path, *items: str, head: str = HEAD) -> list[Submission | RefusedItem]:
    path = tmp_path / "quay.xml"
    path.write_text(head + "".join(items) + TAIL, encoding="utf-8")
    return list(wxr.read(on_disk(path)))


def only(tmp_path: Path, item: str) -> Submission:
    [found] = read(tmp_path, item)
    assert isinstance(found, Submission), found
    return found


def test_a_whole_post_is_read(tmp_path: Path) -> None:
    item = post(
        excerpt__encoded="<![CDATA[In short]]>",
        extra="""<category domain="category" nicename="sea"><![CDATA[Sea & shore]]></category>
          <category domain="post_tag" nicename="calm"><![CDATA[calm]]></category>
          <category domain="post_format" nicename="aside"><![CDATA[Aside]]></category>
          <category domain="category" nicename="uncategorized"><![CDATA[Uncategorized]]></category>
          <wp:postmeta><wp:meta_key>_edit_last</wp:meta_key><wp:meta_value>3</wp:meta_value></wp:postmeta>
          <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value><![CDATA[9]]></wp:meta_value></wp:postmeta>
          <wp:comment><wp:comment_author>Eve</wp:comment_author><wp:comment_content>no</wp:comment_content>
          <wp:status>trash</wp:status></wp:comment>""",
    )
    assert read(tmp_path, item, PICTURE) == [
        Submission(
            title="Tides",
            url="https://example.org/tides/",
            guid="https://example.org/?p=7",
            summary="<p>In short</p>",
            body="<p>Out and in.</p>",
            author="Nora Lind",
            language="pt-BR",
            tags=("Sea & shore", "calm"),
            image_url="https://example.org/boat.jpg",
            published_at=datetime(2020, 3, 3, 10, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_every_version_is_known_by_what_it_holds(tmp_path: Path, version: str) -> None:
    path = tmp_path / "export"
    path.write_text(HEAD.replace("1.2", version) + post() + TAIL, encoding="utf-8")
    [found] = read_file(path)
    assert isinstance(found, Submission)
    assert found.body == "<p>Out and in.</p>"


@pytest.mark.parametrize(
    ("status", "state"), [("publish", "published"), ("draft", "draft"), ("pending", "draft"), ("future", "draft")]
)
def test_what_is_not_published_is_a_draft_without_an_address(tmp_path: Path, status: str, state: str) -> None:
    found = only(tmp_path, post(wp__status=status))
    assert found.state is ArticleState(state)
    assert (found.url is None) == (state == "draft")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wp__status": "private"}, "has the status 'private'; only posts that are published or drafts are taken"),
        ({"wp__status": "trash"}, "has the status 'trash'"),
        ({"wp__post_type": "page"}, "is not a post but of the kind 'page'; only posts are taken"),
        ({"extra": "<wp:post_password>x</wp:post_password>"}, "is protected by a password"),
        ({"content__encoded": "", "link": "", "title": ""}, "has neither a title nor a text"),
        ({"content__encoded": "", "link": ""}, "has a title and nothing else"),
        ({"content__encoded": "x" * 5_000_001}, "is longer than the 5 MB allowed for one article"),
    ],
)
def test_what_is_not_taken_is_told_with_line_title_and_reason(
    tmp_path: Path, fields: dict[str, str], sentence: str
) -> None:
    refused, good = read(tmp_path, post(**fields), post())
    assert str(refused).startswith("quay.xml line 9: ")
    assert sentence in str(refused)
    assert isinstance(good, Submission)


@pytest.mark.parametrize("kind", ["attachment", "nav_menu_item", "revision", "wp_global_styles"])
def test_what_wordpress_keeps_for_itself_is_passed_over(tmp_path: Path, kind: str) -> None:
    assert read(tmp_path, post(wp__post_type=kind)) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"wp__post_date_gmt": "0000-00-00 00:00:00"}, datetime(2020, 3, 3, 10, tzinfo=UTC)),
        (
            {"wp__post_date_gmt": "0000-00-00 00:00:00", "pubDate": "Mon, 30 Nov -0001 00:00:00 +0000"},
            datetime(2020, 3, 3, 12, tzinfo=UTC),
        ),
        (
            {
                "wp__post_date_gmt": "0000-00-00 00:00:00",
                "pubDate": "",
                "wp__post_date": "0000-00-00 00:00:00",
                "wp__status": "draft",
            },
            None,
        ),
    ],
)
def test_dates_that_are_none_are_passed_over(tmp_path: Path, fields: dict[str, str], expected: datetime | None) -> None:
    assert only(tmp_path, post(**fields)).published_at == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("One.\nStill one.\n\nTwo.", "<p>One.<br>\nStill one.</p>\n<p>Two.</p>"),
        ("<h2>Head</h2>\n\nText", "<h2>Head</h2>\n<p>Text</p>"),
        ("<pre>a\n\nb</pre>\n\nc", "<pre>a\n\nb</pre>\n<p>c</p>"),
        ('<!-- wp:paragraph {"x":1} -->\n<p>A</p>\n<!-- /wp:paragraph -->', None),
        ('[caption id="a"]<img src="https://e.org/a"> Low[/caption]', '<p><img src="https://e.org/a"> Low</p>'),
        ('Before [gallery ids="1,2"] after', "<p>Before  after</p>"),
        ("[vc_row][vc_column]In it[/vc_column][/vc_row]", "<p>In it</p>"),
        ("[whatever]Kept[/whatever]", "<p>Kept</p>"),
        ('[my_form id="4"]', ""),
        ("He said [sic] and [1] and [Update]", "<p>He said [sic] and [1] and [Update]</p>"),
        ("[[gallery]] shows it", "<p>[gallery] shows it</p>"),
        ("a[0][1] = [x for x in y]", "<p>a[0][1] = [x for x in y]</p>"),
    ],
)
def test_shortcodes_go_and_paragraphs_come(content: str, expected: str | None) -> None:
    assert wxr.html_of(content) == (content if expected is None else expected)


def test_blank_lines_that_a_plugin_wrote_before_it_stop_nothing(tmp_path: Path) -> None:
    [found] = read(tmp_path, post(), head="\n\n" + HEAD)
    assert isinstance(found, Submission)


def test_control_characters_stop_nothing(tmp_path: Path) -> None:
    assert only(tmp_path, post(content="<p>a\x08b\x0bc</p>")).body == "<p>abc</p>"


def test_a_file_that_was_cut_off_gives_what_stands_before(tmp_path: Path) -> None:
    path = tmp_path / "cut.xml"
    path.write_text(HEAD + post() + post()[:200], encoding="utf-8")
    first, refused = wxr.read(on_disk(path))
    assert isinstance(first, Submission)
    assert "not well-formed XML" in str(refused)
    assert "the posts up to there are taken" in str(refused)


@pytest.mark.parametrize("body", ["<rss><channel/></rss>", "<html>", "", "<!DOCTYPE rss [<!ENTITY a 'b'>]>" + HEAD])
def test_what_is_no_export_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "quay.xml"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(RefusedFile, match=r"quay\.xml"):
        wxr.read(on_disk(path))


def test_a_tag_without_end_is_refused_in_time(tmp_path: Path) -> None:
    path = tmp_path / "quay.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD + post() + '<item a="')
        for _ in range(20):
            file.write("x" * 1_000_000)
    began_at = time.process_time()
    first, refused = wxr.read(on_disk(path))
    assert isinstance(first, Submission)
    assert "one tag is longer than 5 MB" in str(refused)
    assert time.process_time() - began_at < 10


def test_a_large_export_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "quay.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for _ in range(100):
            file.write(post(content="<p>Out and in.</p>" * 10_000))
        file.write(TAIL)
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    try:
        assert sum(isinstance(item, Submission) for item in wxr.read(on_disk(path))) == 100
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
