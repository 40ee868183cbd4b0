"""What maintainers see: previews, feeds, numbers; and the greetings."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.render import feeds, greeting, publishing
from bot.render.callbacks import (
    ChooseLanguage,
    DraftChoice,
    DraftDecision,
    DraftPart,
    FindFeeds,
    FollowFeed,
    LeaveDraft,
    ListKind,
    ListRef,
    MendDraft,
    OpenArticle,
    ShowChannels,
    ShowFeeds,
    ShowList,
    ShowSubscribe,
)
from bot.render.outbox import outbox
from bot.render.post import post
from bot.render.stats import stats
from bot.render.words import N_
from tests.render.samples import ARTICLE, BOT, ENGLISH, FEED, MENU, NOW, PSEUDO, QUIET, TROUBLES, Numbers, OutboxNumbers
from tests.render.test_reading import EXTREMES, buttons, styled, taps


def test_the_preview_is_the_post_with_publish_and_discard_below() -> None:
    screen = publishing.preview(ARTICLE, ENGLISH, MENU, bot_username=BOT)
    posted = post(ARTICLE, ENGLISH, bot_username=BOT)
    assert (screen.text, screen.photo) == (posted.text, posted.photo)
    originals = [b["url"] for b in buttons(posted) if b["text"] == "Original"]
    assert [b["url"] for b in buttons(screen) if b.get("url")] == originals  # Read here comes with publishing
    assert taps(screen) == {
        "Change title": MendDraft(42, DraftPart.TITLE),
        "Change summary": MendDraft(42, DraftPart.SUMMARY),
        "Publish": DraftDecision(42, DraftChoice.PUBLISH),
        "Discard": DraftDecision(42, DraftChoice.DISCARD),
    }


@pytest.mark.parametrize("part", list(DraftPart))
def test_the_question_for_another_title_or_summary_fits(part: DraftPart) -> None:
    long = replace(ARTICLE, title="ж" * 5000, summary="ж" * 5000)
    screen = publishing.ask_for(long, part, PSEUDO, MENU)
    assert screen.text.len16 <= 4096
    assert list(taps(screen).values()) == [LeaveDraft(42, part)]


@pytest.mark.parametrize("article", EXTREMES)
@pytest.mark.parametrize("choice", list(DraftChoice))
def test_what_became_of_a_draft_fits_a_caption(article: object, choice: DraftChoice) -> None:
    screen = publishing.decided(article, choice, PSEUDO, bot_username=BOT)  # type: ignore[arg-type]
    assert screen.text.len16 <= 1024
    assert taps(screen) == {}


def test_publishing_says_so_below_the_post_and_discarding_shows_no_post() -> None:
    published = publishing.decided(ARTICLE, DraftChoice.PUBLISH, ENGLISH, bot_username=BOT)
    assert published.text.text.startswith(post(ARTICLE, ENGLISH, bot_username=BOT).text.text)
    assert "Published." in published.text.text
    discarded = publishing.decided(ARTICLE, DraftChoice.DISCARD, ENGLISH, bot_username=BOT)
    assert discarded.text.text == "Чай в саду\n\nDiscarded. Nothing was published."


def test_what_is_stored_already_can_be_opened() -> None:
    assert taps(publishing.already_stored(ARTICLE, ENGLISH, MENU)) == {"Open it": OpenArticle(ListRef(), 42)}


def test_a_feed_is_offered_with_its_newest_titles_and_a_choice_of_how_to_begin() -> None:
    screen = feeds.offer(
        feeds.Offered("Tea weekly", "https://example.org/feed", 7, ["C", "B", "A", "0"]), ENGLISH, MENU
    )
    assert "Tea weekly is a feed. Shall I follow it?\n\n4 articles at present\n• C\n• B\n• A\n\n" in screen.text.text
    assert taps(screen) == {
        "Follow": FollowFeed(7, follow=True),
        "Not now": FollowFeed(7, follow=False),
        "1": FollowFeed(7, follow=True, announce=1),
        "3": FollowFeed(7, follow=True, announce=3),
    }


def test_an_empty_feed_has_nothing_to_begin_with() -> None:
    screen = feeds.offer(feeds.Offered("", "https://example.org/feed", 7, []), ENGLISH, MENU)
    assert list(taps(screen)) == ["Follow", "Not now"]


def test_several_feeds_are_told_apart_before_one_is_chosen() -> None:
    found = [
        feeds.Offered("News", "https://example.org/a", 7, ["N"]),
        feeds.Offered("", "https://example.org/b", 8, []),
    ]
    screen = feeds.offers("https://example.org/", found, ENGLISH, MENU)
    assert "leads to 2 feeds:\n\nNews · 1 article at present\n• N\n\nexample.org · 0 articles" in screen.text.text
    assert taps(screen) == {"News": FindFeeds(7), "example.org": FindFeeds(8)}


def test_offers_of_long_names_fit() -> None:
    long = feeds.Offered("ж" * 5000, "https://example.org/" + "x" * 5000, 7, ["ж" * 5000] * 50)
    assert feeds.offers(long.url, [long] * 5, PSEUDO, MENU).text.len16 <= 4096
    assert feeds.offer(long, PSEUDO, MENU).text.len16 <= 4096


def test_the_feeds_are_listed_with_their_health() -> None:
    failing = replace(FEED, failures=3, last_error="timeout: it took long")
    items = [FEED, failing, replace(FEED, paused=True), replace(FEED, polled_at=None, title="")]
    screen = feeds.feeds(items, 1, ENGLISH, MENU, now=NOW, has_next=True)
    lines = [part.split("\n") for part in screen.text.text.split("\n\n")[1:5]]
    assert lines == [
        ["• Садовая лента", "Fine, read 2 hours ago"],
        ["• Садовая лента", "⚠️ Failed 3 times in a row. The site did not answer in time."],
        ["• Садовая лента", "Paused"],
        ["• пример.рф", "Not read yet"],
    ]
    assert taps(screen) == {"‹ Previous": ShowFeeds(0), "Next ›": ShowFeeds(2)}


def test_a_page_of_failing_feeds_with_long_names_fits() -> None:
    failing = replace(FEED, title="ж" * 5000, failures=10**6, last_error="x" * 9999, polled_at=NOW + timedelta(days=1))
    assert feeds.feeds([failing] * feeds.PAGE_SIZE, 1, PSEUDO, MENU, now=NOW).text.len16 <= 4096


def test_stats_tell_what_is_there_and_warn_only_of_what_is_wrong() -> None:
    text = stats(Numbers(), ENGLISH).text.text
    assert "1,200 published · 1 draft" in text
    assert "10 people · 3 groups · 1 channel · 4 subscriptions" in text
    assert "4 waiting · the oldest for 2 minutes" in text
    assert "⚠️ 1 uncertain" in text
    quiet = stats(QUIET, ENGLISH).text.text
    assert "nothing waits" in quiet
    assert "⚠️" not in quiet


def test_the_welcome_leads_to_everything() -> None:
    screen = greeting.start(ENGLISH, MENU, name="Anna\n")
    assert styled(screen.text, "bold") == ["Hello, Anna!"]
    assert list(taps(screen).values()) == [
        ShowList(ListRef()),
        ShowList(ListRef(ListKind.TOP)),
        ShowSubscribe(),
        ShowChannels(),
    ]
    assert "owner" not in screen.text.text


def test_a_new_owner_is_told_where_to_begin() -> None:
    assert "/feeds add ADDRESS follows a feed" in greeting.start(ENGLISH, MENU, new_owner=True).text.text


def test_help_lists_the_commands_it_is_given_translated() -> None:
    table = [("latest", N_("Latest articles")), ("top", N_("Most read"))]
    assert "/latest – Latest articles\n/top – Most read" in greeting.help_(ENGLISH, table).text.text
    assert "Most read" not in greeting.help_(PSEUDO, table).text.text


def test_the_language_spoken_is_marked() -> None:
    assert taps(greeting.language(ENGLISH, MENU, current="en")) == {"✓ English": ChooseLanguage("en")}


def test_a_long_name_is_cut() -> None:
    assert greeting.start(ENGLISH, MENU, name="ж" * 10_000).text.len16 < 1000


def test_the_outbox_names_no_reader() -> None:
    text = outbox(OutboxNumbers(), [], TROUBLES, ENGLISH, MENU, now=NOW).text.text
    assert "4. Чай в саду → a private chat" in text
    assert "Анна" not in text
