"""An article is in a digest once: never in two of one subscription, nor in one after it was posted there at once."""

from dataclasses import replace
from datetime import time, timedelta

from bot.delivery.digest import next_run
from bot.model import Filter, Look, Mode, Preset, Schedule, Subscription
from bot.store import subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts

SCHEDULE = Schedule(times=(time(13, 0),))


async def digest(program: Program, chat_id: int, name: str, **filters: tuple[str, ...]) -> Subscription:
    wanted, first = Filter(**filters), next_run(SCHEDULE, program.clock.now)
    made = await subscriptions.add_digest(program.app.db, chat_id, 0, SCHEDULE, wanted, first, None)
    return await subscriptions.change(program.app.db, made.id, lambda one: replace(one, name=name))


async def at_one(program: Program) -> list[str]:
    """What is posted in the channel when the digests' time has come again."""
    before = len(posts(program, program.scene.channel))
    program.clock.now += timedelta(hours=1) if program.clock.now.hour == 12 else timedelta(days=1)
    for _ in range(3):
        await program.run_jobs()
    return posts(program, program.scene.channel)[before:]


async def test_an_article_is_never_in_two_digests_of_one_subscription(program: Program) -> None:
    await connect(program, "Not now")
    await digest(program, program.scene.channel.id, "All")
    await program.publish("First")
    [first] = await at_one(program)
    assert "First" in first
    assert await at_one(program) == []
    await program.publish("Second")
    [second] = await at_one(program)
    assert "Second" in second
    assert "First" not in second


async def test_two_digests_that_are_due_together_each_hold_it_once(program: Program) -> None:
    await connect(program, "Not now")
    await digest(program, program.scene.channel.id, "All")
    await digest(program, program.scene.channel.id, "Tea", tags=("tea",))
    await program.publish("First", tags=("tea",))
    together = await at_one(program)
    assert sorted(text.split(" · ")[0] for text in together) == ["All", "Tea"]
    assert await at_one(program) == []


async def test_what_another_subscription_posted_there_at_once_is_in_no_digest_of_that_chat(program: Program) -> None:
    await connect(program, "Not now")
    scene, db = program.scene, program.app.db
    await digest(program, scene.channel.id, "All")
    pushed = await subscriptions.add(db, scene.channel.id, 0, Mode.INSTANT, filter=Filter(tags=("tea",)))
    await subscriptions.change(db, pushed.id, lambda one: replace(one, look=Look(preset=Preset.HEADLINE)))
    await program.publish("Pushed", tags=("tea",))
    await program.publish("Kept")
    await program.run_jobs()
    assert [text.split("\n")[0] for text in posts(program, scene.channel)] == ["Pushed"]
    await subscriptions.remove(db, pushed.id)  # also when that has ended since
    [held] = await at_one(program)
    assert "Kept" in held
    assert "Pushed" not in held


async def test_what_was_posted_at_once_elsewhere_is_in_the_digest_here(program: Program) -> None:
    await connect(program, "Not now")
    scene, db = program.scene, program.app.db
    program.telegram.people.add_bot(scene.chiara, scene.group.id, scene.bot)
    await program.idle()
    await subscriptions.add(db, scene.group.id, 0, Mode.INSTANT)
    await digest(program, scene.channel.id, "All")
    await program.publish("Pushed elsewhere")
    await program.run_jobs()
    [held] = await at_one(program)
    assert "Pushed elsewhere" in held
