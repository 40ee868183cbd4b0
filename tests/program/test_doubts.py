"""What may have arrived in a channel is asked of its admin, and only an admin's tap settles it."""

from bot.delivery.evidence import HOPE, QUIET
from bot.sandbox.nouns import Message
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def doubt(program: Program, *titles: str, fault: str = "lost_answer") -> None:
    for title in titles:
        program.telegram.faults.add(fault, method="sendMessage", chat_id=program.scene.channel.id, count=1)
        await program.publish(title)
        await program.run_jobs()


async def question(program: Program) -> Message:
    program.clock.now += HOPE
    await program.run_jobs()
    await program.run_jobs()
    return program.from_bot(program.scene.chiara.id)[-1]


def titles(program: Program) -> list[str]:
    return [text.split("\n")[0] for text in posts(program, program.scene.channel)]


async def states(program: Program) -> list[str]:
    return [row["state"] for row in await program.app.db.read("SELECT state FROM delivery ORDER BY id")]


async def test_it_arrived_settles_it(program: Program) -> None:
    await connect(program)
    await doubt(program, "There")
    asked = await question(program)
    assert "There" in (asked.text or "")
    await program.tap(program.scene.chiara, asked, "It arrived")
    await program.run_jobs()
    assert await states(program) == ["sent"]
    assert titles(program) == ["There"]
    assert program.labels(program.from_bot(program.scene.chiara.id)[-1]) == []


async def test_send_again_sends_it_again_and_a_second_tap_does_nothing(program: Program) -> None:
    await connect(program)
    await doubt(program, "Missing", fault="reset")
    asked = await question(program)
    again = program.button(asked, "Send again")["callback_data"]
    await program.tap_data(program.scene.chiara, asked, again)
    await program.tap_data(program.scene.chiara, asked, again)
    await program.run_jobs()
    assert await states(program) == ["sent"]
    assert titles(program) == ["Missing"]
    assert "settled already" in (program.from_bot(program.scene.chiara.id)[-1].text or "")


async def test_each_and_all_have_their_buttons(program: Program) -> None:
    await connect(program)
    await doubt(program, "One", "Two", "Three")
    asked = await question(program)
    chiara = program.scene.chiara
    await program.tap(chiara, asked, "2. Send again")
    assert await states(program) == ["uncertain", "pending", "uncertain"]
    left = program.from_bot(chiara.id)[-1]
    assert left.id == asked.id, "the question is changed in place"
    assert "Two" not in (left.text or "")
    await program.tap(chiara, left, "All arrived")
    await program.run_jobs()
    assert await states(program) == ["sent"] * 3
    assert titles(program) == ["One", "Two", "Three", "Two"]


async def test_who_is_no_longer_an_admin_there_settles_nothing(program: Program) -> None:
    await connect(program)
    await doubt(program, "One", "Two")
    asked = await question(program)
    program.scene.channel.members[program.scene.chiara.id].status = "member"
    for label in program.labels(asked):
        answer = await program.tap(program.scene.chiara, asked, label)
        assert "admin" in (answer.text or "")
    assert await states(program) == ["uncertain"] * 2


async def test_what_people_post_in_the_channel_is_evidence(program: Program) -> None:
    await connect(program)
    await program.publish("Before")
    await program.run_jobs()
    await doubt(program, "Missing", fault="reset")
    program.clock.now += QUIET
    program.telegram.people.send(program.scene.chiara, program.scene.channel.id, "Good morning")
    await program.idle()
    await program.run_jobs()
    assert titles(program)[-1] == "Missing"
    assert await states(program) == ["sent", "sent"]


async def test_talk_in_a_group_and_answers_to_it_keep_the_evidence_whole(program: Program) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
    program.telegram.faults.add("reset", method="sendMessage", chat_id=group.id, count=1)
    await program.publish("Missing")
    await program.run_jobs()
    program.clock.now += QUIET
    await program.ask(chiara, "/latest", group)
    await program.run_jobs()
    assert posts(program, group)[-1].startswith("Missing")


async def test_a_restart_in_the_middle_of_a_doubt_forgets_nothing(program: Program) -> None:
    await connect(program)
    await doubt(program, "There")
    await program.stop_bot()
    await program.start_bot()
    await program.tap(program.scene.chiara, await question(program), "It arrived")
    assert await states(program) == ["sent"]
