"""/why: a post forwarded to the bot in private says which subscription brought it, to those who may know."""

from bot.model import Filter, Mode, Role
from bot.sandbox.nouns import Message, Person
from bot.store import subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect


async def posted(program: Program, *titles: str) -> list[Message]:
    """The posts of the articles in the channel, which has one instant subscription to the tag tea."""
    await connect(program)
    channel = program.scene.channel
    [one] = await subscriptions.of_chat(program.app.db, channel.id)
    await subscriptions.refilter(program.app.db, one.id, lambda _: Filter(tags=("tea",)))
    for title in titles:
        await program.publish(title, tags=("Tea",))
    await program.run_jobs()
    return program.from_bot(channel.id)


async def forward(program: Program, person: Person, post: Message) -> tuple[Message, str]:
    """The forwarded message, and the bot's answer to it."""
    if post.chat.id == program.scene.channel.id and person.id not in program.scene.channel.members:
        program.telegram.people.join(person, post.chat.id)
    before = len(program.from_bot(person.id))
    sent = program.telegram.people.forward(person, post.chat.id, post.id, person.id)
    await program.until(lambda: len(program.from_bot(person.id)) > before)
    await program.idle()
    return sent, program.shown(person.id)[-1]


async def test_an_admin_learns_which_subscription_and_condition_brought_a_post(program: Program) -> None:
    [post] = await posted(program, "Green leaves")
    chiara = program.scene.chiara
    sent, said = await forward(program, chiara, post)
    assert "I posted this in Harbour News." in said
    assert "Instant: Every article, as soon as it is published, tagged #tea" in said
    assert "Green leaves: because of #tea" in said
    assert "Sent:" in said
    answer = await program.ask(chiara, "/why", reply_to=sent.id)
    assert answer.text == said
    await program.tap(chiara, answer, "Instant")
    assert "Settings of Harbour News" in (answer.text or "")


async def test_each_subscription_of_a_merged_burst_is_named(program: Program) -> None:
    await connect(program)
    channel = program.scene.channel
    [one] = await subscriptions.of_chat(program.app.db, channel.id)
    await subscriptions.refilter(program.app.db, one.id, lambda _: Filter(tags=("tea",)))
    await subscriptions.add(program.app.db, channel.id, 0, Mode.INSTANT, filter=Filter(tags=("coffee",)))
    for number in range(12):
        await program.publish(f"Burst {number}", tags=("Tea" if number % 2 else "Coffee",))
    await program.run_jobs()
    _, said = await forward(program, program.scene.chiara, program.from_bot(channel.id)[0])
    assert "tagged #tea\n• Burst 1: because of #tea" in said
    assert "tagged #coffee\n• Burst 0: because of #coffee" in said


async def test_a_filter_that_was_changed_since_is_told_of(program: Program) -> None:
    [post] = await posted(program, "Green leaves")
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.refilter(program.app.db, one.id, lambda _: Filter(tags=("milk",)))
    _, said = await forward(program, program.scene.chiara, post)
    assert "none of the tags" in said
    assert "would not pass now" in said
    await subscriptions.remove(program.app.db, one.id)
    _, said = await forward(program, program.scene.chiara, post)
    assert "has been removed since" in said


async def test_only_admins_and_maintainers_are_answered(program: Program) -> None:
    [post] = await posted(program, "Green leaves")
    rosa = program.scene.rosa
    await program.start(rosa)
    sent, said = await forward(program, rosa, post)
    assert "Search the articles" in said
    assert "admin" in ((await program.ask(rosa, "/why", reply_to=sent.id)).text or "")
    await program.make_maintainer(rosa, Role.CONTRIBUTOR)
    assert "I posted this" in ((await program.ask(rosa, "/why", reply_to=sent.id)).text or "")


async def test_what_is_not_ours_or_not_forwarded_is_said(program: Program) -> None:
    await posted(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    sent, _ = await forward(program, chiara, program.telegram.people.post(chiara, channel.id, "By hand"))
    assert "I did not post this" in ((await program.ask(chiara, "/why", reply_to=sent.id)).text or "")
    assert "Forward a post" in ((await program.ask(chiara, "/why")).text or "")
