"""Maintainers at work in the chat, and strangers who try to be."""

from bot.model import Role
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def test_the_first_start_prints_a_link_that_makes_its_opener_the_owner_once(program: Program) -> None:
    [line] = [line for line in program.said if "start=own_" in line]
    payload = line.split("start=")[1].split()[0]
    owen, rosa = program.scene.owen, program.scene.rosa
    await program.start(owen, payload)
    assert "/add" in ((await program.ask(owen, "/help")).text or "")
    second = await program.start(rosa, payload)
    assert "link has been used or has expired" in (second.text or "")
    assert "/add" not in ((await program.ask(rosa, "/help")).text or "")


async def test_the_owner_link_ends_after_an_hour(program: Program) -> None:
    [line] = [line for line in program.said if "start=own_" in line]
    program.clock.move(hours=1, seconds=1)
    answer = await program.start(program.scene.owen, line.split("start=")[1].split()[0])
    assert "expired" in (answer.text or "")


async def test_a_text_is_previewed_published_and_pushed_once(program: Program) -> None:
    await connect(program)
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, "/add Harbour opens\nThe gates open at six.\n\nBring a coat.")
    assert "Harbour opens" in (preview.text or "")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    data = program.button(preview, "Publish")["callback_data"]
    await program.tap_data(owen, preview, data)
    await program.tap_data(owen, preview, data)
    await program.run_jobs()
    [post] = posts(program, program.scene.channel)
    assert "Harbour opens" in post


async def test_one_feed_is_added_at_a_time(program: Program) -> None:
    await program.make_maintainer(program.scene.owen)
    answer = await program.ask(program.scene.owen, "/feeds add http://127.0.0.1/a http://127.0.0.1/b")
    assert "One address at a time" in (answer.text or "")


async def test_a_discarded_draft_is_gone(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, "/add Not this\nAfter all.")
    await program.tap(owen, preview, "Discard")
    assert await program.app.db.read("SELECT id FROM article") == []


async def test_cancel_discards_open_drafts(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    await program.ask(owen, "/add Not this\nAfter all.")
    await program.ask(owen, "/cancel")
    assert await program.app.db.read("SELECT id FROM article") == []


async def test_a_reply_to_a_forwarded_message_becomes_an_article(program: Program) -> None:
    owen, channel = program.scene.owen, program.scene.channel
    await program.make_maintainer(owen)
    await program.start(owen)
    program.telegram.people.join(owen, channel.id)
    post = program.telegram.people.post(program.scene.chiara, channel.id, "Ferry news\nThe late ferry is back.")
    forwarded = program.telegram.people.forward(owen, channel.id, post.id, owen.id)
    await program.until(lambda: "/add" in program.shown(owen.id)[-1])
    preview = await program.ask(owen, "/add", reply_to=forwarded.id)
    assert "Ferry news" in (preview.text or "")
    await program.tap(owen, preview, "Publish")
    assert "Ferry news" in ((await program.ask(owen, "/latest")).text or "")


async def test_add_without_anything_says_how(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    assert "/add" in ((await program.ask(owen, "/add")).text or "")


async def test_strangers_cannot_use_maintainer_commands_by_any_route(program: Program) -> None:
    owen, rosa = program.scene.owen, program.scene.rosa
    await program.make_maintainer(owen, Role.EDITOR)
    for command in ("/add X\nY", "/feeds", "/feeds add http://127.0.0.1/", "/stats", "/cancel"):
        answer = await program.ask(rosa, command)
        assert "maintainer" in (answer.text or "")
    preview = await program.ask(owen, "/add Theirs\nText.")
    data = program.button(preview, "Publish")["callback_data"]
    mine = await program.ask(rosa, "/help")
    refused = await program.tap_data(rosa, mine, data)
    assert "expired" in (refused.text or "")
    sent = program.telegram.people.send(rosa, rosa.id, "hello there")
    program.telegram.people.edit(rosa, rosa.id, sent.id, "/add Edited\nText.")
    await program.idle()
    states = [row["state"] for row in await program.app.db.read("SELECT state FROM article")]
    assert states == ["draft"]


async def test_who_is_no_longer_a_maintainer_cannot_publish_an_old_preview(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, "/add Late\nText.")
    await program.app.db.execute("DELETE FROM maintainer")
    refused = await program.tap(owen, preview, "Publish")
    assert "maintainer" in (refused.text or "")


async def test_stats_counts(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    await program.publish("One")
    assert "1" in ((await program.ask(owen, "/stats")).text or "")


async def test_language_offers_english(program: Program) -> None:
    rosa = program.scene.rosa
    menu = await program.ask(rosa, "/language")
    assert "English" in " ".join([menu.text or "", *program.labels(menu)])
    answer = await program.tap(rosa, menu, "English")
    assert answer.answered


async def test_command_menus_differ_by_who_looks(program: Program) -> None:
    owen = program.scene.owen
    [line] = [line for line in program.said if "start=own_" in line]
    await program.start(owen, line.split("start=")[1].split()[0])
    menus = {scope: {c["command"] for c in commands} for (scope, _), commands in program.scene.bot.commands.items()}
    people = next(names for scope, names in menus.items() if "all_private_chats" in scope)
    assert {"latest", "top", "search", "subscribe", "help"} <= people
    assert "add" not in people
    groups = next(names for scope, names in menus.items() if "all_group_chats" in scope)
    assert groups == {"latest", "top", "search", "help"}
    admins = next(names for scope, names in menus.items() if "all_chat_administrators" in scope)
    assert {"subscribe", "unsubscribe"} <= admins
    mine = next(names for scope, names in menus.items() if str(owen.id) in scope)
    assert {"add", "feeds", "stats", "latest"} <= mine
