"""/feeds: what a maintainer sees of each feed and changes, by buttons and by words; what is secret stays so."""

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from bot.model import Feed, Role
from bot.render.callbacks import FeedPart, RemoveFeed, SetFullText, ShowFeed, encode
from bot.render.greeting import expired, only_maintainers
from bot.sandbox.nouns import Message
from bot.store import feeds, maintainers
from tests.intake.site import Answer, Site, item, rss
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts
from tests.render.samples import ENGLISH

SECRET = "correct-horse"
BASIC = b64encode(f"owen:{SECRET}".encode()).decode()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as running:
        running.pages["/feed"] = feed_of(1, 2, 3)
        yield running


def feed_of(*numbers: int) -> Answer:
    return Answer(rss(*[item(number) for number in numbers]), headers={"Content-Type": "application/rss+xml"})


async def followed(program: Program, url: str) -> Feed:
    """A feed that was read once, and Owen an owner."""
    await program.make_maintainer(program.scene.owen)
    feed = await feeds.add(program.app.db, url)
    await program.run_jobs()
    return feed


async def now(program: Program, feed: Feed) -> Feed:
    return await feeds.get(program.app.db, feed.id)


async def opened(program: Program, feed: Feed) -> Message:
    """The feed's screen, reached as people do."""
    listed = await program.ask(program.scene.owen, "/feeds")
    await program.tap(program.scene.owen, listed, str(feed.id))
    return listed


def text_of(message: Message) -> str:
    return message.text or ""


async def test_a_feeds_screen_shows_how_it_is_followed(program: Program, site: Site) -> None:
    site.pages[f"/feed?token={SECRET}"] = feed_of(1, 2, 3)
    feed = await followed(program, f"{site.url}/feed?token={SECRET}")
    card = text_of(await opened(program, feed))
    assert card.splitlines()[:2] == ["Harbour News", f"{site.url}/feed?…"]
    for line in ("Articles: 3", "Tags: none", "Read every: 15 minutes, as configured", "Text: as the feed has it"):
        assert f"• {line}" in card
    assert "Fine, read" in card
    assert "Next reading in" in card


async def test_the_list_turns_its_pages_in_place_and_begins_with_what_fails(program: Program) -> None:
    await program.make_maintainer(program.scene.owen)
    for number in range(7):
        await feeds.add(program.app.db, f"https://example.org/{number}", f"Feed {number}")
    await feeds.failed(program.app.db, 7, "timeout: slow", program.clock())
    listed = await program.ask(program.scene.owen, "/feeds")
    assert "7 feeds · 1 fails" in text_of(listed)
    assert program.labels(listed) == ["7", "1", "2", "3", "4", "Next ›"]
    await program.tap(program.scene.owen, listed, "Next")
    assert program.labels(listed) == ["5", "6", "‹ Previous"]
    await feeds.remove(program.app.db, 5)
    await feeds.remove(program.app.db, 6)
    await program.tap(program.scene.owen, listed, "Previous")
    assert program.labels(listed) == ["7", "1", "2", "3", "4"]


async def test_tags_are_taken_from_a_reply_and_given_to_what_comes(program: Program, site: Site) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Tags")
    assert "separated by commas" in text_of(menu)
    card = await program.ask(owen, "#Economy, green tea,\neconomy", reply_to=menu.id)
    assert "Tags: Economy, green tea" in text_of(card)
    site.pages["/feed"] = feed_of(4, 1, 2, 3)
    await program.ask(owen, f"/feeds check {feed.id}")
    assert "Story 4" in text_of(await program.ask(owen, "/latest green tea"))

    await program.tap(owen, card, "Tags")
    await program.tap(owen, card, "No tags")
    assert (await now(program, feed)).tags == ()
    assert "Tags: none" in text_of(card)


async def test_a_reply_to_anything_else_is_a_search(program: Program, site: Site) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    found = await program.ask(owen, "Story", reply_to=menu.id)
    assert "Results for" in text_of(found)
    assert (await now(program, feed)).tags == ()


async def test_a_header_is_kept_secret_and_its_message_deleted(
    program: Program, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Headers")
    card = await program.ask(owen, f"X-Key: {SECRET}\nauthorization: Basic {SECRET}", reply_to=menu.id)
    assert "Secret headers: X-Key, authorization" in text_of(card)
    assert "I have deleted your message" in text_of(card)
    await program.tap(owen, card, "Check now")
    assert site.requests[-1][1]["x-key"] == SECRET
    await program.tap(owen, card, "Headers")
    fewer = await program.ask(owen, "AUTHORIZATION:", reply_to=card.id)
    assert "Secret headers: X-Key" in text_of(fewer)
    assert (await now(program, feed)).headers == {"X-Key": SECRET}
    await program.tap(owen, fewer, "Headers")
    await program.tap(owen, fewer, "No headers")
    assert (await now(program, feed)).headers == {}
    assert SECRET not in " ".join(program.shown(owen.id)) + caplog.text


@pytest.mark.parametrize("said", [SECRET, f"Host: {SECRET}", f"{SECRET} {SECRET}: x", f"X-Key: {SECRET} тайна"])
async def test_what_is_no_header_is_deleted_too_and_not_repeated(program: Program, site: Site, said: str) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Headers")
    answer = await program.ask(owen, said, reply_to=menu.id)
    assert "I could not use that" in text_of(answer)
    assert (await now(program, feed)).headers == {}
    assert SECRET not in " ".join(program.shown(owen.id))


async def test_a_feed_with_a_password_in_its_address_is_followed_without_showing_it(
    program: Program, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    card = await program.ask(owen, f"/feeds add {site.url.replace('//', f'//owen:{SECRET}@')}/feed")
    assert f"Harbour News\n{site.url}/feed\n" in text_of(card)
    assert "Secret headers: Authorization" in text_of(card)
    await program.run_jobs()
    assert [headers["authorization"] for _path, headers in site.requests] == [f"Basic {BASIC}"] * 2
    [feed] = await feeds.list(program.app.db)
    assert (feed.url, feed.headers) == (f"{site.url}/feed", {"Authorization": f"Basic {BASIC}"})
    assert feed.added_by == owen.id
    seen = " ".join(program.shown(owen.id)) + caplog.text
    assert SECRET not in seen
    assert BASIC not in seen
    assert await program.app.db.read("SELECT text FROM search_query") == []


async def test_a_password_can_be_given_later_by_adding_the_feed_again(program: Program, site: Site) -> None:
    feed = await followed(program, f"{site.url}/feed")
    await program.ask(program.scene.owen, f"/feeds add {site.url.replace('//', f'//owen:{SECRET}@')}/feed")
    assert (await now(program, feed)).headers == {"Authorization": f"Basic {BASIC}"}
    assert len(await feeds.list(program.app.db)) == 1


@pytest.mark.parametrize(
    "said",
    [
        f"/feeds add https://owen:{SECRET}@10.0.0.1/feed",
        f"/feeds add https://owen:{SECRET}/x@example.org/feed",
        f"/feeds add owen:{SECRET}@example.org/feed",
        f"/feeds add ftp://owen:{SECRET}@example.org/feed",
        f"/feeds add https://owen:{SECRET}@example.org/a https://example.org/b",
        f"/feeds https://owen:{SECRET}@example.org/feed",
    ],
)
async def test_a_password_in_an_address_that_is_refused_is_deleted_and_not_repeated(
    program: Program, said: str
) -> None:
    await program.make_maintainer(program.scene.owen)
    answer = await program.ask(program.scene.owen, said)
    assert "I have deleted your message" in text_of(answer)
    assert SECRET not in " ".join(program.shown(program.scene.owen.id))
    assert await feeds.list(program.app.db) == []


async def test_a_message_that_cannot_be_deleted_is_told_of(program: Program) -> None:
    await program.make_maintainer(program.scene.owen)
    program.telegram.faults.add("bad_request", method="deleteMessage", text="message can't be deleted for everyone")
    answer = await program.ask(program.scene.owen, f"/feeds add https://owen:{SECRET}@10.0.0.1/feed")
    assert "I could not delete it: please do" in text_of(answer)
    assert SECRET not in text_of(answer)


async def test_an_address_with_an_at_sign_in_its_path_is_left_where_it_is(program: Program, site: Site) -> None:
    site.pages["/@owen"] = feed_of(1)
    await program.make_maintainer(program.scene.owen)
    offer = await program.ask(program.scene.owen, f"/feeds add {site.url}/@owen")
    assert "Shall I follow it?" in text_of(offer)
    assert f"/feeds add {site.url}/@owen" in program.shown(program.scene.owen.id)


async def test_a_feed_is_removed_after_a_question_and_its_articles_stay(program: Program, site: Site) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    question = await program.ask(owen, f"/feeds remove {feed.id}")
    assert "The 3 articles that came from it stay" in text_of(question)
    await program.tap(owen, question, "No, keep it")
    await program.tap(owen, question, "Remove")
    await program.tap(owen, question, "Yes, remove it")
    assert "no longer followed" in text_of(question)
    assert await feeds.list(program.app.db) == []
    assert "Story 1" in text_of(await program.ask(owen, "/latest"))


async def test_the_interval_is_chosen_and_holds_from_now_on(program: Program, site: Site) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Interval")
    await program.tap(owen, menu, "6 hours")
    assert "Read every: 6 hours" in text_of(menu)
    asked = len(site.requests)
    program.clock.move(minutes=20)
    await program.run_jobs()  # as it was due before
    program.clock.move(hours=5)
    await program.run_jobs()
    assert len(site.requests) == asked + 1
    await program.tap(owen, menu, "Interval")
    await program.tap(owen, menu, "As configured: 15 minutes")
    program.clock.move(minutes=16)
    await program.run_jobs()
    assert len(site.requests) == asked + 2


async def test_full_text_is_turned_on_and_the_document_read_again(program: Program, site: Site) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Full text")
    assert "Text: that of the pages it links to" in text_of(menu)
    changed = await now(program, feed)
    assert (changed.full_text, changed.etag, changed.body_hash) == (True, "", "")
    await program.tap(owen, menu, "Text of the feed")
    assert not (await now(program, feed)).full_text


async def test_what_the_first_reading_announces_is_chosen_before_it(program: Program, site: Site) -> None:
    await connect(program)
    owen = program.scene.owen
    await program.make_maintainer(owen)
    feed = await feeds.add(program.app.db, f"{site.url}/feed")
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Newest 1")
    assert "First reading: announces the newest article" in text_of(menu)
    for _ in range(2):
        await program.run_jobs()
    [post] = posts(program, program.scene.channel)
    assert "Story" in post
    await program.tap(owen, menu, "Announce none")  # an old menu: it has been read
    assert "First reading" not in text_of(menu)


async def test_feeds_are_paused_resumed_and_checked_by_their_numbers(program: Program, site: Site) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    assert "Paused" in text_of(await program.ask(owen, f"/feeds pause {feed.id}"))
    site.pages["/feed"] = feed_of(4, 1, 2, 3)
    checked = await program.ask(owen, f"/feeds check {feed.id}")
    assert "Articles: 4" in text_of(checked)
    assert "Paused" in text_of(checked)
    assert "Fine" in text_of(await program.ask(owen, f"/feeds resume {feed.id}"))
    assert f"{site.url}/feed" in text_of(await program.ask(owen, f"/feeds {feed.id}"))


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("/feeds pause", "Which feed? /feeds pause and the number that /feeds shows before it."),
        ("/feeds remove 1 2", "Which feed? /feeds remove and the number that /feeds shows before it."),
        ("/feeds check 99", "There is no feed 99. /feeds lists them with their numbers."),
        ("/feeds check 99999999999999999999", "There is no feed 99999999999999999999. /feeds lists them"),
        ("/feeds resume news", "There is no feed news. /feeds lists them"),
        ("/feeds 7", "There is no feed 7."),
        ("/feeds drop 7", "“drop” is not something /feeds does."),
    ],
)
async def test_what_is_mistyped_gets_a_sentence(program: Program, said: str, answer: str) -> None:
    await program.make_maintainer(program.scene.owen)
    assert text_of(await program.ask(program.scene.owen, said)).startswith(answer)


async def test_who_may_no_longer_manage_feeds_changes_nothing_by_taps_replies_or_words(
    program: Program, site: Site
) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    await program.tap(owen, menu, "Headers")
    await maintainers.add(program.app.db, owen.id, Role.CONTRIBUTOR, "Owen")
    before, said = await now(program, feed), only_maintainers(ENGLISH)
    key = program.app.key
    for forbidden in (RemoveFeed(feed.id), SetFullText(feed.id, on=True), ShowFeed(feed.id, FeedPart.TAGS)):
        answer = await program.tap_data(owen, menu, encode(forbidden, key, owen.id))
        assert (answer.text, answer.alert) == (said, True)
    assert text_of(await program.ask(owen, f"X-Key: {SECRET}", reply_to=menu.id)) == said
    assert text_of(await program.ask(owen, f"/feeds remove {feed.id}")) == said
    assert await now(program, feed) == before
    assert SECRET not in " ".join(program.shown(owen.id))


async def test_a_button_of_another_chats_menu_has_expired_and_one_of_a_removed_feed_says_so(
    program: Program, site: Site
) -> None:
    feed, owen = await followed(program, f"{site.url}/feed"), program.scene.owen
    menu = await opened(program, feed)
    forged = encode(RemoveFeed(feed.id), program.app.key, program.scene.rosa.id)
    assert (await program.tap_data(owen, menu, forged)).text == expired(ENGLISH)
    await feeds.remove(program.app.db, feed.id)
    for label in ("Tags", "All feeds"):
        await program.tap(owen, menu, label)
        assert "no longer followed" in text_of(menu) or "No feeds are followed yet" in text_of(menu)
