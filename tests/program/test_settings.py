"""/settings and a channel's settings: what is sent there, one screen a subscription, for its admins alone."""

from bot.model import Filter, Mode
from bot.sandbox.nouns import Message
from bot.store import subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def opened(program: Program, label: str = "Instant") -> Message:
    """The screen of the channel's subscription, in Chiara's private chat."""
    await connect(program)
    listed = await program.ask(program.scene.chiara, "/channels")
    await program.tap(program.scene.chiara, listed, "Settings")
    await program.tap(program.scene.chiara, listed, label)
    assert "Settings of Harbour News" in (listed.text or "")
    return listed


async def test_a_channels_subscription_is_paused_and_resumed_on_its_screen(program: Program) -> None:
    screen = await opened(program)
    await program.tap(program.scene.chiara, screen, "Pause")
    assert "(paused)" in (screen.text or "")
    await program.publish("While paused")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    await program.tap(program.scene.chiara, screen, "Resume")
    await program.publish("Later")
    await program.run_jobs()
    assert ["Later" in post for post in posts(program, program.scene.channel)] == [True]


async def test_removing_asks_once_more_and_a_button_of_what_is_gone_says_so(program: Program) -> None:
    screen = await opened(program)
    pause = program.button(screen, "Pause")["callback_data"]
    await program.tap(program.scene.chiara, screen, "Remove")
    await program.tap(program.scene.chiara, screen, "Keep it")
    await program.tap(program.scene.chiara, screen, "Remove")
    await program.tap(program.scene.chiara, screen, "Yes")
    assert "Nothing is sent there" in (screen.text or "")
    assert await subscriptions.of_chat(program.app.db, program.scene.channel.id) == []
    answer = await program.tap_data(program.scene.chiara, screen, pause)
    assert "expired" in (answer.text or "")


async def test_the_screens_are_for_the_chats_admins_alone(program: Program) -> None:
    screen = await opened(program)
    program.scene.channel.members[program.scene.chiara.id].status = "member"
    answer = await program.tap(program.scene.chiara, screen, "Pause")
    assert "admin" in (answer.text or "")
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    assert not one.paused


async def test_a_person_sees_each_subscription_of_their_own_chat(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    await subscriptions.add(program.app.db, rosa.id, 0, Mode.INSTANT, filter=Filter(tags=("tea",)))
    await subscriptions.add(program.app.db, rosa.id, 0, Mode.DIGEST)
    shown = await program.ask(rosa, "/settings")
    assert "#tea" in (shown.text or "")
    assert [label[:2] for label in program.labels(shown)][:2] == ["1.", "2."]
    await program.tap(rosa, shown, "2.")
    assert "Your settings" in (shown.text or "")
