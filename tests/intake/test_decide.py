"""What an article becomes on its way in, and what it is to the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.errors import RefusedItem
from bot.intake.decide import content_hash, decide, distinct, language_tag, normalise
from bot.model import Article, ArticleState, Change, Enclosure, NewArticle, Submission

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STORY = Submission(title="A story", url="https://example.org/a", summary="Short.", body="<p>Long.</p>")


def stored(new: NewArticle) -> Article:
    return Article(
        id=1,
        url=new.url,
        canonical_url=new.canonical_url,
        title=new.title,
        summary=new.summary,
        body=new.body,
        text=new.text,
        author=new.author,
        language=new.language,
        tags=new.tags,
        image_url=new.image_url,
        enclosures=new.enclosures,
        state=new.state,
        published_at=new.published_at,
        announced_seq=None,
        changed_seq=1,
        content_hash=new.content_hash,
        revision=1,
    )


@pytest.mark.parametrize(
    ("other", "is_own", "expected"),
    [
        (STORY, True, Change.SAME),
        (STORY, False, Change.DUPLICATE),
        (replace(STORY, title="Another title"), True, Change.CHANGED),
        (replace(STORY, title="Another title"), False, Change.DUPLICATE),
        (replace(STORY, body="<p>Longer.</p>"), True, Change.CHANGED),
        (replace(STORY, body="<div><p>Long.</p></div>"), True, Change.SAME),
        (replace(STORY, image_url="https://example.org/i.jpg"), True, Change.CHANGED),
        (replace(STORY, published_at=NOW - timedelta(days=1)), True, Change.SAME),
        (replace(STORY, url="https://example.org/a?utm_source=x"), True, Change.SAME),
    ],
)
def test_what_an_article_is_to_the_store(other: Submission, is_own: bool, expected: Change) -> None:
    assert decide(normalise(other, NOW), stored(normalise(STORY, NOW)), is_own=is_own) is expected


def test_what_the_store_does_not_have_is_new() -> None:
    assert decide(normalise(STORY, NOW), None, is_own=False) is Change.NEW


def test_a_picture_is_the_same_whatever_its_address_says_of_its_size_or_for_how_long() -> None:
    one, other = (
        normalise(replace(STORY, image_url=f"https://cdn.example.org/i.jpg?{query}"), NOW)
        for query in ("w=800&token=1", "w=400&token=2")
    )
    assert one.content_hash == other.content_hash


def item(title: str = "Title", *, guid: str | None = None, url: str = "", text: str = "Words.") -> Submission:
    return Submission(title=title, guid=guid, url=url and f"https://example.org{url}", summary=text)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item(guid="g"), item(guid="g")], 1),
        ([item(guid="g", url="/a"), item(guid="g", url="/b")], 2),
        ([item("One", guid="g", url="/a"), item("Two", guid="g", url="/b")], 2),
        ([item("One", guid="g", url="/a"), item("Two", guid="g", url="/a", text="Other.")], 2),
        ([item("One", guid="g", url="/a"), item("One, corrected", guid="g", url="/a")], 1),
        ([item("One", guid="g", url="/a"), item("One", guid="g", url="/a", text="Corrected.")], 1),
        ([item(guid="g", url="/a"), item(guid="h", url="/a?utm_source=x")], 1),
        ([item(guid="g", url="/a"), item(guid="h", url="/a", text="Other.")], 2),
        ([item("Weather", guid="g", url="/"), item("Weather", guid="h", url="/")], 2),
        ([item("Weather", guid="g"), item("Weather", guid="h")], 2),
        ([item("One", url="/"), item("Two", url="/"), item("One", url="/")], 2),
        ([item("Weather", url="/", text="Sun."), item("Weather", url="/", text="Rain.")], 2),
        ([item(url="/log#v1"), item(url="/log#v2")], 2),
        ([item("One"), item("Two"), item("One", text="Other.")], 3),
        (
            [
                item("One", guid="g"),
                item("One", guid="g", text="Other."),
                item("Two", guid="h", text="Two."),
                item("Three", guid="i", text="Three."),
            ],
            3,
        ),
        ([item("Daily", url="/a", text="Sun."), item("Daily", url="/a", text="Rain."), item("Daily", url="/b")], 3),
    ],
)
def test_the_items_of_one_document_are_told_apart_and_what_comes_twice_is_one(
    items: list[Submission], expected: int
) -> None:
    told_apart = distinct(items)
    assert len(told_apart) == expected
    assert len({normalise(each, NOW).guid for each in told_apart}) == expected


@pytest.mark.parametrize(
    ("given_at", "state", "expected"),
    [
        (None, ArticleState.PUBLISHED, NOW),
        (NOW - timedelta(days=9), ArticleState.PUBLISHED, NOW - timedelta(days=9)),
        (NOW + timedelta(days=9), ArticleState.PUBLISHED, NOW),
        (NOW + timedelta(days=9), ArticleState.SCHEDULED, NOW + timedelta(days=9)),
        (datetime(1970, 1, 1, tzinfo=UTC), ArticleState.PUBLISHED, NOW),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3))), ArticleState.PUBLISHED, NOW),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-3))), ArticleState.PUBLISHED, NOW),
        (datetime(1965, 5, 5, tzinfo=UTC), ArticleState.PUBLISHED, datetime(1965, 5, 5, tzinfo=UTC)),
    ],
)
def test_moments_that_are_absent_or_impossible_become_now(
    given_at: datetime | None, state: ArticleState, expected: datetime
) -> None:
    assert normalise(replace(STORY, published_at=given_at, state=state), NOW).published_at == expected


@pytest.mark.parametrize(
    ("submission", "sentence"),
    [
        (Submission(title=" ", url=None), "no title"),
        (Submission(title="x"), "neither a URL"),
        (Submission(title="x", url="javascript:alert(1)"), "`url` is 'javascript:alert\\(1\\)'"),
        (Submission(title="x", url="http://user:pw@example.org/"), "expected an address"),
        (Submission(title="x", url="https://example.org/" + "a" * 3000), "longer than the 2048"),
        (Submission(title="x", url="http://[::1"), "expected an address"),
    ],
)
def test_what_cannot_be_an_article_is_refused_with_the_reason(submission: Submission, sentence: str) -> None:
    with pytest.raises(RefusedItem, match=sentence):
        normalise(submission, NOW)


def test_relative_links_and_pictures_are_resolved_against_the_article() -> None:
    body = '<p><a href="b">b</a><img src="/i.png"><img src="data:image/png;base64,x"></p>'
    new = normalise(replace(STORY, body=body, image_url="/lead.jpg"), NOW)
    assert new.image_url == "https://example.org/lead.jpg"
    assert 'href="https://example.org/b"' in new.body
    assert 'src="https://example.org/i.png"' in new.body
    assert "data:" not in new.body


def test_texts_tags_and_enclosures_are_kept_within_limits() -> None:
    new = normalise(
        replace(
            STORY,
            title="word " * 400,
            summary="<b>Bold</b> words " * 300,
            tags=("#One", "one", " two  words ", "", "x" * 99, *map(str, range(50))),
            enclosures=(Enclosure("https://example.org/a.mp3"), Enclosure("ftp://example.org/b"), Enclosure("x")),
            language="pt_br",
            author="A\x00 \ud800 B",
        ),
        NOW,
    )
    assert len(new.title) <= 500
    assert len(new.summary) <= 2000
    assert "<b>" not in new.summary
    assert new.tags[:2] == ("One", "two words")
    assert len(new.tags) == 20
    assert [enclosure.url for enclosure in new.enclosures] == ["https://example.org/a.mp3"]
    assert new.language == "pt-BR"
    assert new.author == "A B"


def test_plain_text_bodies_become_paragraphs() -> None:
    assert normalise(replace(STORY, body="One & two.\n\nThree\nfour."), NOW).body == (
        "<p>One &amp; two.</p>\n<p>Three<br>four.</p>"
    )


def test_an_article_without_a_guid_or_url_is_known_by_its_words() -> None:
    one = normalise(Submission(title="A", body="<p>Text</p>"), NOW)
    other = normalise(Submission(title="A", body="<div>Text</div>"), NOW)
    third = normalise(Submission(title="A", body="Other text"), NOW)
    assert one.guid == other.guid != third.guid


@pytest.mark.parametrize(
    ("written", "expected"),
    [("en", "en"), ("EN-us", "en-US"), ("zh_hant_tw", "zh-Hant-TW"), ("english", ""), ("", ""), ("en, de", "en")],
)
def test_language_tags_are_shaped_or_dropped(written: str, expected: str) -> None:
    assert language_tag(written) == expected


texts = st.text(max_size=40)


@given(
    st.builds(
        Submission,
        title=texts,
        url=st.none() | texts | texts.map(lambda tail: f"https://example.org/{tail}"),
        guid=st.none() | texts,
        summary=texts,
        body=texts | texts.map(lambda inner: f"<p>{inner}<a href='{inner}'>"),
        author=texts,
        language=texts,
        tags=st.lists(texts, max_size=4).map(tuple),
        image_url=st.none() | texts,
        published_at=st.none() | st.datetimes(timezones=st.just(UTC)) | st.datetimes(),
    )
)
def test_any_submission_becomes_a_storable_article_or_is_refused(submission: Submission) -> None:
    try:
        new = normalise(submission, NOW)
    except RefusedItem:
        return
    assert new.title
    assert new.guid
    assert new.content_hash == content_hash(new)
    to_ms(new.published_at)
    assert new.published_at <= NOW
    for text in (new.title, new.summary, new.body, new.text, new.author, new.guid, new.url or "", *new.tags):
        text.encode("utf-8")
