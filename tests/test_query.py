"""The query language: any text is a query, and means what its writer would say it means."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import tokens
from bot.query import CHARS_LIMIT, WORDS_LIMIT, Condition, Key, Kind, Query, Term, parse


def words(*every: str) -> tuple[Term, ...]:
    return tuple(Term((word,)) for word in every)


def phrase(*every: str) -> Term:
    return Term(every, Kind.PHRASE)


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("two words", Query(words("two", "words"))),
        ('"A phrase" word', Query((phrase("a", "phrase"), *words("word")))),
        ("“curly quotes” «x y»", Query((phrase("curly", "quotes"), phrase("x", "y")))),
        ('"not closed here', Query((phrase("not", "closed", "here"),))),
        ('say"hello world" 5"screen', Query(words("say", "hello", "world", "5", "screen"))),
        ('"green tea"garden', Query((phrase("green", "tea"), *words("garden")))),
        ("dem „Fischglas“-artigen", Query((*words("dem"), phrase("fischglas"), *words("artigen")))),
        ("理解“色素体”？", Query(words("理解", "色素体"))),
        ("yes -no", Query(words("yes"), words("no"))),
        ('yes -"not this" \u2212nor', Query(words("yes"), (phrase("not", "this"), Term(("nor",))))),
        ("pre* -un*", Query((Term(("pre",), Kind.PREFIX),), (Term(("un",), Kind.PREFIX),))),
        ("well-known", Query(words("well", "known"))),
        ("a -b-c", Query(words("a"), (phrase("b", "c"),))),
        ("same SAME", Query(words("same", "same"))),
        ("NOT AND OR NEAR(a b)", Query(words("not", "and", "or", "near", "a", "b"))),
        ("C++ a:b http://x.org", Query(words("c", "a", "b", "http", "x", "org"))),
        ("tea tag:garden", Query(words("tea"), (), (Condition(Key.TAG, "garden"),))),
        (
            'TAG:"new york" -tag:x',
            Query((), (), (Condition(Key.TAG, "new york"), Condition(Key.TAG, "x", is_not=True))),
        ),
        (
            "from:bbc author:“Ann Lee” lang:pt-BR",
            Query((), (), (
                Condition(Key.SOURCE, "bbc"), Condition(Key.AUTHOR, "Ann Lee"), Condition(Key.LANGUAGE, "pt-BR"),
            )),
        ),
        ("id:42 -id:7", Query((), (), (Condition(Key.ARTICLE, "42"), Condition(Key.ARTICLE, "7", is_not=True)))),
        ("id:0 id:x id:1234567890123456789", Query(words("id", "0", "id", "x", "id", "1234567890123456789"))),
        ("tag: from:", Query(words("tag", "from"))),
        ("since:2026-02-03 x", Query(words("x"), since=day(2026, 2, 3))),
        ("since:2026 until:2026", Query(since=day(2026), until=day(2027))),
        ("until:2026-12", Query(until=day(2027))),
        ("until:2026-1-31", Query(until=day(2026, 2))),
        ("since:yesterday x", Query(words("x"), wrong=("yesterday",))),
        ("until:2026-13-01 since:2026-02-30", Query(wrong=("2026-13-01", "2026-02-30"))),
        ("until:9999", Query(wrong=("9999",))),
        ("", Query()),
        ('- * "" … -* - "', Query()),
        ("\ud800 \x00 🙂", Query()),
    ],
)  # fmt: skip
def test_queries_mean(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize("text", ["", "   ", "-", "*", '""', "-no", "…!?", '-* - "', "\ud800", "\x00", "-tag:x"])
def test_an_empty_or_nonsense_query_asks_for_nothing(text: str) -> None:
    query = parse(text)
    assert not query.wanted
    assert not query.is_narrowed


@given(st.text() | st.text(alphabet="\"“”«*-()^:{}+' aéOR\x00\ud800東กtag:since:"))
def test_no_text_is_an_error_and_every_word_is_one_that_articles_have(text: str) -> None:
    query = parse(text)
    for term in (*query.wanted, *query.without):
        assert term.words
        assert [word for each in term.words for word in tokens.split(each)] == list(term.words)


@given(st.lists(st.text(alphabet="abcé東", min_size=1, max_size=6), min_size=1, max_size=20))
def test_plain_words_are_all_wanted_in_their_order(typed: list[str]) -> None:
    query = parse(" ".join(typed))
    assert [word for term in query.wanted for word in term.words] == tokens.split(" ".join(typed))


def test_who_types_too_much_is_answered_for_the_beginning() -> None:
    assert sum(len(term.words) for term in parse(" ".join("abc" for _ in range(1000))).wanted) == WORDS_LIMIT
    (endless,) = parse("x" * 10_000).wanted
    assert len(endless.words[0]) == CHARS_LIMIT


@given(
    st.lists(st.tuples(st.sampled_from(["tea", "東京", "c", "چای"]), st.sampled_from([*' "“”«»-*', " -", '" ', "”-"])))
)
def test_no_word_is_lost_wherever_quotes_and_hyphens_stand(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + glue for word, glue in parts)[:100]
    query = parse(text)
    asked = {word for term in (*query.wanted, *query.without) for word in term.words}
    assert asked == set(tokens.split(text))
