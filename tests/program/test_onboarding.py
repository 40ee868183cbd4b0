"""How a chat comes to the bot, and whose it is: by link, by choosing it, with several admins, with rights missing."""

from bot.model import Filter, Mode, Schedule
from bot.sandbox.nouns import Chat, Message, Person
from bot.store import chats, subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


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


async def test_an_anonymous_admins_reply_counts_for_nobody_and_asks_nobody_to_start_the_bot(program: Program) -> None:
    """All of them have one number in Telegram: what they make counted for one person, who then had too many chats."""
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.publish("Newest")
    await program.idle()
    settings = await anonymous(program, "/settings", group)
    await program.tap(chiara, settings, "Add a subscription")
    group.members[chiara.id].anonymous = True
    screen = await program.ask(chiara, "tea", group, reply_to=settings.id)
    [one] = await subscriptions.of_chat(program.app.db, group.id)
    assert (one.filter.tags, one.created_by) == (("tea",), None)
    await program.tap(chiara, screen, "‹ Back")
    await subscriptions.refilter(program.app.db, one.id, lambda _: Filter())
    await program.tap(chiara, screen, "Look")
    await program.tap(chiara, screen, "My template")
    await program.ask(chiara, "{title}!", group, reply_to=screen.id)
    assert "Start me" not in " ".join(program.shown(group.id))


async def test_a_menu_about_a_group_that_has_another_id_since_has_expired(program: Program) -> None:
    chiara = program.scene.chiara
    await program.start(chiara)
    group = program.telegram.add_group(chiara, "Small", kind="group")
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
    listed = await program.ask(chiara, "/channels")
    program.telegram.people.upgrade_group(group.id)
    await program.idle()
    assert "expired" in ((await program.tap(chiara, listed, "Pause")).text or "")


async def test_channels_says_what_each_channel_gets(program: Program) -> None:
    await connect(program)
    chiara, channel, db = program.scene.chiara, program.scene.channel, program.app.db
    [one] = await subscriptions.of_chat(db, channel.id)
    await subscriptions.refilter(db, one.id, lambda _: Filter(tags=("tea",)))
    assert "Some articles, as soon as" in ((await program.ask(chiara, "/channels")).text or "")
    mondays = Schedule(weekdays=frozenset({0}))
    await subscriptions.add(db, channel.id, 0, Mode.DIGEST, mondays, created_by=chiara.id)
    await subscriptions.set_paused(db, one.id, True)
    listed = await program.ask(chiara, "/channels")
    assert "2 subscriptions: see Settings" in (listed.text or "")
    assert "Settings" in program.labels(listed)
    await subscriptions.remove(db, one.id)
    assert "A digest at 09:00 (UTC), on Mon" in ((await program.ask(chiara, "/channels")).text or "")


async def test_a_channel_or_group_that_is_called_otherwise_has_its_new_name_on_screens(program: Program) -> None:
    chiara, group, channel = program.scene.chiara, program.scene.group, program.scene.channel
    await connect(program)
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    for chat, title in ((group, "Pier Talk"), (channel, "Pier News")):
        program.telegram.people.rename_chat(chiara, chat.id, title)
    await program.idle()
    listed = (await program.ask(chiara, "/channels")).text or ""
    assert "Pier News" in listed
    assert "Pier Talk" in listed
    group.title = "Wall Talk"  # the report of it was lost
    assert "Wall Talk" in ((await program.ask(chiara, "/subscribe", group)).text or "")
    assert (await chats.get(program.app.db, group.id)).connected_by == chiara.id


async def test_the_choice_in_a_group_names_the_group(program: Program) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    assert "New articles for Harbour Talk" in ((await program.ask(chiara, "/subscribe", group)).text or "")


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


async def choosing(program: Program, person: Person) -> Message:
    """The message with the button that lets the person choose a channel."""
    await program.start(person)
    listed = await program.ask(person, "/channels")
    await program.tap(person, listed, "Choose a channel")
    return program.from_bot(person.id)[-1]


async def choose(program: Program, person: Person, asked: Message, channel: Chat) -> Message:
    """What the bot says to the choice."""
    program.telegram.people.share_chat(person, person.id, asked.id, 1, channel.id)
    await program.idle()
    return program.from_bot(person.id)[-1]


async def test_a_channel_can_be_chosen_where_the_bot_is_already(program: Program) -> None:
    chiara, channel = program.scene.chiara, program.scene.channel
    program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    program.scene.bot.updates.clear()  # the report of it is lost
    asked = await choosing(program, chiara)
    assert (asked.keyboard or {})["one_time_keyboard"]
    card = await choose(program, chiara, asked, channel)
    assert "I am connected to Harbour News" in (card.text or "")
    await program.tap(chiara, card, "Instant")
    [one] = await subscriptions.of_chat(program.app.db, channel.id)
    assert one.mode is Mode.INSTANT
    assert "What is sent there" in ((await choose(program, chiara, asked, channel)).text or "")


async def test_a_channel_to_which_the_bot_was_added_without_the_right_says_so_and_brings_the_card_with_it(
    program: Program,
) -> None:
    chiara, channel, bot = program.scene.chiara, program.scene.channel, program.scene.bot
    await program.start(chiara)
    program.telegram.people.add_bot(chiara, channel.id, bot, rights={"can_edit_messages": True})
    await program.idle()
    await program.run_jobs()
    told = program.from_bot(chiara.id)[-1]
    assert "I cannot post in Harbour News" in (told.text or "")
    assert "right to post messages" in (told.text or "")
    assert "startchannel" in program.button(told, "Give me the right")["url"]
    listed = await program.ask(chiara, "/channels")
    assert "right to post messages" in (listed.text or "")
    program.telegram.people.set_rights(chiara, channel.id, bot, {"can_post_messages": True})
    await program.idle()
    await program.run_jobs()
    card = program.from_bot(chiara.id)[-1]
    assert "I am connected to Harbour News" in (card.text or "")
    await program.tap(chiara, card, "Instant")
    await program.publish("First")
    await program.run_jobs()
    assert [text.split("\n")[0] for text in posts(program, channel)] == ["First"]


async def test_the_choice_may_bring_the_bot_into_the_channel(program: Program) -> None:
    chiara, channel = program.scene.chiara, program.scene.channel
    card = await choose(program, chiara, await choosing(program, chiara), channel)
    assert "I am connected to Harbour News" in (card.text or "")


async def test_a_chosen_channel_where_the_bot_lacks_the_right_says_so_with_the_button_that_mends_it(
    program: Program,
) -> None:
    chiara, channel, bot = program.scene.chiara, program.scene.channel, program.scene.bot
    asked = await choosing(program, chiara)
    program.telegram.people.share_chat(chiara, chiara.id, asked.id, 1, channel.id)
    channel.members[bot.id].rights["can_post_messages"] = False
    await program.idle()
    told = program.from_bot(chiara.id)[-1]
    assert "I lack the right to post messages there" in (told.text or "")
    assert "startchannel" in program.button(told, "Give me the right")["url"]
    program.telegram.people.remove_bot(chiara, channel.id, bot)
    program.telegram.people.share_chat(chiara, chiara.id, asked.id, 1, channel.id)
    channel.members[bot.id].status = "kicked"
    await program.idle()
    told = program.from_bot(chiara.id)[-1]
    assert "I have been removed" in (told.text or "")
    assert "Add me again" in program.labels(told)


async def test_a_channel_named_by_who_is_no_admin_there_is_not_connected(program: Program) -> None:
    """Telegram offers only channels of one's own; what comes is checked all the same."""
    rosa, scene = program.scene.rosa, program.scene
    program.telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    asked = await choosing(program, rosa)
    shared = {"chat_shared": {"request_id": 1, "chat_id": scene.channel.id}}
    private = program.telegram.private_chat(rosa, scene.bot)
    program.telegram.announce(program.telegram.post(private, rosa, service=shared, reply_to=asked))
    await program.idle()
    assert "not an admin" in (program.from_bot(rosa.id)[-1].text or "")
    linked = [chat.id for chat in await chats.administered_by(program.app.db, rosa.id)]
    assert linked == []


async def test_what_the_bot_lacks_in_a_channel_is_told_to_its_admins_alone(program: Program) -> None:
    rosa, scene = program.scene.rosa, program.scene
    program.telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    scene.channel.members[scene.bot.id].rights["can_post_messages"] = False
    asked = await choosing(program, rosa)
    shared = {"chat_shared": {"request_id": 1, "chat_id": scene.channel.id}}
    private = program.telegram.private_chat(rosa, scene.bot)
    program.telegram.announce(program.telegram.post(private, rosa, service=shared, reply_to=asked))
    await program.idle()
    told = program.from_bot(rosa.id)[-1].text or ""
    assert "not an admin" in told
    assert "Harbour News" not in told


async def test_a_connection_that_breaks_is_not_taken_for_a_removal(program: Program) -> None:
    chiara, channel = program.scene.chiara, program.scene.channel
    asked = await choosing(program, chiara)
    program.telegram.faults.add("server_error", method="getChat", count=9)
    told = (await choose(program, chiara, asked, channel)).text or ""
    assert "removed" not in told


async def test_choose_leads_from_the_card_to_the_channels_settings(program: Program) -> None:
    card = await connect(program, "Choose")
    assert "Settings of Harbour News" in (card.text or "")
    await program.tap(program.scene.chiara, card, "Get new articles")
    await program.tap(program.scene.chiara, card, "Daily")
    assert "a digest every day" in (card.text or "")


async def test_two_admins_manage_one_channel_and_each_sees_what_the_other_did(program: Program) -> None:
    scene = program.scene
    chiara, owen, channel = scene.chiara, scene.owen, scene.channel
    program.telegram.people.join(owen, channel.id)
    program.telegram.people.promote(chiara, channel.id, owen)
    await connect(program)
    await program.start(owen)
    screens = {}
    for person in (chiara, owen):
        screens[person.id] = await program.ask(person, "/channels")
        await program.tap(person, screens[person.id], "Settings")
        await program.tap(person, screens[person.id], "Instant")
    await program.tap(chiara, screens[chiara.id], "Pause")
    await program.tap(owen, screens[owen.id], "Pause")  # already so: he sees what holds
    assert "(paused)" in (screens[owen.id].text or "")
    assert "Resume" in program.labels(screens[owen.id])
    await program.tap(chiara, screens[chiara.id], "Remove")
    await program.tap(chiara, screens[chiara.id], "Yes")
    answer = await program.tap(owen, screens[owen.id], "Resume")
    assert "expired" in (answer.text or "")
    assert await subscriptions.of_chat(program.app.db, channel.id) == []
