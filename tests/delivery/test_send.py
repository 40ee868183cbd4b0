"""One message: where it goes, how it looks, and menus that are edited in place."""

import base64

import pytest
from telegram.error import BadRequest

from bot.delivery import send
from bot.delivery.transport import MaybeSent
from bot.render.keyboards import Button, Keyboard
from bot.render.outgoing import Outgoing
from bot.render.text import plain
from tests.delivery.conftest import Newsroom

PNG = base64.b64decode(  # one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEYBOARD = Keyboard(inline_keyboard=[[Button(text="Tap", callback_data="x")]])


async def test_a_message_has_its_formatting_its_buttons_and_no_preview(room: Newsroom) -> None:
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    text = plain("Bold 🗞 ").bold() + plain("and a link").link("https://example.org/")
    await send.message(room.bot, room.scene.rosa.id, Outgoing(text, KEYBOARD))
    [message] = room.posts(room.scene.rosa.id)
    assert message.text == "Bold 🗞 and a link"
    assert [entity["type"] for entity in message.entities] == ["bold", "text_link"]
    assert message.reply_markup is not None
    assert room.telegram.calls[-1].params["link_preview_options"] == {"is_disabled": True}


async def test_a_message_goes_into_its_topic_as_a_reply(room: Newsroom) -> None:
    forum, topic = room.scene.forum.id, room.scene.topics[0]
    await room.know(forum)
    asked = room.telegram.people.send(room.scene.chiara, forum, "/latest", topic=topic)
    await send.message(room.bot, forum, Outgoing(plain("Here")), topic_id=topic, reply_to=asked.id)
    call = room.telegram.calls[-1]
    assert call.params["message_thread_id"] == topic
    assert call.params["reply_parameters"]["message_id"] == asked.id
    assert [message.text for message in room.posts(forum)][-1] == "Here"


async def test_a_reply_to_a_deleted_message_is_sent_all_the_same(room: Newsroom) -> None:
    group = room.scene.group.id
    await room.know(group)
    asked = room.telegram.people.send(room.scene.chiara, group, "/latest")
    room.telegram.people.delete(room.scene.chiara, group, asked.id)
    await send.message(room.bot, group, Outgoing(plain("Here")), reply_to=asked.id)
    assert [message.text for message in room.posts(group)][-1] == "Here"


async def test_a_menu_is_edited_in_place_and_twice_the_same_is_success(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    menu = await send.message(room.bot, rosa, Outgoing(plain("Page 1"), KEYBOARD))
    for _ in range(2):
        await send.edit(room.bot, rosa, menu, Outgoing(plain("Page 2"), KEYBOARD))
    [message] = room.posts(rosa)
    assert message.text == "Page 2"


async def test_a_photo_is_edited_by_its_caption(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    photo = await room.bot.send_photo(rosa, PNG, caption="Preview")
    for _ in range(2):
        await send.edit(
            room.bot, rosa, send.Posted(photo.message_id, is_photo=True), Outgoing(plain("Published").bold())
        )
    [message] = room.posts(rosa)
    assert message.caption == "Published"
    assert message.reply_markup is None


async def test_a_menu_that_is_gone_is_not_edited_in_silence(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    menu = await send.message(room.bot, rosa, Outgoing(plain("Page 1")))
    room.telegram.people.delete(room.scene.rosa, rosa, menu.message_id)
    with pytest.raises(BadRequest):
        await send.edit(room.bot, rosa, menu, Outgoing(plain("Page 2")))


async def test_an_answer_that_names_no_message_may_mean_that_it_arrived(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr(room.bot, "_post_plain", answer)
    with pytest.raises(MaybeSent, match="names no message"):
        await send.message(room.bot, room.scene.rosa.id, Outgoing(plain("Here")))
