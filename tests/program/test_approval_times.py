"""When a digest that its admins are asked about goes out, whatever is restarted, late or lost meanwhile: once."""

import pytest

from bot.model import DeliveryState
from bot.store import deliveries, subscriptions
from tests.program.harness import Program
from tests.program.test_approval import TITLES, asked, at, held, listed, question, questions, tap, wished
from tests.program.test_digest_editor import digest, edited, taps
from tests.program.test_pushing import posts


async def test_one_that_must_be_approved_waits_beyond_its_time_and_goes_when_it_is(program: Program) -> None:
    message = await asked(program, "It waits until")
    assert "or later, once somebody has approved it" in (message.text or "")
    await at(program, hours=9)
    assert posts(program, program.scene.channel) == []
    await tap(program, program.scene.chiara, message, "Approve")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1
    await program.run_jobs()
    assert "Chiara has approved it, and it has gone out." in (message.text or "")


async def test_one_that_is_approved_late_goes_out_whatever_is_chosen_for_a_bot_that_was_off(program: Program) -> None:
    screen = await wished(program, "It waits until")
    await taps(program, screen, "‹ Back", "More", "put its articles")
    await at(program, hours=20)
    await at(program, hours=9)
    await tap(program, program.scene.chiara, question(program, program.scene.chiara), "Approve")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_one_that_nobody_approved_gives_way_to_the_next_one(program: Program) -> None:
    message = await asked(program, "It waits until")
    late = program.button(message, "Approve")["callback_data"]
    await program.publish("Fourth")
    await at(program, days=1)
    assert "Nobody has approved it" in (message.text or "")
    again = question(program, program.scene.chiara)
    assert listed(again) == ["Fourth", "Third", "Second", "First"]
    await program.tap_data(program.scene.chiara, message, late)
    await at(program, hours=2)
    assert posts(program, program.scene.channel) == []
    await tap(program, program.scene.chiara, again, "Approve")
    await program.run_jobs()
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["Fourth", "Third", "Second", "First"]


async def test_one_that_waits_gives_way_when_nobody_is_to_be_asked_any_more(program: Program) -> None:
    message = await asked(program, "It waits until")
    screen = await program.ask(program.scene.chiara, "/channels")
    await taps(program, screen, "Settings", "Digest", "Ask me first", "Do not ask")
    await at(program, hours=20)
    assert posts(program, program.scene.channel) == []
    await at(program, hours=5)
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["Third", "Second", "First"]
    assert "Nobody has approved it" in (message.text or "")


async def test_approving_twice_and_at_the_very_moment_of_its_time_sends_one(program: Program) -> None:
    message = await asked(program)
    data = program.button(message, "Approve")["callback_data"]
    program.clock.move(hours=1)
    await program.tap_data(program.scene.chiara, message, data)
    await program.run_jobs()
    await program.tap_data(program.scene.chiara, message, data)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_approving_when_it_has_gone_out_already_tells_that(program: Program) -> None:
    message = await asked(program)
    data = program.button(message, "Approve")["callback_data"]
    program.clock.move(hours=1)
    await jobs(program, "digests")
    await program.tap_data(program.scene.chiara, message, data)
    assert "Its time came" in (message.text or "")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def jobs(program: Program, *names: str) -> None:
    """Those alone, and nothing of what they make due."""
    for job in program.app.jobs:
        if job.name in names:
            await job.run()


@pytest.mark.parametrize("is_shown", [True, False])
async def test_a_restart_between_asking_and_sending_sends_one(program: Program, is_shown: bool) -> None:
    await wished(program)
    program.clock.move(hours=20)
    await jobs(program, "digests", *(["notices"] if is_shown else []))
    await restart(program)
    await program.run_jobs()
    [message] = questions(program, program.scene.chiara)
    await tap(program, program.scene.chiara, message, "1", "Strike out", "Approve")
    await restart(program)
    await at(program, hours=1)
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["Second", "First"]
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_restart_when_the_digest_is_made_and_not_sent_sends_one(program: Program) -> None:
    await asked(program)
    program.clock.move(hours=1)
    await jobs(program, "digests")
    await restart(program)
    await program.run_jobs()
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_crash_between_claim_and_send_is_one_digest_in_the_end(program: Program) -> None:
    scene = program.scene
    await asked(program)
    program.telegram.people.post(scene.chiara, scene.channel.id, "Tells the last number before")
    await program.idle()
    program.clock.move(hours=1)
    await jobs(program, "digests")
    [claimed] = await deliveries.claim(program.app.db, program.clock(), 1)
    await restart(program)
    await program.run_jobs()
    assert not any(held(post) for post in posts(program, scene.channel))
    [row] = await deliveries.of_chat(program.app.db, scene.channel.id)
    assert (row.id, row.state) == (claimed.id, DeliveryState.UNCERTAIN)
    program.clock.move(minutes=2)
    program.telegram.people.post(scene.chiara, scene.channel.id, "Its number shows that the digest is not there")
    await program.idle()
    await program.run_jobs()
    sent = [post for post in posts(program, scene.channel) if held(post)]
    assert len(sent) == 1


async def restart(program: Program) -> None:
    await program.stop_bot()
    await program.start_bot()


@pytest.mark.parametrize(
    ("catch_up", "next_day"),
    [("send it late", []), ("put its articles", ["Fourth", *reversed(TITLES)]), ("leave it out", ["Fourth"])],
)
async def test_a_bot_that_was_off_over_the_whole_window_follows_the_catch_up(
    program: Program, catch_up: str, next_day: list[str]
) -> None:
    screen = await wished(program)
    await taps(program, screen, "‹ Back", "More", catch_up)
    await program.stop_bot()
    program.clock.move(hours=23)
    await program.start_bot()
    await program.run_jobs()
    late = [held(post) for post in posts(program, program.scene.channel)]
    assert late == ([["Third", "Second", "First"]] if catch_up == "send it late" else [])
    assert questions(program, program.scene.chiara) == []
    await program.publish("Fourth")
    await at(program, hours=22)
    assert [held(post) for post in posts(program, program.scene.channel)][len(late) :] == (
        [next_day] if next_day else [["Fourth"]]
    )


@pytest.mark.parametrize("is_approved", [True, False])
async def test_a_bot_that_was_off_at_the_time_of_one_that_was_asked_about_follows_the_catch_up(
    program: Program, is_approved: bool
) -> None:
    screen = await wished(program)
    await taps(program, screen, "‹ Back", "More", "put its articles")
    await at(program, hours=20)
    message = question(program, program.scene.chiara)
    if is_approved:
        await tap(program, program.scene.chiara, message, "Approve")
    await program.stop_bot()
    program.clock.move(hours=3)
    await program.start_bot()
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    assert "I was off or paused" in (message.text or "")
    await at(program, hours=21)
    assert listed(question(program, program.scene.chiara)) == ["Third", "Second", "First"]


async def test_one_that_must_be_approved_is_asked_about_late_when_the_bot_was_off(program: Program) -> None:
    await wished(program, "It waits until")
    await program.stop_bot()
    program.clock.move(hours=23)
    await program.start_bot()
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    message = question(program, program.scene.chiara)
    await tap(program, program.scene.chiara, message, "Approve")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_lost_answer_to_a_question_asks_once_more(program: Program) -> None:
    await wished(program)
    program.telegram.faults.add("lost_answer", method="sendMessage", chat_id=program.scene.chiara.id, count=1)
    await at(program, hours=20)
    await program.run_jobs()
    for message in questions(program, program.scene.chiara):
        await tap(program, program.scene.chiara, message, "Approve")
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_nothing_new_asks_nothing_and_what_comes_within_the_window_is_asked_about_then(program: Program) -> None:
    screen = await edited(program)
    [instant, _] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, instant.id)
    await taps(program, screen, "Ask me first", "60 minutes")
    await at(program, hours=20)
    assert questions(program, program.scene.chiara) == []
    await program.publish("Just in time")
    await at(program, minutes=30)
    assert listed(question(program, program.scene.chiara)) == ["Just in time"]


async def test_a_paused_digest_lets_what_was_asked_about_wait_and_takes_it_up_again(program: Program) -> None:
    await asked(program)
    one = await digest(program)
    await subscriptions.set_paused(program.app.db, one.id, True)
    await at(program, hours=1)
    assert posts(program, program.scene.channel) == []
    await subscriptions.set_paused(program.app.db, one.id, False)
    await at(program, minutes=5)
    assert len(posts(program, program.scene.channel)) == 1


async def test_two_times_nearer_than_the_question_are_asked_about_one_after_the_other(program: Program) -> None:
    screen = await wished(program)
    await taps(program, screen, "‹ Back", "Times", "10:00", "10:30", "11:00", "11:00", "✕ 09:00")
    await at(program, hours=21, minutes=30)
    await program.publish("Fourth")
    await at(program, minutes=40)
    assert len(questions(program, program.scene.chiara)) == 1
    await at(program, minutes=20)
    [post] = posts(program, program.scene.channel)
    assert "Fourth" not in post
    await program.run_jobs()
    [again] = questions(program, program.scene.chiara)
    assert listed(again) == ["Fourth"]
    await at(program, minutes=30)
    assert len(posts(program, program.scene.channel)) == 2
