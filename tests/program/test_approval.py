"""A digest comes to the channel's admins ahead of its time; whatever they do, or dies meanwhile, it goes out once."""

from dataclasses import replace
from datetime import time

import pytest

from bot.model import ProposalState, Restraint
from bot.sandbox.nouns import Message, Person
from bot.store import chats, digests, proposals, subscriptions
from tests.program.harness import Program
from tests.program.test_digest_editor import digest, edited, taps
from tests.program.test_pushing import posts

TITLES = ("First", "Second", "Third")


async def wished(program: Program, *labels: str, minutes: int = 60) -> Message:
    """The editor of a daily digest at nine, alone in the channel, that asks its admins first: Chiara, who connected the
    channel, and Rosa, who looks after it, too. Three articles wait for it. It is Monday noon."""
    screen = await edited(program)
    [instant, _] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, instant.id)
    await program.start(program.scene.rosa)
    await make_admin(program, program.scene.rosa)
    await taps(program, screen, "Ask me first", f"{minutes} minutes", *labels)
    for title in TITLES:
        await program.publish(title)
    await program.run_jobs()
    return screen


async def make_admin(program: Program, person: Person) -> None:
    scene = program.scene
    program.telegram.people.promote(scene.chiara, scene.channel.id, person)
    await program.idle()
    await chats.link_admin(program.app.db, scene.channel.id, person.id)


async def at(program: Program, **ahead: float) -> None:
    """Some time later, everything that is due by then done."""
    program.clock.move(**ahead)
    await program.run_jobs()


async def asked(program: Program, *labels: str) -> Message:
    """Chiara's question, at eight on Tuesday."""
    await wished(program, *labels)
    await at(program, hours=20)
    return question(program, program.scene.chiara)


def question(program: Program, person: Person) -> Message:
    """The last one that the person was asked."""
    return [m for m in program.from_bot(person.id) if "for Harbour News" in (m.text or "")][-1]


def questions(program: Program, person: Person) -> list[Message]:
    return [m for m in program.from_bot(person.id) if "Approve" in program.labels(m)]


def listed(message: Message) -> list[str]:
    """The titles that a question lists, in their order."""
    lines = (message.text or "").splitlines()
    return [line.split(". ", 1)[1] for line in lines if line[:1].isdigit() and ". " in line]


def held(post: str) -> list[str]:
    """The titles that a posted digest holds, in their order."""
    return [line[2:] for line in post.splitlines() if line.startswith("• ")]


async def tap(program: Program, person: Person, message: Message, *labels: str) -> None:
    for label in labels:
        await program.tap(person, message, label)


async def test_the_wish_is_set_by_taps_and_stands_in_the_editor(program: Program) -> None:
    screen = await wished(program, "It waits until", minutes=30)
    one = await digest(program)
    assert (one.selection.approve_minutes, one.selection.must_approve) == (30, True)
    await taps(program, screen, "‹ Back")
    assert "Its admins are asked 30 minutes before" in (screen.text or "")
    await taps(program, screen, "Ask me first", "Do not ask")
    assert (await digest(program)).selection.approve_minutes == 0
    assert not any("It waits" in label for label in program.labels(screen))


async def test_every_admin_who_looks_after_the_channel_is_asked_at_the_time_chosen(program: Program) -> None:
    await wished(program)
    await at(program, hours=19, minutes=59)
    assert questions(program, program.scene.chiara) == []
    await at(program, minutes=1)
    for person in (program.scene.chiara, program.scene.rosa):
        [message] = questions(program, person)
        assert (message.text or "").splitlines()[0] == "Digest for Harbour News"
        assert "It goes out on Tue, Mar 3, 2026, 09:00 UTC, unless somebody skips it." in (message.text or "")
        assert listed(message) == ["Third", "Second", "First"]
    await at(program, minutes=10)
    assert len(questions(program, program.scene.chiara)) == 1
    assert posts(program, program.scene.channel) == []


async def test_it_goes_out_by_itself_at_its_time_and_the_questions_say_so(program: Program) -> None:
    message = await asked(program)
    await at(program, minutes=59)
    assert posts(program, program.scene.channel) == []
    await at(program, minutes=1)
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["Third", "Second", "First"]
    await program.run_jobs()
    assert "it has gone out" in (message.text or "")
    assert program.labels(message) == []
    await at(program, days=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_question_says_that_quiet_hours_hold_the_digest_and_not_that_it_is_out(program: Program) -> None:
    await wished(program)
    night = Restraint(quiet_from=time(22), quiet_until=time(10))
    await subscriptions.change(program.app.db, (await digest(program)).id, lambda one: replace(one, restraint=night))
    await at(program, hours=20)
    message = question(program, program.scene.chiara)
    assert "Nothing is sent from 22:00 to 10:00 (UTC)." in (message.text or "")
    await at(program, hours=1)
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    assert "It goes out as soon as its quiet hours and limits allow." in (message.text or "")
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_articles_are_moved_struck_out_and_added_and_it_goes_out_as_it_was_put_in_order(program: Program) -> None:
    chiara = program.scene.chiara
    message = await asked(program)
    await tap(program, chiara, message, "1", "↓ Down", "↓ Down")
    assert listed(message) == ["Second", "First", "▸ Third"]
    await tap(program, chiara, message, "↑ Up", "1", "Strike out")
    assert listed(message) == ["Third", "First"]
    await program.publish("Late")
    await program.run_jobs()
    assert listed(message) == ["Third", "First"]
    await tap(program, chiara, message, "Add an article")
    assert listed(message) == ["Late", "Second"]
    await tap(program, chiara, message, "1", "↑ Up")
    assert listed(message) == ["Third", "▸ Late", "First"]
    await tap(program, chiara, message, "Approve")
    assert "Chiara has approved it. It goes out on Tue, Mar 3, 2026, 09:00 UTC." in (message.text or "")
    assert program.labels(message) == []
    assert posts(program, program.scene.channel) == []
    await at(program, hours=1)
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["Third", "Late", "First"]
    await program.publish("Next")
    await at(program, days=1)
    assert held(posts(program, program.scene.channel)[1]) == ["Next"]


async def test_what_was_struck_out_comes_in_no_digest_unless_it_is_put_back(program: Program) -> None:
    chiara = program.scene.chiara
    message = await asked(program)
    await tap(program, chiara, message, "1", "Strike out", "1", "Strike out", "Skip")
    await at(program, days=1)
    again = question(program, chiara)
    assert listed(again) == ["First"]
    await tap(program, chiara, again, "Add an article", "1")
    await at(program, hours=1)
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["First", "Third"]


async def test_the_editor_shows_the_time_that_is_asked_about_until_it_is_skipped(program: Program) -> None:
    screen = await wished(program)
    await at(program, hours=20)
    await taps(program, screen, "‹ Back")
    assert "The next three times:\n• Tue, Mar 3" in (screen.text or "")
    await tap(program, program.scene.rosa, question(program, program.scene.rosa), "Skip")
    await taps(program, screen, "Ask me first")
    assert "The next three times:\n• Wed, Mar 4" in (screen.text or "")


async def test_what_was_skipped_may_come_in_the_next_one(program: Program) -> None:
    message = await asked(program)
    await tap(program, program.scene.chiara, message, "Skip")
    assert "Chiara has skipped it" in (message.text or "")
    await at(program, hours=5)
    assert posts(program, program.scene.channel) == []
    assert len(questions(program, program.scene.chiara)) == 0
    await at(program, hours=19)
    [again] = questions(program, program.scene.chiara)
    assert listed(again) == ["Third", "Second", "First"]
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


@pytest.mark.parametrize(("first", "second"), [("Approve", "Skip"), ("Skip", "Approve"), ("Approve", "Approve")])
async def test_of_two_admins_the_first_decides_and_the_other_is_told(program: Program, first: str, second: str) -> None:
    chiara, rosa = program.scene.chiara, program.scene.rosa
    hers = await asked(program)
    other = question(program, rosa)
    late = program.button(other, second)["callback_data"]
    await tap(program, chiara, hers, first)
    await program.tap_data(rosa, other, late)
    done = "approved" if first == "Approve" else "skipped"
    assert f"Chiara has {done} it" in (other.text or "")
    assert program.labels(other) == []
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == (1 if first == "Approve" else 0)


async def test_what_one_admin_changes_the_other_sees_and_who_decided_too(program: Program) -> None:
    hers = await asked(program)
    other = question(program, program.scene.rosa)
    await tap(program, program.scene.chiara, hers, "1", "Strike out")
    await program.run_jobs()
    assert listed(other) == ["Second", "First"]
    await tap(program, program.scene.rosa, other, "Approve")
    await program.run_jobs()
    assert "Rosa has approved it" in (hers.text or "")
    assert program.labels(hers) == []


async def test_who_blocked_the_bot_or_never_started_it_stops_nothing_and_is_asked_when_they_can_be(
    program: Program,
) -> None:
    scene = program.scene
    await wished(program)
    await make_admin(program, scene.owen)
    program.telegram.people.block(scene.chiara, scene.bot)
    await program.idle()
    await at(program, hours=20)
    assert len(questions(program, scene.rosa)) == 1
    assert questions(program, scene.chiara) == questions(program, scene.owen) == []
    await program.start(scene.owen)
    await program.run_jobs()
    assert len(questions(program, scene.owen)) == 1
    await at(program, hours=1)
    assert len(posts(program, scene.channel)) == 1


async def test_who_is_no_admin_any_more_is_not_asked_and_cannot_decide(program: Program) -> None:
    scene = program.scene
    await wished(program)
    scene.channel.members[scene.rosa.id].status = "member"
    await at(program, hours=20)
    assert questions(program, scene.rosa) == []
    message = question(program, scene.chiara)
    scene.channel.members[scene.chiara.id].status = "member"
    for label in ("Approve", "Skip", "1", "Add an article"):
        answer = await program.tap(scene.chiara, message, label)
        assert "admin" in (answer.text or "")
    one = await digest(program)
    proposal = await proposals.open_of(program.app.db, one.id)
    assert proposal is not None
    assert proposal.state is ProposalState.ASKED
    assert listed(message) == ["Third", "Second", "First"]


async def test_who_is_no_admin_any_more_sees_nothing_of_what_the_others_change(program: Program) -> None:
    hers = await asked(program)
    other = question(program, program.scene.rosa)
    program.scene.channel.members[program.scene.rosa.id].status = "member"
    await tap(program, program.scene.chiara, hers, "1", "Strike out", "Approve")
    await program.run_jobs()
    assert listed(other) == ["Third", "Second", "First"]
    await program.tap(program.scene.rosa, other, "Skip")
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_reader_reads_of_themselves_and_of_no_admins(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    screen = await program.ask(rosa, "/settings")
    await tap(program, rosa, screen, "New digest", "Ask me first", "30 minutes")
    assert "Shall the digest come to you first?" in (screen.text or "")
    await tap(program, rosa, screen, "‹ Back")
    assert "You are asked 30 minutes before" in (screen.text or "")


async def test_a_reader_is_asked_about_a_digest_of_their_own(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    await program.tap(rosa, await program.ask(rosa, "/subscribe"), "Daily")
    screen = await program.ask(rosa, "/settings")
    await tap(program, rosa, screen, "Digest", "Ask me first", "15 minutes", "It waits until")
    await program.publish("First")
    await at(program, hours=20, minutes=45)
    message = questions(program, rosa)[0]
    assert (message.text or "").splitlines()[0] == "Digest"
    await tap(program, rosa, message, "Approve")
    await at(program, minutes=15)
    assert [held(text) for text in program.shown(rosa.id) if "1 new article" in text] == [["First"]]


async def test_forged_and_moved_buttons_are_refused(program: Program) -> None:
    hers = await asked(program)
    other = question(program, program.scene.rosa)
    good = program.button(hers, "Skip")["callback_data"]
    for data in (good[:-1] + "1", good[:1] + "AAAAAA" + good[7:], good.replace("Pd", "Pa")):
        answer = await program.tap_data(program.scene.chiara, hers, data)
        assert "expired" in (answer.text or "")
    answer = await program.tap_data(program.scene.rosa, other, good)
    assert "expired" in (answer.text or "")
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1


async def test_a_button_of_long_ago_is_told_to_have_expired(program: Program) -> None:
    message = await asked(program)
    skip = program.button(message, "Skip")["callback_data"]
    await tap(program, program.scene.chiara, message, "Skip")
    await taps(program, await program.ask(program.scene.chiara, "/channels"), "Settings", "Digest", "Ask me first")
    await at(program, days=100)
    await program.tap_data(program.scene.chiara, message, skip)
    assert "expired" in (message.text or "")


async def test_a_digest_that_is_removed_takes_its_question_along(program: Program) -> None:
    message = await asked(program)
    approve = program.button(message, "Approve")["callback_data"]
    await subscriptions.remove(program.app.db, (await digest(program)).id)
    await program.run_jobs()
    assert message.text == "This digest has been removed, so it does not go out."
    answer = await program.tap_data(program.scene.chiara, message, approve)
    assert "expired" in (answer.text or "")
    await at(program, hours=2)
    assert posts(program, program.scene.channel) == []


async def test_a_withdrawn_article_vanishes_from_the_question_and_from_the_digest(program: Program) -> None:
    await program.make_maintainer(program.scene.owen)
    await program.start(program.scene.owen)
    message = await asked(program)
    proposal = await proposals.open_of(program.app.db, (await digest(program)).id)
    assert proposal is not None
    held_ids = (await digests.get(program.app.db, proposal.run_id)).article_ids
    confirm = await program.ask(program.scene.owen, f"/delete {held_ids[1]}")
    await tap(program, program.scene.owen, confirm, "Yes")
    await program.run_jobs()
    assert listed(message) == ["Third", "First"]
    await at(program, hours=1)
    [post] = posts(program, program.scene.channel)
    assert held(post) == ["Third", "First"]


async def test_when_all_is_struck_out_nothing_goes_out(program: Program) -> None:
    message = await asked(program)
    for _ in TITLES:
        await tap(program, program.scene.chiara, message, "1", "Strike out")
    assert "Nothing is in it." in (message.text or "")
    await at(program, hours=1)
    assert posts(program, program.scene.channel) == []
    await program.run_jobs()
    assert "Nothing was left in it" in (message.text or "")


async def test_what_another_digest_of_the_channel_brought_meanwhile_is_in_it_no_more(program: Program) -> None:
    message = await asked(program)
    listing = await program.ask(program.scene.chiara, "/channels")
    await taps(program, listing, "Settings", "New digest")
    await program.app.db.execute("UPDATE subscription SET started_seq = 0")
    await taps(program, listing, "Send now", "Yes")
    await program.run_jobs()
    [sooner] = posts(program, program.scene.channel)
    assert held(sooner) == ["Third", "Second", "First"]
    await at(program, hours=1)
    assert len(posts(program, program.scene.channel)) == 1
    await program.run_jobs()
    assert "Nothing was left in it" in (message.text or "")


async def test_sending_now_leaves_what_is_asked_about_alone_and_preview_shows_it(program: Program) -> None:
    message = await asked(program)
    await program.publish("Added")
    await program.run_jobs()
    await tap(program, program.scene.chiara, message, "Add an article", "1")
    screen = await program.ask(program.scene.chiara, "/channels")
    await taps(program, screen, "Settings", "Digest")
    assert "What I ask about" in program.labels(screen)
    await taps(program, screen, "Preview to me")
    assert held(program.shown(program.scene.chiara.id)[-1]) == ["Third", "Second", "First", "Added"]
    await taps(program, screen, "Send now")
    assert "nothing to send" in (screen.text or "")


async def test_what_was_sent_now_meanwhile_keeps_nothing_back_that_is_skipped_then(program: Program) -> None:
    message = await asked(program)
    await program.publish("Fourth")
    await program.run_jobs()
    screen = await program.ask(program.scene.chiara, "/channels")
    await taps(program, screen, "Settings", "Digest", "Send now", "Yes")
    await program.run_jobs()
    [sooner] = posts(program, program.scene.channel)
    assert held(sooner) == ["Fourth"]
    await tap(program, program.scene.chiara, message, "Skip")
    await at(program, days=1)
    assert listed(question(program, program.scene.chiara)) == ["Third", "Second", "First"]


async def test_from_the_editor_an_admin_who_was_not_asked_gets_there_too(program: Program) -> None:
    await asked(program, "It waits until")
    screen = await program.ask(program.scene.chiara, "/channels")
    await taps(program, screen, "Settings", "Digest", "What I ask about")
    assert listed(screen) == ["Third", "Second", "First"]
    await tap(program, program.scene.rosa, question(program, program.scene.rosa), "Approve")
    await program.run_jobs()
    assert "Rosa has approved it" in (screen.text or "")


async def test_a_long_digest_is_paged(program: Program) -> None:
    await wished(program)
    for number in range(9):
        await program.publish(f"More {number}")
    await at(program, hours=20)
    message = question(program, program.scene.chiara)
    assert len(listed(message)) == 10
    await tap(program, program.scene.chiara, message, "Next")
    assert listed(message) == ["Second", "First"]
    await tap(program, program.scene.chiara, message, "11", "↑ Up")
    assert listed(message)[-1] == "▸ Second"
    assert len(listed(message)) == 10
