"""What maintainers see: previews, feeds, numbers; and the greetings."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.render import feed, feeds, greeting, publishing
from bot.render.callbacks import (
    ChooseLanguage,
    DraftChoice,
    DraftDecision,
    DraftPart,
    FeedPart,
    FindFeeds,
    FollowFeed,
    LeaveDraft,
    ListKind,
    ListRef,
    MendDraft,
    OpenArticle,
    SetAnnounceFirst,
    SetFeedEvery,
    SetFullText,
    ShowChannels,
    ShowFeed,
    ShowFeeds,
    ShowList,
    ShowSubscribe,
)
from bot.render.outbox import outbox
from bot.render.post import post
from bot.render.stats import stats
from bot.render.words import N_
from tests.render.samples import (
    ARTICLE,
    BOT,
    ENGLISH,
    FEED,
    MENU,
    NOW,
    PSEUDO,
    QUIET,
    TROUBLES,
    FeedNumbers,
    Numbers,
    OutboxNumbers,
)
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
    failing = replace(
        FEED, failures=3, last_error="timeout: it took long", failing_since=NOW - timedelta(hours=2), id=12345
    )
    soon = replace(FEED, next_check_at=NOW + timedelta(minutes=12))
    items = [failing, soon, replace(FEED, paused=True), replace(FEED, polled_at=None, title="")]
    screen = feeds.feeds(items, FeedNumbers(1200, 2, 1), 1, ENGLISH, MENU, now=NOW, has_next=True)
    heading, *lines, _ = [part.split("\n") for part in screen.text.text.split("\n\n")]
    assert heading == ["Feeds", "1,200 feeds · 1 fails · 2 are paused"]
    reason = "⚠️ Failing for 2 hours. Failed 3 times in a row. The site did not answer in time."
    assert lines == [
        ["12345. Садовая лента", reason, "Next reading at once"],
        ["5. Садовая лента", "Fine, read 2 hours ago", "Next reading in 12 minutes"],
        ["5. Садовая лента", "Paused"],
        ["5. пример.рф", "Not read yet", "Next reading at once"],
    ]
    assert taps(screen) == {
        "12345": ShowFeed(12345),
        "5": ShowFeed(5),
        "‹ Previous": ShowFeeds(0),
        "Next ›": ShowFeeds(2),
    }


def test_a_feeds_screen_tells_how_it_is_followed_and_no_secret() -> None:
    feed_of_some = replace(
        FEED,
        tags=("сад", "чай"),
        every=timedelta(hours=6),
        full_text=True,
        headers={"Authorization": "Basic c2VjcmV0", "X-Key": "hush"},
    )
    shown = feed.Card(feed_of_some, "https://пример.рф/лента?…", 1200, timedelta(minutes=15))
    screen = feed.card(shown, ENGLISH, MENU, now=NOW, note="Done.")
    assert screen.text.text.split("\n") == [
        *("Done.", "", "Садовая лента", "https://пример.рф/лента?…", "", "Fine, read 2 hours ago"),
        *("Next reading at once", "", "• Articles: 1,200", "• Tags: сад, чай", "• Read every: 6 hours"),
        *("• Text: that of the pages it links to", "• Secret headers: Authorization, X-Key"),
    ]
    assert "c2VjcmV0" not in repr(screen)
    assert "hush" not in repr(feed.ask_headers(feed_of_some, ENGLISH, MENU))
    assert taps(screen)["Text of the feed"] == SetFullText(5, on=False)
    assert taps(screen)["Remove"] == ShowFeed(5, FeedPart.REMOVE)


def test_only_a_feed_that_was_never_read_offers_how_its_first_reading_is_to_be() -> None:
    unread = feed.Card(replace(FEED, polled_at=None, announce_first=3), "", 0, timedelta(minutes=15))
    screen = feed.card(unread, ENGLISH, MENU, now=NOW)
    assert "• First reading: announces the 3 newest articles" in screen.text.text
    assert taps(screen)["✓ Newest 3"] == SetAnnounceFirst(5, 3)
    read = feed.card(replace(unread, feed=FEED), ENGLISH, MENU, now=NOW)
    assert "First" not in read.text.text
    assert "Announce none" not in taps(read)


def test_the_interval_that_holds_is_marked() -> None:
    default = timedelta(minutes=30)
    assert "✓ As configured: 30 minutes" in taps(feed.ask_every(FEED, default, ENGLISH, MENU))
    chosen = taps(feed.ask_every(replace(FEED, every=timedelta(hours=24)), default, ENGLISH, MENU))
    assert [label for label in chosen if label.startswith("✓")] == ["✓ 1 day"]
    assert chosen["15 minutes"] == SetFeedEvery(5, 15)
    assert chosen["As configured: 30 minutes"] == SetFeedEvery(5, 0)


def test_a_page_of_failing_feeds_with_long_names_fits() -> None:
    failing = replace(FEED, title="ж" * 5000, failures=10**6, last_error="x" * 9999, polled_at=NOW + timedelta(days=1))
    many, counts = [failing] * feeds.PAGE_SIZE, FeedNumbers()
    assert feeds.feeds(many, counts, 1, PSEUDO, MENU, now=NOW).text.len16 <= 4096
    long = replace(failing, tags=("ж" * 64,) * 20, headers={f"{i}" * 100: "x" for i in range(50)}, url="ж" * 9999)
    card = feed.Card(long, long.url, 10**9, timedelta(days=1))
    assert feed.card(card, PSEUDO, MENU, now=NOW).text.len16 <= 4096


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
