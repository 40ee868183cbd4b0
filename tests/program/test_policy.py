"""telegram.channels: whose channels and groups are served, and how much each may have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import Barred
from bot.model import Filter, Mode, Role
from bot.sandbox.nouns import Message, Person
from bot.store import rights, subscriptions
from tests.program.harness import Program


@asynccontextmanager
async def serving(tmp_path: Path, channels: str) -> AsyncIterator[Program]:
    """The program under this policy; Owen owns it, and Chiara, a stranger, has started it."""
    async with Program(tmp_path, channels=channels) as program:  # type: ignore[arg-type]
        await program.make_maintainer(program.scene.owen)
        for person in (program.scene.owen, program.scene.chiara):
            await program.start(person)
        yield program


async def added(program: Program) -> str:
    """What Chiara is told when she has added the bot to her channel."""
    scene = program.scene
    program.telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    await program.idle()
    await program.run_jobs()
    return last(program, scene.chiara).text or ""


def last(program: Program, person: Person) -> Message:
    return program.from_bot(person.id)[-1]


async def test_a_strangers_channel_gets_its_card_when_a_maintainer_has_approved_it(tmp_path: Path) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, owen, channel = program.scene.chiara, program.scene.owen, program.scene.channel
        assert "They have been asked about Harbour News" in await added(program)
        question = last(program, owen)
        assert "Chiara wants articles from this bot in the channel Harbour News" in (question.text or "")
        await program.tap(owen, question, "Approve")
        assert "Harbour News is approved" in (question.text or "")
        await program.run_jobs()
        card = last(program, chiara)
        assert "I am connected to Harbour News" in (card.text or "")
        await program.tap(chiara, card, "Instant")
        assert len(await subscriptions.of_chat(program.app.db, channel.id)) == 1
        assert program.from_bot(channel.id) == []


async def test_nothing_is_set_up_while_the_maintainers_have_not_decided(tmp_path: Path) -> None:
    """Not by the card of another way in, either: it is asked when the subscription is made."""
    async with serving(tmp_path, "approved") as program:
        chiara = program.scene.chiara
        await added(program)
        listed = await program.ask(chiara, "/channels")
        await program.tap(chiara, listed, "Set up")
        await program.tap(chiara, listed, "Instant")
        assert "They have been asked" in (last(program, chiara).text or "")
        assert await program.app.db.read("SELECT id FROM subscription") == []
        await program.run_jobs()
        asked = [m for m in program.from_bot(program.scene.owen.id) if "wants articles" in (m.text or "")]
        assert len(asked) == 1


async def test_the_first_maintainers_answer_holds_and_the_other_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path, "approved") as program:
        owen, rosa, chiara = program.scene.owen, program.scene.rosa, program.scene.chiara
        await program.make_maintainer(rosa, Role.EDITOR)
        await program.start(rosa)
        await added(program)
        to_owen, to_rosa = last(program, owen), last(program, rosa)
        await program.tap(owen, to_owen, "Refuse")
        await program.tap(rosa, to_rosa, "Approve")
        assert "Somebody has decided before you" in (to_rosa.text or "")
        assert "Harbour News is refused" in (to_rosa.text or "")
        await program.run_jobs()
        assert "does not want it to serve Harbour News" in (last(program, chiara).text or "")
        await program.tap(rosa, to_rosa, "Approve it after all")
        await program.run_jobs()
        assert "I am connected to Harbour News" in (last(program, chiara).text or "")


async def test_only_maintainers_decide(tmp_path: Path) -> None:
    async with serving(tmp_path, "approved") as program:
        await added(program)
        owen = program.scene.owen
        question = last(program, owen)
        await program.app.db.execute("DELETE FROM maintainer WHERE person_id = :id", {"id": owen.id})
        answer = await program.tap(owen, question, "Approve")
        assert "maintainers" in (answer.text or "")
        forged = program.button(question, "Approve")["callback_data"]
        elsewhere = last(program, program.scene.chiara)
        assert "expired" in ((await program.tap_data(program.scene.chiara, elsewhere, forged)).text or "")
        rows = await program.app.db.read("SELECT approval FROM chat WHERE id = :id", {"id": program.scene.channel.id})
        assert [row["approval"] for row in rows] == ["asked"]


async def test_a_strangers_group_is_asked_about_when_its_admin_subscribes(tmp_path: Path) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, owen, group = program.scene.chiara, program.scene.owen, program.scene.group
        program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
        await program.idle()
        menu = await program.ask(chiara, "/subscribe", group)
        await program.tap(chiara, menu, "Instant")
        assert "They have been asked about Harbour Talk" in (program.from_bot(group.id)[-1].text or "")
        await program.run_jobs()
        await program.tap(owen, last(program, owen), "Approve")
        await program.tap(chiara, menu, "Instant")
        assert len(await subscriptions.of_chat(program.app.db, group.id)) == 1


async def test_where_an_anonymous_admin_asks_for_a_group_nobody_is_named_and_its_own_person_is_told(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, owen, group = program.scene.chiara, program.scene.owen, program.scene.group
        program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
        await program.idle()
        group.members[chiara.id].anonymous = True
        await program.ask(chiara, "/subscribe tea", group)
        await program.run_jobs()
        assert "Somebody wants articles from this bot in the group Harbour Talk" in (last(program, owen).text or "")
        await program.tap(owen, last(program, owen), "Approve")
        await program.run_jobs()
        assert "I am connected to Harbour Talk" in (last(program, chiara).text or "")


async def test_where_nobody_is_known_to_have_connected_a_group_another_admin_is_told_what_was_decided(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, owen, group = program.scene.chiara, program.scene.owen, program.scene.group
        program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
        await program.idle()
        await program.app.db.execute("UPDATE chat SET connected_by = NULL WHERE id = :id", {"id": group.id})
        group.members[chiara.id].anonymous = True
        await program.ask(chiara, "/subscribe tea", group)
        await program.run_jobs()
        await program.tap(owen, last(program, owen), "Approve")
        await program.run_jobs()
        assert "I am connected to Harbour Talk" in (last(program, chiara).text or "")


async def test_only_maintainers_channels_are_served_where_that_is_the_policy(tmp_path: Path) -> None:
    async with serving(tmp_path, "maintainers") as program:
        scene = program.scene
        assert "serves only the channels and groups of those who run it" in await added(program)
        assert "/channels" not in (last(program, scene.owen).text or "")
        listed = await program.ask(scene.chiara, "/channels")
        await program.tap(scene.chiara, listed, "Set up")
        await program.tap(scene.chiara, listed, "Instant")
        assert await program.app.db.read("SELECT id FROM subscription") == []
        assert program.from_bot(scene.channel.id) == []
        own = program.telegram.add_channel(scene.owen, "Owen's own")
        program.telegram.people.add_bot(scene.owen, own.id, scene.bot)
        await program.idle()
        await program.run_jobs()
        await program.tap(scene.owen, last(program, scene.owen), "Instant")
        assert len(await subscriptions.of_chat(program.app.db, own.id)) == 1


@pytest.mark.parametrize("channels", ["approved", "maintainers"])
async def test_people_read_and_subscribe_in_private_under_every_policy(tmp_path: Path, channels: str) -> None:
    async with serving(tmp_path, channels) as program:
        rosa = program.scene.rosa
        await program.start(rosa)
        await program.tap(rosa, await program.ask(rosa, "/subscribe"), "Instant")
        assert len(await subscriptions.of_chat(program.app.db, rosa.id)) == 1


async def test_what_there_is_stays_when_the_policy_changes(tmp_path: Path) -> None:
    async with serving(tmp_path, "anyone") as program:
        await added(program)
        await program.tap(program.scene.chiara, last(program, program.scene.chiara), "Instant")
        await program.stop_bot()
        program.channels = "maintainers"
        await program.start_bot()
        await program.publish("Still served")
        await program.run_jobs()
        assert "Still served" in (program.from_bot(program.scene.channel.id)[-1].text or "")
        with pytest.raises(Barred):
            await subscriptions.add(program.app.db, program.scene.channel.id, 0, Mode.DIGEST, created_by=1)


async def test_a_chat_has_ten_subscriptions_and_is_told_in_a_sentence(tmp_path: Path) -> None:
    async with serving(tmp_path, "anyone") as program:
        chiara, channel = program.scene.chiara, program.scene.channel
        await added(program)
        card = last(program, chiara)
        for number in range(10):
            only = Filter(tags=(f"tag{number}",))
            await subscriptions.add(program.app.db, channel.id, 0, Mode.INSTANT, filter=only, created_by=chiara.id)
        await program.tap(chiara, card, "Daily")
        assert "Harbour News has 10 subscriptions, and may have no more" in (last(program, chiara).text or "")
        assert len(await subscriptions.of_chat(program.app.db, channel.id)) == 10


async def test_instant_gives_way_to_daily_where_a_chat_has_ten_subscriptions(tmp_path: Path) -> None:
    async with serving(tmp_path, "anyone") as program:
        chiara, channel = program.scene.chiara, program.scene.channel
        await added(program)
        card = last(program, chiara)
        daily = program.button(card, "Daily")["callback_data"]
        await program.tap(chiara, card, "Instant")
        for number in range(9):
            only = Filter(tags=(f"tag{number}",))
            await subscriptions.add(program.app.db, channel.id, 0, Mode.INSTANT, filter=only, created_by=chiara.id)
        await program.tap_data(chiara, card, daily)
        whole = [one for one in await subscriptions.of_chat(program.app.db, channel.id) if one.filter == Filter()]
        assert [one.mode for one in whole] == [Mode.DIGEST]
        assert "may have no more" not in " ".join(program.shown(chiara.id))


async def test_where_nobody_owns_the_bot_nobody_is_said_to_have_been_asked(tmp_path: Path) -> None:
    async with Program(tmp_path, channels="approved") as program:
        chiara, owen = program.scene.chiara, program.scene.owen
        await program.start(chiara)
        told = await added(program)
        assert "nobody has become its owner yet" in told
        assert "asked" not in told
        await program.make_maintainer(owen)
        await program.start(owen)
        listed = await program.ask(chiara, "/channels")
        await program.tap(chiara, listed, "Set up")
        await program.tap(chiara, listed, "Instant")
        assert "They have been asked" in (last(program, chiara).text or "")
        await program.run_jobs()
        assert "wants articles" in (last(program, owen).text or "")


async def test_a_person_looks_after_twenty_chats_and_a_maintainer_after_any_number(tmp_path: Path) -> None:
    async with serving(tmp_path, "anyone") as program:
        scene = program.scene
        for person, served in ((scene.chiara, 20), (scene.owen, 21)):
            made = [program.telegram.add_channel(person, f"Channel {n}") for n in range(21)]
            for channel in made:
                program.telegram.people.add_bot(person, channel.id, scene.bot)
            await program.idle()
            await program.run_jobs()
            cards = {m.text: m for m in program.from_bot(person.id) if "I am connected" in (m.text or "")}
            assert len(cards) == 21
            for card in cards.values():
                await program.tap(person, card, "Instant")
            held = await program.app.db.read("SELECT id FROM subscription WHERE created_by = :id", {"id": person.id})
            assert len(held) == served
        assert "no more than 20 channels" in " ".join(program.shown(scene.chiara.id))


@pytest.mark.parametrize(("decision", "approval"), [("Approve", "approved"), ("Refuse", "refused")])
async def test_a_group_that_becomes_a_supergroup_keeps_what_was_decided(
    tmp_path: Path, decision: str, approval: str
) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, owen = program.scene.chiara, program.scene.owen
        group = program.telegram.add_group(chiara, "Small", kind="group")
        program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
        await program.idle()
        await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
        await program.run_jobs()
        await program.tap(owen, last(program, owen), decision)
        upgraded = program.telegram.people.upgrade_group(group.id)
        await program.idle()
        assert await rights.approval_of(program.app.db, upgraded.id) == approval


async def test_a_question_about_a_group_that_has_another_id_since_is_asked_anew(tmp_path: Path) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, owen = program.scene.chiara, program.scene.owen
        group = program.telegram.add_group(chiara, "Small", kind="group")
        program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
        await program.idle()
        await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
        await program.run_jobs()
        stale = last(program, owen)
        upgraded = program.telegram.people.upgrade_group(group.id)
        await program.idle()
        await program.tap(owen, stale, "Approve")
        assert "no longer in that channel or group" in (stale.text or "")
        await program.tap(chiara, await program.ask(chiara, "/subscribe", upgraded), "Instant")
        await program.run_jobs()
        await program.tap(owen, last(program, owen), "Approve")
        assert await rights.approval_of(program.app.db, upgraded.id) == "approved"


async def test_a_question_that_nobody_has_seen_before_the_group_got_another_id_is_about_the_new_one(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "approved") as program:
        chiara, rosa = program.scene.chiara, program.scene.rosa
        await program.make_maintainer(rosa, Role.EDITOR)  # who has not started the bot
        group = program.telegram.add_group(chiara, "Small", kind="group")
        program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
        await program.idle()
        await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
        upgraded = program.telegram.people.upgrade_group(group.id)
        await program.idle()
        await program.start(rosa)
        await program.run_jobs()
        question = last(program, rosa)
        await program.tap(rosa, question, "Approve")
        assert "Small is approved" in (question.text or "")
        assert await rights.approval_of(program.app.db, upgraded.id) == "approved"
