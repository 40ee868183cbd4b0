"""How a chat comes to the bot, and whose it is: by link, by choosing it, with several admins, with rights missing."""

from bot.model import Mode
from bot.sandbox.nouns import Chat, Message, Person
from bot.store import chats, subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect


async def channels_of(program: Program, person: Person, *, number: int = 12) -> list[Chat]:
    """So many channels of the person's, into all of which the bot was added."""
    made = [program.telegram.add_channel(person, f"Channel {n:02}") for n in range(1, number + 1)]
    for channel in made:
        program.telegram.people.add_bot(person, channel.id, program.scene.bot)
    await program.idle()
    return made


def asked_about(program: Program) -> list[int]:
    """Of which chats' members the bot has asked Telegram, about people, since this was last called."""
    calls = [call for call in program.telegram.calls if call.method == "getChatMember"]
    program.telegram.calls.clear()
    return [call.params["chat_id"] for call in calls]


async def test_channels_asks_for_the_rights_of_the_page_that_it_shows(program: Program) -> None:
    chiara = program.scene.chiara
    await program.start(chiara)
    made = await channels_of(program, chiara)
    asked_about(program)
    listed = await program.ask(chiara, "/channels")
    assert sorted(asked_about(program)) == sorted(channel.id for channel in made[:5])
    await program.tap(chiara, listed, "Next")
    assert sorted(asked_about(program)) == sorted(channel.id for channel in made[5:10])
    assert "6. Channel 06" in (listed.text or "")


async def test_who_lost_their_rights_sees_those_channels_no_more_and_the_next_ones_move_up(program: Program) -> None:
    chiara = program.scene.chiara
    await program.start(chiara)
    made = await channels_of(program, chiara)
    for channel in made[1:4]:
        channel.members[chiara.id].status = "member"
    listed = await program.ask(chiara, "/channels")
    names = [f"Channel {n:02}" for n in (1, 5, 6, 7, 8)]
    assert [line[3:] for line in (listed.text or "").splitlines() if "Channel " in line] == names
    await program.tap(chiara, listed, "Next")
    assert "Channel 09" in (listed.text or "")
    assert "Channel 12" in (listed.text or "")
    assert "Next ›" not in program.labels(listed)


async def test_a_channel_that_the_bot_was_thrown_out_of_stays_listed_with_what_mends_it(program: Program) -> None:
    await connect(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    program.telegram.people.remove_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    listed = await program.ask(chiara, "/channels")
    assert "I have been removed" in (listed.text or "")
    assert "Try again" in program.labels(listed)


async def test_all_admins_of_a_channel_find_it_listed_and_its_readers_do_not(program: Program) -> None:
    scene = program.scene
    program.telegram.people.join(scene.owen, scene.channel.id)
    program.telegram.people.promote(scene.chiara, scene.channel.id, scene.owen)
    await connect(program)
    for person, sees in ((scene.owen, True), (scene.rosa, False)):
        await program.start(person)
        listed = await program.ask(person, "/channels")
        assert ("Harbour News" in (listed.text or "")) is sees


async def anonymous(program: Program, text: str, chat: Chat) -> Message:
    chiara = program.scene.chiara
    chat.members[chiara.id].anonymous = True
    answer = await program.ask(chiara, text, chat)
    chat.members[chiara.id].anonymous = False
    return answer


async def test_an_anonymous_admin_works_in_their_group_and_taps_as_themselves(program: Program) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    await chats.remove(program.app.db, group.id)
    await program.app.db.execute("DELETE FROM chat WHERE id = :id", {"id": group.id})  # no report of it was heard
    menu = await anonymous(program, "/subscribe", group)
    assert "Instant" in program.labels(menu)
    known = await chats.get(program.app.db, group.id)
    assert known.connected_by is None  # nobody knows who it was
    await program.tap(chiara, menu, "Instant")
    [one] = await subscriptions.of_chat(program.app.db, group.id)
    assert (one.mode, one.created_by) == (Mode.INSTANT, chiara.id)
    people = {row["person_id"] for row in await program.app.db.read("SELECT person_id FROM chat_admin")}
    assert people == {chiara.id}


async def test_an_anonymous_admin_of_one_group_is_nobody_in_another(program: Program) -> None:
    chiara, group, forum = program.scene.chiara, program.scene.group, program.scene.forum
    for chat in (group, forum):
        program.telegram.people.add_bot(chiara, chat.id, program.scene.bot)
    await program.idle()
    menu = await anonymous(program, "/subscribe", group)
    data = program.button(menu, "Instant")["callback_data"]
    elsewhere = await program.ask(chiara, "/subscribe", forum)
    answer = await program.tap_data(chiara, elsewhere, data)
    assert "expired" in (answer.text or "")
    assert await program.app.db.read("SELECT id FROM subscription") == []
