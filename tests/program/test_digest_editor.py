"""A channel's admin makes a digest by taps alone; every screen says what it is about and what comes next."""

from datetime import UTC, datetime, time, timedelta

from bot.model import CatchUp, Mode, Order, Subscription
from bot.sandbox.nouns import Message
from bot.store import subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def edited(program: Program) -> Message:
    """The editor of a new digest of the channel, in Chiara's private chat."""
    await connect(program)
    chiara = program.scene.chiara
    listed = await program.ask(chiara, "/channels")
    await program.tap(chiara, listed, "Settings")
    await program.tap(chiara, listed, "New digest")
    return listed


async def digest(program: Program) -> Subscription:
    one = (await subscriptions.of_chat(program.app.db, program.scene.channel.id))[-1]
    assert one.mode is Mode.DIGEST
    return one


async def taps(program: Program, screen: Message, *labels: str) -> None:
    for label in labels:
        await program.tap(program.scene.chiara, screen, label)


async def replied(program: Program, screen: Message, label: str, text: str) -> Message:
    """The bot's answer to a text that it asked for."""
    chiara = program.scene.chiara
    await program.tap(chiara, screen, label)
    question = program.from_bot(chiara.id)[-1]
    assert "Harbour News" in (question.text or "")
    return await program.ask(chiara, text, reply_to=question.id)


async def test_a_new_digest_says_when_it_goes_out_the_next_three_times(program: Program) -> None:
    screen = await edited(program)
    text = screen.text or ""
    assert "Settings of Harbour News" in text
    assert "09:00" in text
    assert [line[2:] for line in text.splitlines() if "2026," in line] == [
        f"{day} 2026, 09:00 UTC".replace("  ", " ") for day in ("Tue, Mar 3,", "Wed, Mar 4,", "Thu, Mar 5,")
    ]


async def test_times_days_and_zone_are_set_by_taps(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Times", "18:00", "18:30", "✕ 09:00", "‹ Back", "Days", "✓ Sat", "✓ Sun", "‹ Back")
    assert "18:30" in (screen.text or "")
    found = await replied(program, await zone_screen(program, screen), "Search by city", "تهران")
    await program.tap(program.scene.chiara, found, "Tehran, where it is 15:30")
    one = await digest(program)
    assert one.schedule.times == (time(18, 30),)
    assert one.schedule.weekdays == frozenset(range(5))
    assert one.schedule.timezone == "Asia/Tehran"
    assert one.next_run_at is not None
    assert one.next_run_at.isoformat() == "2026-03-02T15:00:00+00:00"  # this Monday, 18:30 in Tehran


async def zone_screen(program: Program, screen: Message) -> Message:
    await program.tap(program.scene.chiara, screen, "Zone")
    return screen


async def test_the_last_time_and_the_last_day_stay(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Times", "✕ 09:00")
    assert (await digest(program)).schedule.times == (time(9),)
    await taps(program, screen, "‹ Back", "Days", *(f"✓ {day}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat")))
    await taps(program, screen, "✓ Sun")
    assert (await digest(program)).schedule.weekdays == frozenset({6})


async def test_a_seventh_time_is_not_offered(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Times")
    for hour in (10, 11, 12, 13, 14):
        await taps(program, screen, f"{hour}:00", f"{hour}:00")
    assert "as many times a day" in (screen.text or "")
    assert [label for label in program.labels(screen) if not label.startswith("✕")] == ["‹ Back"]


async def test_content_and_the_rest_are_set_by_taps(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Content", "Most read", "Grouped by tag", "‹ Back", "More", "Silent", "Pinned")
    await taps(program, screen, "leave it out")
    one = await digest(program)
    chosen = one.selection
    assert (chosen.order, chosen.by_tag, chosen.pin, one.silent) == (Order.MOST_READ, True, True, True)
    assert chosen.catch_up is CatchUp.SKIP
    await taps(program, screen, "Pause 7 days")
    assert "Paused until" in (screen.text or "")
    await taps(program, screen, "Resume")
    assert not (await digest(program)).paused


async def test_name_and_texts_are_taken_from_replies_and_cleared(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Texts")
    shown = await replied(program, screen, "Name", "  Morning\npaper ")
    assert "Morning paper" in (shown.text or "")
    await replied(program, screen, "Text above", "Good morning!")
    one = await digest(program)
    assert (one.name, one.selection.header) == ("Morning paper", "Good morning!")
    await taps(program, screen, "Text above")
    await taps(program, program.from_bot(program.scene.chiara.id)[-1], "Without")
    assert (await digest(program)).selection.header == ""


async def test_who_is_no_admin_any_more_changes_nothing_by_a_reply_either(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Texts", "Name")
    question = program.from_bot(program.scene.chiara.id)[-1]
    program.scene.channel.members[program.scene.chiara.id].status = "member"
    answer = await program.ask(program.scene.chiara, "Mine", reply_to=question.id)
    assert "admin" in (answer.text or "")
    assert (await digest(program)).name == ""


async def test_a_city_that_nobody_knows_is_told(program: Program) -> None:
    screen = await edited(program)
    found = await replied(program, await zone_screen(program, screen), "Search by city", "Qqqqqq")
    assert "I know no city or country like “Qqqqqq”" in (found.text or "")


async def test_a_preview_comes_to_whoever_taps_and_changes_nothing(program: Program) -> None:
    screen = await edited(program)
    chiara = program.scene.chiara
    await taps(program, screen, "Preview to me")
    assert program.shown(chiara.id)[-1] == "Nothing is new for this digest."
    [instant, _] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, instant.id)
    await program.publish("First")
    await program.run_jobs()
    await taps(program, screen, "Preview to me")
    assert "First" in program.shown(chiara.id)[-1]
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []


async def test_send_now_asks_and_sends_once_however_often_it_is_tapped(program: Program) -> None:
    screen = await edited(program)
    [instant, _] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, instant.id)
    await program.publish("First")
    await program.run_jobs()
    await taps(program, screen, "Send now")
    assert "with 1 article?" in (screen.text or "")
    yes = program.button(screen, "Yes")["callback_data"]
    for said in ("on its way", "nothing was sent"):
        await program.tap_data(program.scene.chiara, screen, yes)
        assert said in (screen.text or "")
    await program.run_jobs()
    [post] = posts(program, program.scene.channel)
    assert "First" in post
    program.clock.move(days=1)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_send_now_in_quiet_hours_says_that_it_waits_and_goes_when_they_end(program: Program) -> None:
    screen = await edited(program)
    [instant, _] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, instant.id)
    await taps(program, screen, "Limits", "Quiet hours", "22:00", "07:00", "‹ Back")
    assert "Nothing is sent from 22:00 to 07:00" in (screen.text or "")
    program.clock.now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    await program.publish("First")
    await program.run_jobs()
    await taps(program, screen, "Send now", "Yes")
    assert "Now it waits; it goes on in" in (screen.text or "")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    program.clock.now += timedelta(hours=9)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_paused_digest_goes_on_by_itself_at_its_next_time(program: Program) -> None:
    screen = await edited(program)
    [instant, _] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, instant.id)
    await taps(program, screen, "More", "Pause 1 day")
    await program.publish("First")
    program.clock.move(hours=23)  # past Tuesday's nine o'clock
    await program.run_jobs()
    program.clock.move(hours=2)
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    assert not (await digest(program)).paused
    program.clock.move(hours=20)  # Wednesday, nine o'clock
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_choosing_instant_or_daily_leaves_a_digest_that_was_made_as_it_is(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Times", "18:00", "18:30", "✕ 09:00")
    made = await digest(program)
    [card] = [m for m in program.from_bot(program.scene.chiara.id) if "Change" in program.labels(m)]
    for label, modes in (("Daily", ["digest"]), ("Instant", ["digest", "instant"])):
        await taps(program, card, "Change", label)
        held = await subscriptions.of_chat(program.app.db, made.chat_id)
        assert made in held
        assert sorted(one.mode for one in held) == modes


async def test_daily_gives_way_to_instant_while_nobody_has_changed_it(program: Program) -> None:
    card = await connect(program, "Daily")
    await taps(program, card, "Change", "Instant")
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    assert one.mode is Mode.INSTANT


async def test_a_channel_with_a_digest_alone_can_be_given_instant_from_its_settings(program: Program) -> None:
    await connect(program, "Daily")
    listed = await program.ask(program.scene.chiara, "/channels")
    await taps(program, listed, "Settings", "Get new articles", "Instant")
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    assert one.mode is Mode.INSTANT


async def test_a_text_that_is_too_long_is_told_and_not_cut(program: Program) -> None:
    screen = await edited(program)
    await taps(program, screen, "Texts")
    told = await replied(program, screen, "Name", "x" * 41)
    assert "41 characters, and 40 is the most" in (told.text or "")
    assert (await digest(program)).name == ""
    await program.ask(program.scene.chiara, "x" * 40, reply_to=told.id)
    assert (await digest(program)).name == "x" * 40


async def test_in_a_forum_a_new_digest_goes_to_the_topic_where_it_was_asked_for(program: Program) -> None:
    scene = program.scene
    program.telegram.people.add_bot(scene.chiara, scene.forum.id, scene.bot)
    await program.idle()
    topic = scene.topics[0]
    shown = await program.ask(scene.chiara, "/settings", scene.forum, topic=topic)
    await program.tap(scene.chiara, shown, "New digest")
    [one] = await subscriptions.of_chat(program.app.db, scene.forum.id)
    assert one.topic_id == topic


async def test_a_digest_holds_what_passes_its_filter_and_says_so(program: Program) -> None:
    screen = await edited(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    [instant] = [one for one in await subscriptions.of_chat(program.app.db, channel.id) if one.mode is Mode.INSTANT]
    await subscriptions.remove(program.app.db, instant.id)
    await taps(program, screen, "Filter", "Tags")
    screen = await program.ask(chiara, "tea", reply_to=screen.id)
    await taps(program, screen, "‹ Back", "‹ Back")
    assert "• tagged #tea" in (screen.text or "")
    await program.publish("Green leaves", tags=("Tea",))
    await program.publish("Black beans", tags=("Coffee",))
    program.clock.move(days=1)
    await program.run_jobs()
    [sent] = posts(program, channel)
    assert "Green leaves" in sent
    assert "Black beans" not in sent


async def test_a_preview_tapped_in_a_group_says_who_has_to_start_the_bot_for_it(program: Program) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    screen = await program.ask(chiara, "/settings", group)
    for label in ("New digest", "Preview to me"):
        await program.tap(chiara, screen, label)
    assert "may not write to you yet" in (program.from_bot(group.id)[-1].text or "")
    await program.start(chiara)
    await program.tap(chiara, screen, "Preview to me")
    assert program.shown(chiara.id)[-1] == "Nothing is new for this digest."
