"""What readers see: lists, articles, posts, digests."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Article, Listing, Period, Teaser
from bot.render.article import article_page
from bot.render.callbacks import Callback, ListKind, ListRef, OpenArticle, ShowList, decode
from bot.render.digest import digest
from bot.render.keyboards import Button
from bot.render.listing import listing, search_help
from bot.render.outgoing import Outgoing
from bot.render.post import hashtags, post
from bot.render.text import Text
from tests.render.samples import ARTICLE, BOT, ENGLISH, KEY, MENU, PSEUDO, TEASER, long_article, page_of
from tests.render.strategies import wild
from tests.render.tdlib import refusal


def buttons(screen: Outgoing) -> list[Button]:
    return [button for row in (screen.keyboard["inline_keyboard"] if screen.keyboard else ()) for button in row]


def taps(screen: Outgoing) -> dict[str, Callback | None]:
    """What each button means, by its label."""
    return {b["text"]: decode(b["callback_data"], KEY, MENU.chat_id) for b in buttons(screen) if "url" not in b}


def styled(text: Text, kind: str) -> list[str]:
    units = text.text.encode("utf-16-le")
    return [
        units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")
        for e in text.entities
        if e["type"] == kind
    ]


def test_a_list_shows_five_items_with_number_buttons_and_pages() -> None:
    five = page_of(*[replace(TEASER, id=i) for i in range(10, 15)], page=1, has_next=True)
    screen = listing(five, ListRef(page=1), ENGLISH, MENU)
    assert taps(screen) == {
        **{str(6 + i): OpenArticle(ListRef(page=1), 10 + i) for i in range(5)},
        "‹ Previous": ShowList(ListRef(page=0)),
        "Next ›": ShowList(ListRef(page=2)),
    }
    assert "6. Чай в саду\nО том, как растёт чай.\nпример.рф · Nov 25, 2026" in screen.text.text


def test_dates_are_in_the_readers_zone_and_language() -> None:
    assert (
        "Nov 25, 2026" in listing(page_of(TEASER), ListRef(), ENGLISH, MENU).text.text
    )  # 23:30 UTC is tomorrow in Berlin
    assert "Nov" not in listing(page_of(TEASER), ListRef(), PSEUDO, MENU).text.text


def test_the_top_list_says_what_it_counts_and_marks_the_period() -> None:
    ref = ListRef(ListKind.TOP, period=Period.MONTH)
    screen = listing(page_of(replace(TEASER, reads=1), replace(TEASER, reads=1200)), ref, ENGLISH, MENU)
    assert "reads in the last 30 days" in screen.text.text
    assert "1 read\n" in screen.text.text
    assert "1,200 reads" in screen.text.text
    assert [label for label in taps(screen) if "✓" in label] == ["✓ Month"]
    assert taps(screen)["Week"] == ShowList(ListRef(ListKind.TOP, period=Period.WEEK))


def test_the_top_list_of_a_tag_keeps_the_tag_in_its_buttons_and_shows_reactions_apart() -> None:
    ref = ListRef(ListKind.TOP, page=2, query_id=8, period=Period.WEEK)
    liked = replace(TEASER, reads=12, reactions=5)
    screen = listing(page_of(liked, replace(TEASER, reads=1)), ref, ENGLISH, MENU, tag="сад")
    shown = screen.text.text.replace("\u2068", "").replace("\u2069", "")  # the marks around words of people
    assert "Most read, tagged “сад”\nreads in the last 7 days" in shown
    assert "12 reads · 5 reactions" in screen.text.text
    assert screen.text.text.count("reaction") == 1
    assert taps(screen)["Rising"] == ShowList(ListRef(ListKind.TOP, query_id=8, period=Period.RISING))
    assert taps(screen)["✓ Week"] == ShowList(replace(ref, page=0))


def test_found_words_are_bold_and_the_total_is_told() -> None:
    found = replace(TEASER, snippet="green tea and more tea", marks=((6, 9), (19, 22)), title_marks=((0, 3),))
    ref = ListRef(ListKind.SEARCH, query_id=7)
    screen = listing(page_of(found, total=17, has_next=True), ref, ENGLISH, MENU, query="tea")
    assert styled(screen.text, "bold")[-2:] == ["tea", "tea"]
    assert styled(screen.text, "underline") == ["Чай"]
    assert "Results for “tea”\n17 articles" in screen.text.text
    assert taps(screen)["Next ›"] == ShowList(replace(ref, page=1))


@given(wild, st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=5), wild)
def test_marks_anywhere_in_any_snippet_are_survived(snippet: str, marks: list[tuple[int, int]], query: str) -> None:
    found = replace(TEASER, snippet=snippet, marks=tuple(marks), title_marks=tuple(marks), title=snippet[::-1])
    for words in (ENGLISH, PSEUDO):
        screen = listing(page_of(found, total=1), ListRef(ListKind.SEARCH, query_id=1), words, MENU, query=query)
        assert refusal(screen.text) == ""


def test_nothing_found_suggests_what_to_do() -> None:
    screen = listing(page_of(total=0), ListRef(ListKind.SEARCH, query_id=1), ENGLISH, MENU, query="xyzzy")
    assert "Nothing found for “xyzzy”." in screen.text.text
    assert set(taps(screen)) == {"Latest articles", "Most read"}


def test_search_help_gives_examples() -> None:
    screen = search_help(ENGLISH, "?!")
    assert "There is no word to look for in “?!”." in screen.text.text
    assert '/search "green tea"' in styled(screen.text, "code")
    assert "no word to look for" not in search_help(ENGLISH).text.text


def test_a_page_beyond_a_list_that_has_become_shorter_leads_back() -> None:
    screen = listing(page_of(page=3), ListRef(ListKind.TOP, 3, period=Period.DAY), ENGLISH, MENU)
    assert taps(screen) == {"‹ To the first page": ShowList(ListRef(ListKind.TOP, 0, period=Period.DAY))}


@pytest.mark.parametrize("kind", list(ListKind))
def test_an_article_leads_back_to_the_page_of_the_list_it_came_from(kind: ListKind) -> None:
    back = ListRef(kind, 4, 12, Period.YEAR)
    assert ShowList(back) in taps(article_page(ARTICLE, 0, ENGLISH, MENU, back)).values()


def test_an_opened_article_has_title_byline_body_and_original() -> None:
    screen = article_page(ARTICLE, 0, ENGLISH, MENU, ListRef())
    assert screen.text.text == "Чай в саду\nBy \u2068Иван\u2069 · пример.рф · Nov 25, 2026\n\nЧай растёт медленно." or (
        screen.text.text == "Чай в саду\nBy Иван · пример.рф · Nov 25, 2026\n\nЧай растёт медленно."
    )
    assert [b["url"] for b in buttons(screen) if b.get("url")] == [ARTICLE.url]
    assert screen.preview_url == ARTICLE.image_url


def test_the_pages_of_a_long_article_hold_all_of_it() -> None:
    article = long_article()
    last = article_page(article, 10**6, ENGLISH, MENU, ListRef())
    count = int(last.text.text.rpartition(" of ")[2])
    screens = [article_page(article, i, ENGLISH, MENU, ListRef()) for i in range(count)]
    assert count > 2
    assert screens[-1] == last
    assert all(f"Абзац {i}." in "".join(s.text.text for s in screens) for i in range(200))
    assert taps(screens[1])["Next ›"] == OpenArticle(ListRef(), article.id, 2)
    assert "‹ Previous" not in taps(screens[0])
    assert "Next ›" not in taps(last)


def test_under_the_end_of_an_article_stand_those_like_it_and_lead_back_to_the_same_list() -> None:
    back = ListRef(ListKind.SEARCH, 4, 12)
    like = [replace(TEASER, id=43, title="Сад\nзимой"), replace(TEASER, id=44, title=" ")]
    screen = article_page(ARTICLE, 0, ENGLISH, MENU, back, related=like)
    assert screen.text.text.endswith("Чай растёт медленно.\n\nMore like this\n1. Сад зимой\n2. Untitled")
    assert "More like this" in styled(screen.text, "bold")
    assert taps(screen)["1"] == OpenArticle(back, 43)
    assert taps(screen)["2"] == OpenArticle(back, 44)
    assert ShowList(back) in taps(screen).values()
    long = [article_page(long_article(), page, ENGLISH, MENU, back, related=like) for page in (0, 1, 10**6)]
    assert ["More like this" in each.text.text for each in long] == [False, False, True]
    assert ["1" in taps(each) for each in long] == [False, False, True]


EXTREMES = [
    replace(
        ARTICLE, title="ж" * 10_000, summary="ж" * 5000, author="ж" * 5000, tags=tuple(f"тег{i:020}" for i in range(50))
    ),
    replace(ARTICLE, title="ж" * 10_000, author="ж" * 5000, tags=("ж" * 500, "", "!", "c++") * 50),
    replace(ARTICLE, title="", summary="", body="", text="", author="", url=None, image_url=None, tags=()),
    replace(ARTICLE, title=" \n ", summary="слово " * 5000, body="", url="http://localhost/", image_url="file:///x"),
    replace(
        ARTICLE, title="👩‍👩‍👧‍👦" * 2000, body="<b>" + "👩‍👩‍👧‍👦" * 5000, published_at=datetime(1, 1, 2, tzinfo=UTC)
    ),
    replace(ARTICLE, url="https://" + "a" * 60 + ".org/" + "x" * 5000, published_at=datetime(9999, 12, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize("article", EXTREMES)
@pytest.mark.parametrize("words", [ENGLISH, PSEUDO])
def test_extreme_articles_fit_everywhere(article: Article, words: object) -> None:
    like = [Teaser(2**62, article.title, "", None, "", "", None, article.published_at)] * 3
    for page in (0, 1, 2, 10**6):
        screen = article_page(article, page, ENGLISH, MENU, ListRef(ListKind.SEARCH, 999, 2**62), related=like)
        assert screen.text.len16 <= 4096
        assert refusal(screen.text) == ""
    sent = post(article, PSEUDO, bot_username=BOT)
    assert 0 < sent.text.len16 <= 1024
    assert refusal(sent.text) == ""
    for part in digest([article] * 45, PSEUDO, date=date(2026, 11, 24), bot_username=BOT):
        assert part.text.len16 <= 4096
        assert refusal(part.text) == ""
    teaser = Teaser(1, article.title, article.summary, article.url, article.author, "", None, article.published_at)
    assert listing(Listing((teaser,) * 5, 0, False), ListRef(), PSEUDO, MENU).text.len16 <= 4096


@given(wild, wild, wild, st.lists(wild, max_size=4))
def test_telegram_takes_posts_of_any_words(title: str, summary: str, author: str, tags: list[str]) -> None:
    article = replace(ARTICLE, title=title, summary=summary, author=author, tags=tuple(tags))
    sent = post(article, PSEUDO, bot_username=BOT)
    assert refusal(sent.text) == ""
    assert 0 < sent.text.len16 <= 1024


def test_a_post_has_a_linked_title_teaser_facts_and_hashtags() -> None:
    sent = post(ARTICLE, ENGLISH, bot_username=BOT)
    assert sent.text.text == "Чай в саду\n\nО том, как растёт чай.\n\nИван · Nov 25, 2026\n#сад #зелёный_чай"
    assert sent.text.entities[0]["url"] == ARTICLE.url
    assert sent.photo == ARTICLE.image_url
    assert [(b["text"], b.get("url")) for b in buttons(sent)] == [
        ("Read here", "https://t.me/paper_bot?start=a42"),
        ("Original", ARTICLE.url),
    ]


def test_a_post_without_an_address_leads_into_the_chat() -> None:
    sent = post(replace(ARTICLE, url=None, image_url=None), ENGLISH, bot_username=BOT)
    assert sent.text.entities[0]["url"] == "https://t.me/paper_bot?start=a42"
    assert sent.photo is None
    assert [b["text"] for b in buttons(sent)] == ["Read here"]


def test_hashtags_are_letters_and_each_once() -> None:
    tags = ["Tea & cake", "c++", "2026", "हिन्दी", "می\u200cروم", "tea  cake", "Tea_cake"]
    assert hashtags(tags) == "#Tea_cake #c #हिन्दी #می\u200cروم #tea_cake"


def test_a_digest_lists_each_article_once_in_as_few_messages_as_it_takes() -> None:
    articles = [replace(ARTICLE, id=i, title=f"Чай №{i}.") for i in range(100)]
    parts = digest(articles, ENGLISH, date=date(2026, 11, 24), bot_username=BOT)
    whole = "\n".join(part.text.text for part in parts)
    assert parts[0].text.text.startswith("Tuesday, November 24, 2026\n100 new articles")
    assert all(whole.count(f"Чай №{i}.") == 1 for i in range(100))
    assert all(part.text.text.count("• ") <= 40 for part in parts)
    assert digest([], ENGLISH, date=date(2026, 11, 24), bot_username=BOT) == []
