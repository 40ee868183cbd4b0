"""Many articles at once, and articles that are late: a channel gets a digest of them, not a hundred posts."""

from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def publish(program: Program, *numbers: int) -> None:
    for number in numbers:
        await program.publish(f"Story {number:03}")


def stories(program: Program) -> list[list[int]]:
    """The numbers of the stories in each message that stands in the channel."""
    return [
        [int(rest[:3]) for rest in text.split("Story ")[1:] if rest[:3].isdigit() and rest[3] == "\n"]
        for text in posts(program, program.scene.channel)
    ]


async def test_what_is_published_all_at_once_arrives_as_one_digest_in_order(program: Program) -> None:
    await connect(program)
    await publish(program, *range(12))
    await program.run_jobs()
    assert stories(program) == [list(range(12))]
    assert "12 new articles" in posts(program, program.scene.channel)[0]
    await publish(program, 12)
    await program.run_jobs()
    assert stories(program) == [list(range(12)), [12]]


async def test_an_article_withdrawn_before_its_digest_went_is_not_in_it(program: Program) -> None:
    await connect(program)
    program.telegram.faults.add("flood", method="sendMessage", chat_id=program.scene.channel.id, count=1, retry_after=9)
    await publish(program, *range(6))
    await program.run_jobs()
    await program.app.db.execute("UPDATE article SET state = 'withdrawn' WHERE title = 'Story 002'")
    program.clock.move(seconds=11)
    await program.run_jobs()
    assert stories(program) == [[0, 1, 3, 4, 5]]


async def test_what_a_channel_that_comes_back_missed_goes_out_as_a_digest_if_its_admin_wants_it(
    program: Program,
) -> None:
    await connect(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    program.telegram.people.remove_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    for number in range(30):
        await publish(program, number)
        await program.run_jobs()
        program.clock.move(minutes=40)
    program.clock.move(days=2)
    program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    await program.run_jobs()
    assert stories(program) == [], "nothing old by itself"
    await publish(program, 100)
    await program.run_jobs()
    assert stories(program) == [[100]]
    await program.tap(chiara, program.from_bot(chiara.id)[-1], "Send them")
    await program.run_jobs()
    assert stories(program) == [[100], [*range(30)]]


async def test_a_channel_that_comes_back_after_a_week_gets_none_of_the_old_posts(program: Program) -> None:
    await connect(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    program.telegram.people.remove_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    await publish(program, *range(30))
    await program.run_jobs()
    program.clock.move(days=8)
    await program.run_jobs()
    program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    await publish(program, 100)
    await program.run_jobs()
    assert stories(program) == [[100]]
