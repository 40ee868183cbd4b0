"""Subscriptions and channels: the state that holds is told, and each button does what it says."""

from dataclasses import replace

import pytest

from bot.model import ChatKind, ChatState, Mode, Notice, NoticeKind, Subscription
from bot.render import subscriptions
from bot.render.callbacks import (
    AskForChannel,
    ChannelChoice,
    CheckFeed,
    Choice,
    PauseChannel,
    PauseFeed,
    RemoveChannel,
    ShowChannelCard,
    ShowChannels,
    ShowFeeds,
    ShowSettings,
    ShowSubscribe,
    SourceChannel,
    SubscribeChoice,
    TryChannel,
)
from bot.render.notices import notice
from bot.render.subscriptions import Connected
from tests.render.samples import BOT, CHANNEL, DAILY, ENGLISH, FACTS, MENU, SUBSCRIPTION
from tests.render.test_reading import buttons, styled, taps

DIGEST = replace(SUBSCRIPTION, mode=Mode.DIGEST)
PAUSED = replace(SUBSCRIPTION, paused=True)
CHOOSE = {"Choose a channel where I am already": AskForChannel()}


@pytest.mark.parametrize(
    ("subscription", "marked", "said"),
    [
        (None, "✓ Off", "Nothing is sent here"),
        (SUBSCRIPTION, "✓ Instant", "as soon as it is published"),
        (DIGEST, "✓ Daily", "every day at 09:00 (Berlin)"),
        (PAUSED, "✓ Instant", "Paused"),
        (replace(DIGEST, suspended="topic"), "✓ Daily", "Its topic is closed"),
    ],
)
def test_subscribe_marks_what_holds(subscription: Subscription | None, marked: str, said: str) -> None:
    screen = subscriptions.subscribe(subscription, ENGLISH, MENU, DAILY, replace(CHANNEL, kind=ChatKind.PRIVATE))
    assert [label for label in taps(screen) if "✓" in label] == [marked]
    assert said in screen.text.text.split("\n\n")[1]
    assert set(taps(screen).values()) == {SubscribeChoice(choice) for choice in Choice}


def test_the_card_names_the_channel_and_offers_instant_daily_choose_and_not_now() -> None:
    screen = subscriptions.channel_card(CHANNEL, ENGLISH, MENU, DAILY)
    assert "Новости сада" in styled(screen.text, "bold")
    assert "at 09:00 (Berlin)" in screen.text.text
    assert taps(screen) == {
        "Instant": ChannelChoice(CHANNEL.id, Choice.INSTANT),
        "Daily": ChannelChoice(CHANNEL.id, Choice.DAILY),
        "Choose…": ShowSettings(CHANNEL.id),
        "Not now": ChannelChoice(CHANNEL.id, Choice.OFF),
    }


@pytest.mark.parametrize(
    ("choice", "said"),
    [(Choice.INSTANT, "as soon as"), (Choice.DAILY, "09:00 (Berlin)"), (Choice.OFF, "change nothing")],
)
def test_the_card_says_what_was_chosen(choice: Choice, said: str) -> None:
    screen = subscriptions.channel_chosen(CHANNEL, choice, ENGLISH, MENU, DAILY)
    assert said in screen.text.text
    assert taps(screen) == {"Change": ShowChannelCard(CHANNEL.id), "My channels": ShowChannels()}


def test_one_channel_needs_no_numbers() -> None:
    screen = subscriptions.channels([Connected(CHANNEL, (SUBSCRIPTION,))], 0, ENGLISH, MENU, bot_username=BOT)
    assert taps(screen) == {
        "Pause": PauseChannel(CHANNEL.id, pause=True),
        "Settings": ShowSettings(CHANNEL.id),
        "Remove": RemoveChannel(CHANNEL.id),
        **CHOOSE,
    }


def test_several_channels_have_numbered_buttons_that_fit_their_state() -> None:
    lost = replace(CHANNEL, state=ChatState.SUSPENDED, reason="rights")
    items = [Connected(CHANNEL, ()), Connected(CHANNEL, (PAUSED,)), Connected(lost, (DIGEST,)), Connected(lost, ())]
    screen = subscriptions.channels(items, 2, ENGLISH, MENU, bot_username=BOT)
    assert taps(screen) == {
        "11. Set up": ShowChannelCard(CHANNEL.id),
        "12. Resume": PauseChannel(CHANNEL.id, pause=False, page=2),
        "12. Settings": ShowSettings(CHANNEL.id),
        "12. Remove": RemoveChannel(CHANNEL.id, page=2),
        "13. Try again": TryChannel(CHANNEL.id, page=2),
        "13. Remove": RemoveChannel(CHANNEL.id, page=2),
        "‹ Previous": ShowChannels(1),
        **CHOOSE,
    }
    assert "I lack the right to post messages there." in screen.text.text


def test_maintainers_find_in_a_channels_row_whether_its_posts_become_articles() -> None:
    group = replace(CHANNEL, id=-5, kind=ChatKind.SUPERGROUP)
    items = [Connected(chat, (), chat.id == CHANNEL.id, may_follow=True) for chat in (CHANNEL, group)]
    screen = subscriptions.channels(items, 0, ENGLISH, MENU, bot_username=BOT)
    assert taps(screen) == {
        "1. Set up": ShowChannelCard(CHANNEL.id),
        "1. Stop taking its posts as articles": SourceChannel(CHANNEL.id, follow=False),
        "2. Set up": ShowChannelCard(group.id),
        **CHOOSE,
    }
    assert screen.text.text.count("Its posts become articles.") == 1


def test_channels_can_be_added_from_every_list() -> None:
    for items in ([], [Connected(CHANNEL, (SUBSCRIPTION,))]):
        screen = subscriptions.channels(items, 0, ENGLISH, MENU, bot_username=BOT)
        links = {b["text"]: b["url"] for b in buttons(screen) if b.get("url")}
        assert links == {
            "Add to channel": "https://t.me/paper_bot?startchannel&admin=post_messages+edit_messages+delete_messages",
            "Add to group": "https://t.me/paper_bot?startgroup",
        }


def test_removing_asks_once_more() -> None:
    screen = subscriptions.remove_channel(CHANNEL, 1, ENGLISH, MENU)
    assert taps(screen) == {"Yes, stop": RemoveChannel(CHANNEL.id, sure=True, page=1), "Keep it": ShowChannels(1)}


def test_unsubscribing_offers_the_way_back() -> None:
    for was in (True, False):
        assert ShowSubscribe() in taps(subscriptions.unsubscribed(ENGLISH, MENU, was_subscribed=was)).values()


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("rights", "the right to post messages"),
        ("no_right_to_post", "the right to post messages"),
        ("not_admin", "not an admin"),
        ("removed", "removed"),
        ("gone", "no longer finds"),
        ("topic", "topic is closed"),
        ("blocked", "blocked"),
        ("TELEGRAM_SAYS_SOMETHING_NEW", "cannot send anything there at present"),
    ],
)
def test_a_suspension_tells_what_is_missing_and_that_settings_are_kept(reason: str, said: str) -> None:
    data = {"chat_id": CHANNEL.id, "title": CHANNEL.title, "reason": reason}
    screen = notice(Notice(1, 2, NoticeKind.CHAT_SUSPENDED, data), ENGLISH, MENU, FACTS)
    assert said in screen.text.text
    assert "All settings are kept." in screen.text.text
    assert "TELEGRAM" not in screen.text.text
    assert "Новости сада" in styled(screen.text, "bold")


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("data", [{}, {"title": None, "chat_id": "x", "error": 5, "reason": None}])
def test_a_notice_whose_data_is_missing_is_still_one(kind: NoticeKind, data: dict[str, object]) -> None:
    assert notice(Notice(1, 2, kind, data), ENGLISH, MENU, FACTS).text.text


def test_a_failing_feed_is_told_with_its_reason_and_what_can_be_done() -> None:
    data = {"feed_id": 7, "title": "Tea weekly", "error": "timeout: https://example.org/ did not answer"}
    screen = notice(Notice(1, 2, NoticeKind.FEED_FAILING, data), ENGLISH, MENU, FACTS)
    assert "the feed Tea weekly for a day.\n\nThe site did not answer in time." in screen.text.text
    assert taps(screen) == {"Check now": CheckFeed(7), "Pause": PauseFeed(7, pause=True), "All feeds": ShowFeeds()}


def test_a_feed_without_a_title_is_called_by_its_site() -> None:
    data = {"feed_id": 7, "title": "", "url": "https://example.org/feed?key=abc"}
    screen = notice(Notice(1, 2, NoticeKind.FEED_STOPPED, data), ENGLISH, MENU, FACTS)
    assert "The feed example.org is gone for good" in screen.text.text
    assert taps(screen)["Resume"] == PauseFeed(7, pause=False)


def test_many_feeds_that_fail_or_are_back_together_are_one_message() -> None:
    for kind, said in ((NoticeKind.FEED_FAILING, "12 feeds for a day"), (NoticeKind.FEED_RECOVERED, "12 feeds can")):
        screen = notice(Notice(1, 2, kind, {"count": 12}), ENGLISH, MENU, FACTS)
        assert said in screen.text.text
        assert taps(screen) == {"All feeds": ShowFeeds()}
