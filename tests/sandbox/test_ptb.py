"""python-telegram-bot understands every answer and update."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
import telegram as ptb

from bot.sandbox.scene import Scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from tests.sandbox.test_media import png


@pytest.fixture
async def bot(server: Server, scene: Scene) -> AsyncIterator[ptb.Bot]:
    bot = ptb.Bot(scene.bot.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot")
    async with bot:
        yield bot


async def test_a_conversation_with_buttons(bot: ptb.Bot, scene: Scene, telegram: Telegram) -> None:
    telegram.people.start(scene.rosa, scene.bot, "article_42")
    (update,) = await bot.get_updates(timeout=5)
    assert update.message is not None
    assert update.message.text == "/start article_42"
    markup = ptb.InlineKeyboardMarkup([[ptb.InlineKeyboardButton("Next", callback_data="next")]])
    entities = [ptb.MessageEntity("bold", 0, 4)]
    sent = await update.message.reply_text("Good morning", entities=entities, reply_markup=markup)
    assert sent.entities == tuple(entities)
    assert sent.reply_markup == markup
    tap = asyncio.create_task(telegram.people.tap(scene.rosa, scene.rosa.id, sent.message_id, "next"))
    await asyncio.sleep(0)
    updates = await bot.get_updates(offset=update.update_id + 1, timeout=5)
    query = updates[0].callback_query
    assert query is not None
    await query.answer("Page 2")
    await query.edit_message_text("Good evening")
    assert (await tap).text == "Page 2"
    assert telegram.messages(scene.rosa.id)[-1].text == "Good evening"


async def test_a_channel_is_joined_and_posted_to(bot: ptb.Bot, scene: Scene, telegram: Telegram) -> None:
    telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    assert isinstance(update.my_chat_member.new_chat_member, ptb.ChatMemberAdministrator)
    sent = await bot.send_photo(scene.channel.id, png(), caption="A boat")
    assert sent.photo[0].width == 640
    assert sent.sender_chat is not None
    await sent.edit_caption("Two boats")
    chat = await bot.get_chat("@harbour_news")
    assert chat.title == "Harbour News"
    member = await bot.get_chat_member(scene.channel.id, scene.chiara.id)
    assert member.status == "creator"
    assert len(await bot.get_chat_administrators(scene.channel.id)) == 2


async def test_documents_and_albums(bot: ptb.Bot, scene: Scene, telegram: Telegram) -> None:
    telegram.people.start(scene.rosa, scene.bot)
    sent = await bot.send_document(scene.rosa.id, io.BytesIO(b"hello"), filename="a.txt")
    assert sent.document is not None
    file = await sent.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"hello"
    album = await bot.send_media_group(scene.rosa.id, [ptb.InputMediaPhoto(png(), caption=c) for c in "ab"])
    assert [message.caption for message in album] == ["a", "b"]
    telegram.people.send_document(scene.rosa, scene.rosa.id, "b.txt", b"b")
    update = (await bot.get_updates(offset=-1))[0]
    assert update.message is not None
    assert update.message.document is not None
    assert update.message.document.file_name == "b.txt"


async def test_the_bots_card(bot: ptb.Bot, scene: Scene) -> None:
    commands = [ptb.BotCommand("latest", "The newest articles")]
    scope = ptb.BotCommandScopeAllPrivateChats()
    await bot.set_my_commands(commands, scope=scope)
    assert await bot.get_my_commands(scope=scope) == tuple(commands)
    await bot.set_my_description("News")
    assert (await bot.get_my_description()).description == "News"
    await bot.set_chat_menu_button(menu_button=ptb.MenuButtonCommands())
    assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_inline_results(bot: ptb.Bot, scene: Scene, telegram: Telegram) -> None:
    asking = asyncio.create_task(telegram.people.ask_inline(scene.rosa, scene.bot, "boats"))
    await asyncio.sleep(0)
    (update,) = await bot.get_updates(timeout=5)
    assert update.inline_query is not None
    content = ptb.InputTextMessageContent("A boat")
    await update.inline_query.answer([ptb.InlineQueryResultArticle("1", "Boat", content)], cache_time=0)
    answer = await asking
    assert answer is not None
    assert answer["results"][0]["input_message_content"]["message_text"] == "A boat"


async def test_errors_are_the_ones_that_ptb_knows(bot: ptb.Bot, scene: Scene, telegram: Telegram) -> None:
    telegram.people.start(scene.rosa, scene.bot)
    telegram.people.block(scene.rosa, scene.bot)
    with pytest.raises(ptb.error.Forbidden, match="bot was blocked by the user"):
        await bot.send_message(scene.rosa.id, "x")
    old = telegram.add_group(scene.chiara, "Small", kind="group")
    telegram.people.add_bot(scene.chiara, old.id, scene.bot)
    new = telegram.people.upgrade_group(old.id)
    with pytest.raises(ptb.error.ChatMigrated) as moved:
        await bot.send_message(old.id, "x")
    assert moved.value.new_chat_id == new.id


async def test_reactions_come_only_when_listed_and_as_totals_in_channels(
    bot: ptb.Bot, scene: Scene, telegram: Telegram
) -> None:
    telegram.people.start(scene.rosa, scene.bot)
    telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    private = await bot.send_message(scene.rosa.id, "x")
    post = await bot.send_message(scene.channel.id, "x")
    telegram.people.react(scene.rosa, scene.rosa.id, private.message_id, "👍")
    assert not any(u.message_reaction for u in await bot.get_updates())
    await bot.get_updates(offset=-1, allowed_updates=["message_reaction", "message_reaction_count"])
    telegram.people.react(scene.rosa, scene.rosa.id, private.message_id, "🔥")
    telegram.people.react(scene.rosa, scene.channel.id, post.message_id, "👍")
    updates = (await bot.get_updates())[-2:]
    changed, counted = updates[0].message_reaction, updates[1].message_reaction_count
    assert changed is not None
    assert counted is not None
    assert (changed.old_reaction, changed.new_reaction) == (
        (ptb.ReactionTypeEmoji("👍"),),
        (ptb.ReactionTypeEmoji("🔥"),),
    )
    assert [reaction.total_count for reaction in counted.reactions] == [1]
