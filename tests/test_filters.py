"""What passes a filter, and why; equal keys let the same pass."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import filters, tokens
from bot.filters import Kind, Weighed
from bot.model import Article, ArticleState, Filter
from tests.clock import START

ARTICLE = Article(
    id=1,
    url="https://www.paper.example.org/tea",
    canonical_url=None,
    title="Green tea in the harbour",
    summary="The Économie of leaves",
    body="",
    text="A ship brought forty crates. 手机壳很便宜",
    author="Ada van Dijk",
    language="en-GB",
    tags=("Tea Garden", "Häfen"),
    image_url=None,
    enclosures=(),
    state=ArticleState.PUBLISHED,
    published_at=START,
    announced_seq=1,
    changed_seq=1,
    content_hash="",
    revision=1,
)
WEIGHED = Weighed(ARTICLE, ("Harbour News https://feeds.example.net/all",))


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({}, True),
        ({"tags": ("tea garden",)}, True),
        ({"tags": ("hafen",)}, True),
        ({"tags": ("tea",)}, False),  # a tag is compared whole
        ({"tags": ("tea", "TEA GARDEN")}, True),
        ({"sources": ("harbour news",)}, True),
        ({"sources": ("paper.example.org",)}, True),
        ({"sources": ("feeds.example.net",)}, True),
        ({"sources": ("harbour paper",)}, False),
        ({"sources": ("news https",)}, True),  # as `from:` in search
        ({"authors": ("Van Dijk",)}, True),
        ({"authors": ("Ada Dijk",)}, False),
        ({"languages": ("EN",)}, True),
        ({"languages": ("de", "en_US")}, True),
        ({"languages": ("de",)}, False),
        ({"languages": ("",)}, False),
        ({"words": ("economie",)}, True),
        ({"words": ("green TEA",)}, True),
        ({"words": ("tea green",)}, False),
        ({"words": ("crate",)}, False),  # whole words
        ({"words": ("crate*",)}, True),
        ({"words": ("forty cra*",)}, True),
        ({"words": ("harbour the",)}, False),  # a phrase ends where the title does
        ({"words": ("手机",)}, True),
        ({"words": ("机壳",)}, True),
        ({"words": ("壳",)}, True),
        ({"words": ("茶",)}, False),
        ({"words": (".*", "?")}, False),  # no pattern, and nothing to look for
        ({"excluded": ("forty",)}, False),
        ({"excluded": ("fort",)}, True),
        ({"excluded": ("!!",)}, True),
        ({"tags": ("tea garden",), "words": ("coffee",)}, False),
        ({"tags": ("tea garden",), "words": ("coffee", "ship"), "languages": ("en",)}, True),
        ({"tags": ("tea garden",), "words": ("ship",), "excluded": ("Ship",)}, False),
    ],
)
def test_kinds_are_joined_by_and_values_by_or_and_what_is_excluded_wins(fields: dict[str, Any], passed: bool) -> None:
    wanted = Filter(**fields)
    assert filters.passes(wanted, WEIGHED) is passed
    assert filters.passes_key(filters.key_of(wanted), WEIGHED) is passed
    assert filters.why(wanted, WEIGHED).passes is passed


def test_the_reason_names_the_values_that_fit_as_they_were_written() -> None:
    wanted = Filter(tags=("coffee", "Tea garden"), words=("Ship",))
    assert filters.why(wanted, WEIGHED).because == ((Kind.TAGS, "Tea garden"), (Kind.WORDS, "Ship"))


def test_the_reason_names_what_stopped_an_article() -> None:
    assert filters.why(Filter(excluded=("x", "GREEN")), WEIGHED).because == ((Kind.EXCLUDED, "GREEN"),)
    assert filters.why(Filter(tags=("x",)), WEIGHED).because == ((Kind.TAGS, ""),)


def test_an_article_that_names_no_language_has_the_one_it_is_written_in() -> None:
    german = replace(
        ARTICLE, language="", title="Der Tee", summary="", text="Der Tee ist mit dem Schiff und der Post da."
    )
    assert filters.passes(Filter(languages=("de",)), Weighed(german))
    assert not filters.passes(Filter(languages=("en",)), Weighed(german))


_values = st.tuples() | st.lists(
    st.text(max_size=12)
    | st.sampled_from(["tea", "TEA", "Tea*", "green  tea", "手机", "手", "Häfen", "en", "EN-us", "*"]),
    max_size=4,
).map(tuple)
_filters = st.builds(Filter, _values, _values, _values, _values, _values, _values)
_articles = st.builds(
    lambda title, text, author, tags, spoken: Weighed(
        replace(ARTICLE, title=title, text=text, author=author, tags=tags, language=spoken), (title,)
    ),
    st.text(max_size=20) | st.just("Green tea 手机壳"),
    st.text(max_size=40),
    st.text(max_size=10),
    _values,
    st.sampled_from(["", "en", "de"]),
)


@given(_filters, _articles)
def test_any_filter_takes_any_article_and_its_key_says_the_same(wanted: Filter, weighed: Weighed) -> None:
    verdict = filters.why(wanted, weighed)
    assert verdict.passes is filters.passes(wanted, weighed) is filters.passes_key(filters.key_of(wanted), weighed)
    assert all(value in getattr(wanted, kind) or not value for kind, value in verdict.because)


@given(_filters, _articles, st.randoms(use_true_random=False))
def test_filters_with_equal_keys_give_equal_verdicts(wanted: Filter, weighed: Weighed, random: Any) -> None:
    other = Filter(
        **{
            kind.value: tuple(random.sample([*values, *(value.upper() for value in values)], 2 * len(values)))
            for kind in Kind
            if (values := getattr(wanted, kind)) is not None
        }
    )
    if filters.key_of(other) == filters.key_of(wanted):
        assert filters.passes(other, weighed) is filters.passes(wanted, weighed)


def test_case_accents_order_and_repetition_make_no_other_key() -> None:
    one = Filter(tags=("Häfen", "tea"), words=("Green  Tea", "econom*"))
    other = Filter(tags=("TEA", "hafen", "tea"), words=("ECONOM*", "green tea"))
    assert filters.key_of(one) == filters.key_of(other)
    assert filters.key_of(one) != filters.key_of(Filter(tags=("hafen", "tea"), words=("green tea", "econom")))


@given(_filters)
def test_a_filter_is_stored_as_it_was_written(wanted: Filter) -> None:
    assert filters.from_json(filters.to_json(wanted)) == wanted


def test_an_article_is_read_once_and_only_when_a_filter_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    index = tokens.index

    def watched(text: str, language: str) -> tuple[str, str]:
        read.append(text)
        return index(text, language)

    monkeypatch.setattr(tokens, "index", watched)
    fresh = Weighed(ARTICLE)
    filters.passes(Filter(tags=("tea",), languages=("en",)), fresh)
    assert read == []
    for word in ("a", "b", "ship"):
        filters.passes(Filter(words=(word,)), fresh)
    assert read == [ARTICLE.title, ARTICLE.summary, ARTICLE.text]
