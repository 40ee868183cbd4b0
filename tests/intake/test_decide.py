"""What an article becomes on its way in, and what it is to the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.errors import RefusedItem
from bot.intake.decide import canonical_url, content_hash, decide, language_tag, normalise
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
    ("other", "by_guid", "is_same_source", "expected"),
    [
        (STORY, True, True, Change.SAME),
        (STORY, False, True, Change.SAME),
        (STORY, False, False, Change.DUPLICATE),
        (replace(STORY, title="Another title"), True, True, Change.CHANGED),
        (replace(STORY, title="Another title"), False, False, Change.DUPLICATE),
        (replace(STORY, title="Another title"), False, True, Change.NEW),
        (replace(STORY, body="<p>Longer.</p>"), True, True, Change.CHANGED),
        (replace(STORY, body="<div><p>Long.</p></div>"), True, True, Change.SAME),
        (replace(STORY, image_url="https://example.org/i.jpg"), True, True, Change.CHANGED),
        (replace(STORY, published_at=NOW - timedelta(days=1)), True, True, Change.SAME),
        (replace(STORY, url="https://example.org/a?utm_source=x"), True, True, Change.SAME),
    ],
)
def test_what_an_article_is_to_the_store(
    other: Submission, by_guid: bool, is_same_source: bool, expected: Change
) -> None:
    known = stored(normalise(STORY, NOW))
    assert decide(normalise(other, NOW), known, by_guid=by_guid, is_same_source=is_same_source) is expected


def test_what_the_store_does_not_have_is_new() -> None:
    assert decide(normalise(STORY, NOW), None, by_guid=False, is_same_source=False) is Change.NEW


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.ORG:80/a/", "https://example.org/a"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org/#!/a", "https://example.org#!/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/a?utm_source=x&id=3&fbclid=y", "https://example.org/a?id=3"),
        ("https://example.org/a;jsessionid=123?PHPSESSID=4", "https://example.org/a"),
        ("https://example.org/a?b=1&a=2", "https://example.org/a?b=1&a=2"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://bücher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://[2001:db8::1]:80/a", "https://[2001:db8::1]/a"),
    ],
)
def test_one_story_has_one_address(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@given(st.text(max_size=60).map(lambda tail: f"http://example.org/{tail}") | st.text(max_size=40))
def test_the_canonical_address_of_a_canonical_address_is_itself(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


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
