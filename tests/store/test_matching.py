"""Matching: the ways that spare work at a million articles find what the long ways find."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tantivy import Query as Clause

from bot import tokens
from bot.query import parse
from bot.store import index as index_module
from bot.store import matching
from bot.store import search as engine
from bot.store.db import Database
from bot.store.index import Entry, Index
from bot.store.matching import Hit, Matcher
from bot.store.search import Search
from tests.store.samples import add_article

NEVER, ALWAYS = 10**9, 0  # values of matching.COMMON


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index.make(tmp_path / "index")
    yield made
    made.close()


def put(index: Index, texts: Sequence[str], *, after: int = 0) -> None:
    """Articles with these words, numbered on from `after`."""
    entries = [
        Entry(
            number,
            {
                "seq": number, "published": number, "stems": text, "exact": text, "author": "", "source": "",
                "initial": tokens.initials([text]), "tag": [], "spoken": 0, "language": ["en"],
            },
        )
        for number, text in enumerate(texts, after + 1)
    ]  # fmt: skip
    index.put(entries, after + len(texts))
    index.commit()


def found(index: Index, query: str, limit: int) -> list[tuple[bool, float]]:
    """Of each hit whether it has all the words, and its score."""
    return [(hit.has_all, round(hit.score, 3)) for hit in Matcher(index).find(parse(query), limit).hits]


WORDS = st.lists(st.sampled_from(["abc", "abd", "ace", "bcd", "bce"]), min_size=1, max_size=8).map(" ".join)


@given(
    texts=st.lists(WORDS, min_size=1, max_size=40),
    query=st.lists(st.sampled_from(["abc", "abd", "ace", "bcd", "ab*", '"abc bcd"', "-bce"]), max_size=5).map(" ".join),
    limit=st.integers(1, 12),
    ahead=st.integers(0, 5),
)
def test_common_words_are_found_as_rare_ones_are(texts: list[str], query: str, limit: int, ahead: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        index = Index.make(Path(folder) / "index")
        put(index, texts)
        patch.setattr(matching, "AHEAD", ahead)
        patch.setattr(matching, "COMMON", NEVER)
        expected = found(index, query, limit)
        patch.setattr(matching, "COMMON", ALWAYS)
        assert found(index, query, limit) == expected
        index.close()


@pytest.mark.parametrize(
    ("texts", "common", "searches"),
    [
        (["tea rice"] * 30 + ["tea"] * 30, ALWAYS, ["any", "among"]),
        (["tea rice"] * 3 + ["tea"] * 30, ALWAYS, ["any", "among", "all"]),  # too few of the best ones have all
        (["tea rice"] * 30 + ["tea"] * 30, NEVER, ["any", "all"]),
    ],
)
def test_articles_with_all_of_some_common_words_are_looked_for_among_the_best_first(
    index: Index, monkeypatch: pytest.MonkeyPatch, texts: list[str], common: int, searches: list[str]
) -> None:
    put(index, texts)
    done: list[str] = []
    real = Matcher._hits

    def hits(self: Matcher, clause: Clause, limit: int, *, has_all: bool) -> tuple[list[Hit], int]:
        done.append("any" if not has_all else "among" if "TermSetQuery" in repr(clause) else "all")
        return real(self, clause, limit, has_all=has_all)

    monkeypatch.setattr(Matcher, "_hits", hits)
    monkeypatch.setattr(matching, "COMMON", common)
    monkeypatch.setattr(matching, "AHEAD", 5)
    whole = [hit.has_all for hit in Matcher(index).find(parse("tea rice"), 10).hits]
    assert whole == [True] * min(10, texts.count("tea rice")) + [False] * max(0, 10 - texts.count("tea rice"))
    assert done == searches


def test_the_commonest_words_of_a_letter_are_kept_until_a_tenth_has_changed(index: Index) -> None:
    put(index, ["tea toast", "tea", "other", ""] * 5)
    assert index.commonest("t") == ["tea", "toast"]
    put(index, ["toast town"] * 2, after=20)
    assert index.commonest("t") == ["tea", "toast"]
    put(index, ["toast town"] * 8, after=22)
    assert index.commonest("t") == ["toast", "tea", "town"]
    assert index.commonest("x") == index.commonest("x") == []


def test_only_so_many_of_the_commonest_are_kept(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "COMMONEST", 2)
    put(index, ["tea toast town", "tea toast", "tea"])
    assert index.commonest("t") == ["tea", "toast"]


@given(texts=st.lists(WORDS, min_size=1, max_size=40))
def test_a_prefix_of_one_letter_is_looked_up_and_finds_what_a_look_through_all_words_finds(texts: list[str]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        index = Index.make(Path(folder) / "index")
        put(index, texts)
        patch.setattr(matching, "EXPANSIONS", 1)
        for query in ("a*", "b*", "x*", "b* -ab*", "a* bce"):
            index.is_old = True  # one that may not have first letters
            expected = Matcher(index).find(parse(query), 50)
            index.is_old = False
            assert Matcher(index).find(parse(query), 50) == expected
        index.close()


def test_a_prefix_of_one_letter_needs_no_look_through_all_words(index: Index) -> None:
    put(index, ["tea", "toast", "other"])
    matcher = Matcher(index)
    assert "FuzzyTermQuery" not in repr(matcher._beginning("t"))
    assert "FuzzyTermQuery" in repr(matcher._beginning("te"))


def test_a_prefix_of_common_words_needs_no_look_through_all_words(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "EXPANSIONS", 2)
    put(index, ["tea", "team toast", "tea team", "teach"] + ["other"] * 60)
    before = found(index, "tea*", 10)
    assert len(before) == 4
    put(index, ["teak", "teal"], after=64)
    matcher, looked = Matcher(index), []

    class Watched:
        def __getattr__(self, name: str) -> object:
            if name == "terms_with_prefix":
                looked.append(name)
            return getattr(index.searcher, name)

    monkeypatch.setattr(matcher, "_searcher", Watched())
    hits = matcher.find(parse("tea*"), 10).hits
    assert looked == []
    assert {hit.article_id for hit in hits} == {1, 2, 3, 4, 65, 66}  # what came since is found, too
    assert {hit.article_id for hit in matcher.find(parse("toa*"), 10).hits} == {2}
    assert looked == ["terms_with_prefix"]  # fewer than are ranked: all that there are


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ilghthouse", "lighthouse"),  # the first two letters the wrong way round
        ("xlighthouse", "lighthouse"),  # one too many before it
        ("lghthouse", "lighthouse"),  # the second one missing
        ("ligthouse", "lighthouse"),
        ("lantrn", "lantern"),  # a rare word, with the same three letters
        ("lnatern", None),  # a rare word, with others
        ("zzzz", None),
    ],
)
def test_what_is_meant_is_a_common_word_or_one_that_begins_so(
    index: Index, monkeypatch: pytest.MonkeyPatch, typed: str, meant: str | None
) -> None:
    monkeypatch.setattr(index_module, "COMMONEST", 2)
    put(index, ["lighthouse lamp", "lighthouse lamp lantern"])
    matcher = Matcher(index)
    assert matcher.suggest(matcher.wanted(parse(typed)), typed) == meant


async def test_who_follows_a_large_store_looks_up_the_commonest_words_of_its_languages(
    db: Database, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WARM_SECONDS", 0.01)
    monkeypatch.setattr(engine, "LARGE", 1)
    asked: set[str] = set()
    real = Index.commonest

    def commonest(self: Index, letter: str) -> list[str]:
        asked.add(letter)
        return real(self, letter)

    monkeypatch.setattr(Index, "commonest", commonest)
    await add_article(db, "Tulips", language="en")
    running = asyncio.create_task(search.run())
    async with asyncio.timeout(30):
        while not asked >= set("abcxyz"):
            await asyncio.sleep(0.005)
        assert "н" not in asked
        await add_article(db, "Новости и тюльпаны", language="ru")  # the same index, with more in it
        while "н" not in asked:
            await asyncio.sleep(0.005)
    running.cancel()


async def test_in_a_small_index_words_are_looked_up_when_a_search_needs_them(
    db: Database, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_article(db, "Tulips")
    await search.catch_up()
    index = search.upkeep.index
    assert index is not None
    monkeypatch.setattr(Index, "commonest", lambda *_: pytest.fail("looked through all words"))
    await search.warm(index)


def weights(index: Index, query: str) -> dict[str, float]:
    """The stems of the query's first word with what each weighs."""
    return dict(Matcher(index).wanted(parse(query))[0].stems)


def put_spoken(index: Index, *languages: str) -> None:
    """An article in each of these."""
    entries = [
        Entry(number, {
            "seq": number, "published": number, "stems": "x", "exact": "x", "author": "", "source": "",
            "initial": ["x"], "tag": [], "spoken": 0, "language": [code],
        })
        for number, code in enumerate(languages, 1)
    ]  # fmt: skip
    index.put(entries, len(entries))
    index.commit()


def test_a_language_of_very_few_articles_counts_little_but_in_queries_that_are_in_it(index: Index) -> None:
    put_spoken(index, *["en"] * 150, "de")
    assert weights(index, "houses") == {"houses": 1.0, "hous": 1.0}  # German leaves the first as it is
    assert weights(index, "häusern") == {"hausern": 1.0, "haus": matching.ODD_WEIGHT}
    assert weights(index, "häusern und auf der nicht")["haus"] == 1.0


def test_languages_of_enough_articles_count_alike(index: Index) -> None:
    put_spoken(index, *["en"] * 15, "de")
    assert weights(index, "häusern")["haus"] == 1.0


def test_a_word_that_a_zwnj_parts_counts_as_one_word_however_it_is_written(index: Index) -> None:
    common, rare = "می خواهم", "میخواهم"
    put(index, [common] * 20 + [rare] + ["کتاب"] * 20)
    hits = Matcher(index).find(parse("می\u200cخواهم"), 41).hits
    assert {hit.article_id for hit in hits} == set(range(1, 22))
    scores = {hit.article_id: hit.score for hit in hits}
    assert scores[21] < 1.5 * scores[1]
