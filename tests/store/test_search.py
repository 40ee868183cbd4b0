"""Search: any of the words, best first; never an error."""

from datetime import timedelta

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import ArticleState, Listing
from bot.query import parse
from bot.store.db import Database
from bot.store.indexing import CHANGED
from bot.store.search import Search
from bot.store.snippets import excerpt
from tests.clock import START
from tests.store.samples import add_article


def titles(listing: Listing) -> list[str]:
    return [teaser.title for teaser in listing.teasers]


async def found(search: Search, query: str) -> list[str]:
    return titles(await search.find(query))


@pytest.mark.parametrize("text", ["", "   ", "-", "*", '""', "-no", "…!?", '-* - "', "\ud800", "\x00"])
async def test_an_empty_or_nonsense_query_finds_nothing(db: Database, search: Search, text: str) -> None:
    await add_article(db, "no")
    assert await search.find(text) == Listing((), 0, has_next=False, total=0)


@pytest.mark.parametrize("size", [5, 7, 100])
async def test_the_pages_hold_every_article_once_also_of_those_that_are_equally_good(
    db: Database, search: Search, size: int
) -> None:
    for number in range(240):
        await add_article(db, "tea", text=f"{'tea ' * (number % 7)}")
        if number % 40 == 0:  # parts of the index, as time makes them
            await search.catch_up()
    pages = [await search.find("tea", page=page, size=size) for page in range(240 // size + 1)]
    ids = [teaser.id for listing in pages for teaser in listing.teasers]
    assert sorted(ids) == list(range(1, 241))
    at = [teaser.id for teaser in (await search.find("tea", offset=29, size=3)).teasers]
    assert at == ids[29:32]


async def test_articles_with_all_words_come_first_then_those_with_any(db: Database, search: Search) -> None:
    await add_article(db, "red red red red")
    await add_article(db, "long", text="a red house and a very green garden " + "word " * 300)
    await add_article(db, "neither")
    assert await found(search, "red green") == ["long", "red red red red"]


async def test_the_title_weighs_more_than_the_summary_and_that_more_than_the_body(db: Database, search: Search) -> None:
    await add_article(db, "in the body", text="tulip in few words", summary="so is this one")
    await add_article(db, "in summary", text="nothing in few words", summary="so is tulip here")
    await add_article(db, "tulip title", text="nothing in few words", summary="so is this one")
    assert await found(search, "tulip") == ["tulip title", "in summary", "in the body"]


async def test_case_accents_phrases_prefixes_and_exclusions(db: Database, search: Search) -> None:
    await add_article(db, "Le café noir")
    await add_article(db, "Noir, le cafe")
    await add_article(db, "Cafeteria opens")
    assert sorted(await found(search, "CAFÉ")) == ["Le café noir", "Noir, le cafe"]
    assert await found(search, '"café noir"') == ["Le café noir"]
    assert len(await found(search, "cafe*")) == 3
    assert await found(search, "cafe* -noir") == ["Cafeteria opens"]
    assert await found(search, 'cafe -"noir le"') == ["Le café noir"]
    assert await found(search, "caf") == []


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("明日の東京の天気", "東京"),
        ("明日の東京の天気", "天気"),
        ("明日の東京の天気", "気"),
        ("中文维基百科", "维基"),
        ("한국어 기사", "기사"),
        ("हिन्दी में समाचार", "हिन्दी"),
        ("کتاب‌های فارسی", "كتاب"),
        ("کتاب می‌خواهم", "میخواهم"),
        ("کتاب میخواهم", "می‌خواهم"),
        ("الشركات والحكومة", "حكومة"),
        ("हिन्दी में समाचार", "हिंदी"),
        ("ข่าววันนี้", "วันนี้"),
        ("Новости: ёлка", "елка"),
    ],
)
async def test_many_scripts_are_found_and_marked(db: Database, search: Search, title: str, query: str) -> None:
    await add_article(db, title)
    await add_article(db, "something else")
    (teaser,) = (await search.find(query)).teasers
    assert teaser.title == title
    assert teaser.title_marks != ()


async def test_marks_show_the_words_as_they_are_written(db: Database, search: Search) -> None:
    await add_article(db, "A CAFÉ", text="x " * 300 + "Some Cafés and a café here. " + "y " * 300)
    (teaser,) = (await search.find("cafe*")).teasers
    assert [teaser.title[a:b] for a, b in teaser.title_marks] == ["CAFÉ"]
    assert teaser.snippet is not None
    assert [teaser.snippet[a:b] for a, b in teaser.marks] == ["Cafés", "café"]
    assert (teaser.snippet[0], teaser.snippet[-1]) == ("…", "…")
    assert len(teaser.snippet) <= 202


async def test_only_published_articles_are_found_by_author_and_tag_too(db: Database, search: Search) -> None:
    await add_article(db, "a", author="Ann Smith", tags=("économie",))
    await add_article(db, "b", author="Ann Smith", state=ArticleState.DRAFT)
    await add_article(db, "c", author="Ann Smith", state=ArticleState.WITHDRAWN)
    assert await found(search, "smith") == await found(search, "economie") == ["a"]


async def test_pages_and_total(db: Database, search: Search) -> None:
    for number in range(7):
        await add_article(db, f"tulip {number}")
    first, second, beyond = [await search.find("tulip", page=page) for page in (0, 1, 10**20)]
    assert (len(first.teasers), first.has_next, first.total) == (5, True, 7)
    assert (len(second.teasers), second.has_next, second.total, second.page) == (2, False, 7, 1)
    assert len({*titles(first), *titles(second)}) == 7
    assert (beyond.teasers, beyond.has_next) == ((), False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    text=st.text()
    | st.text(alphabet="\"“”«*-()^:{}+' aéOR\x00\ud800東ก")
    | st.lists(
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["", "-"]),
            st.sampled_from(["", "tag:", "from:", "author:", "lang:", "since:", "until:"]),
            st.sampled_from(
                ["a", "é*", '"a b"', '"東"', "東ก*", "2026", "1-1-1", "0001", "9998", '"', "", "٣", "ab-cd"]
            )
            | st.text(max_size=4),
        ),
        max_size=6,
    ).map(" ".join)
)
async def test_no_text_is_an_error(db: Database, search: Search, text: str) -> None:
    if not await db.read("SELECT 1 FROM article LIMIT 1"):
        await add_article(db, "a é 東 ก", text="a or b")
    listing = await search.find(text)
    assert (listing.total == 0) or bool(parse(text).wanted) or parse(text).is_narrowed
    for teaser in listing.teasers:
        assert teaser.snippet is not None
        assert all(0 <= a < b <= len(teaser.snippet) for a, b in teaser.marks)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(title=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
async def test_an_article_is_found_by_its_own_title(db: Database, search: Search, title: str) -> None:
    article_id = await add_article(db, f"{title} x1y2")
    listing = await search.find(title.replace("-", " ") + " x1y2", size=1000)
    assert article_id in [teaser.id for teaser in listing.teasers]


@given(st.text(alphabet="ab "), st.integers(5, 40), st.data())
def test_an_excerpt_is_of_the_text_and_keeps_marks_on_their_words(text: str, limit: int, data: st.DataObject) -> None:
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    marks = tuple(zip(edges[::2], edges[1::2], strict=False))
    cut, inside = excerpt(text, marks, limit)
    assert cut.strip("…") in text
    assert len(cut) <= limit + 2
    assert {cut[a:b] for a, b in inside} <= {text[a:b] for a, b in marks}
    if len(text) <= limit:
        assert (cut, inside) == (text, marks)


@given(st.text(alphabet="e\u0301한ก🙂👩\u200d👧 \U0001f1e9\U0001f1ea", min_size=30, max_size=200), st.integers(5, 40))
def test_an_excerpt_is_never_cut_inside_a_character_that_is_seen_as_one(text: str, limit: int) -> None:
    whole = {0}
    for grapheme in regex.finditer(r"\X", text):
        whole.add(grapheme.end())
    marks = ((len(text) - 5, len(text) - 4),)
    cut = excerpt(text, marks, limit)[0]
    inner = cut.removeprefix("…").removesuffix("…")
    begins = [at for at in range(len(text)) if text.startswith(inner, at)]
    assert any({at, at + len(inner)} <= whole for at in begins)


async def test_words_are_found_in_their_other_forms_in_the_articles_language(db: Database, search: Search) -> None:
    await add_article(db, "Gardens", language="en-GB", text="The keepers were walking there.")
    await add_article(db, "Häuser", language="de", text="Die Wärter gingen spazieren.")
    await add_article(db, "Сады", language="", text="Смотрители гуляли в саду и не знали.")
    for query, title in [("garden", "Gardens"), ("walk", "Gardens"), ("Haus", "Häuser"), ("смотритель", "Сады")]:
        (teaser,) = (await search.find(query)).teasers
        assert teaser.title == title
        assert teaser.title_marks or teaser.marks


async def test_a_word_that_is_typed_twice_counts_twice(db: Database, search: Search) -> None:
    await add_article(db, "x", text="tea tea tea rice and some more words that are here")
    await add_article(db, "y", text="tea rice rice rice and some more words that are here")
    assert (await found(search, "tea tea rice"))[0] == "x"
    assert (await found(search, "tea rice rice"))[0] == "y"


async def test_stop_words_do_not_count_unless_there_is_nothing_else(db: Database, search: Search) -> None:
    await add_article(db, "the the the of and in", text="and the in of the was a to for that as by")
    await add_article(db, "tulips", text="a garden of the queen")
    assert (await search.find("the tulips of the garden")).total == 1
    assert (await search.find("the")).total == 2


async def test_among_equals_the_newer_comes_first(db: Database, search: Search) -> None:
    for number in (3, 1, 2):
        await add_article(db, f"tulip {'abc'[number - 1]}", published_at=START + timedelta(days=number))
    assert await found(search, "tulip") == ["tulip c", "tulip b", "tulip a"]


async def test_words_that_stand_together_lift_an_article(db: Database, search: Search) -> None:
    await add_article(db, "apart", text="tea is good and sometimes it is also rather and very green indeed here")
    await add_article(db, "together", text="the green tea is good and sometimes it is also rather and very indeed here")
    assert (await found(search, "green tea"))[0] == "together"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("lighthuose", "lighthouse"), ("the ligthouse keper", "the lighthouse keeper"), ("xyzzy", None), ("42424", None)],
)
async def test_an_unknown_word_has_what_may_be_meant(
    db: Database, search: Search, typed: str, meant: str | None
) -> None:
    await add_article(db, "The lighthouse", text="and its keeper")
    assert (await search.find(typed)).meant == meant
    assert (await search.find("lighthouse")).meant is None


async def test_conditions_without_words_list_the_newest(db: Database, search: Search) -> None:
    for number in range(3):
        await add_article(db, f"n{number}", tags=("T",), published_at=START + timedelta(days=number), author="Ann Lee")
    await add_article(db, "other")
    assert await found(search, "tag:t") == ["n2", "n1", "n0"]
    assert await found(search, "author:lee since:2026-11-25") == ["n2", "n1"]
    assert await found(search, "tag:t -author:ann") == []
    assert sorted(await found(search, "until:2026-11-24")) == ["n0", "other"]


async def test_hot_queries_go_by_indexes(db: Database, search: Search) -> None:
    plans = {
        CHANGED: {"reached": 0, "limit": 10},
        "SELECT id FROM article WHERE changed_seq = :reached": {"reached": 1},
        "SELECT a.id FROM article a WHERE a.id IN (:id0, :id1) AND a.state = 'published'": {"id0": 1, "id1": 2},
    }
    for sql, params in plans.items():
        plan = " ".join(row["detail"] for row in await db.read(f"EXPLAIN QUERY PLAN {sql}", params))
        assert "SCAN" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
