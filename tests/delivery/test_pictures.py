"""A picture that Telegram cannot fetch is fetched by us, once, and uploaded, once; without it the text goes alone."""

import asyncio

import pytest

from bot.delivery import pictures, send
from bot.delivery.pictures import Pictures, Upload
from bot.model import DeliveryState
from bot.render.outgoing import Outgoing
from bot.render.text import plain
from bot.sandbox.nouns import Call
from bot.store import articles
from tests.delivery.conftest import PICTURES, Newsroom
from tests.delivery.test_edit import effect, follow, posted, revise
from tests.delivery.test_send import PNG

URL = "https://example.org/a.png"  # the sandbox, like Telegram behind a wall, cannot fetch it


def calls(room: Newsroom, method: str) -> list[Call]:
    return [call for call in room.telegram.calls if call.method == method]


async def test_the_bytes_are_uploaded_once_and_the_next_chats_get_what_telegram_has(room: Newsroom) -> None:
    PICTURES[URL] = PNG
    places = [room.scene.channel.id, room.scene.group.id]
    for place in places:
        await room.subscribe(place)
    await room.announce("First", image_url=URL)
    await room.worker.run_until_idle()
    for place in places:
        assert room.posts(place)[-1].photo is not None
        assert room.titles(place) == ["First"]
        assert room.posts(place)[-1].reply_markup is not None
    await room.subscribe(room.scene.forum.id)
    before = len(calls(room, "sendPhoto"))
    await room.announce("Second", image_url=URL)
    await room.worker.run_until_idle()
    assert len(calls(room, "sendPhoto")) == before + 3  # each at the first attempt
    assert room.posts(room.scene.forum.id)[-1].photo == room.posts(places[0])[-1].photo


@pytest.mark.parametrize(
    "data",
    [None, b"", b"<html>No picture here</html>", PNG + b"\0" * 10 * 2**20, b"RIFF\0\0\0\0WAVE" + b"\0" * 20],
    ids=["nothing", "empty", "page", "large", "sound"],
)
async def test_what_is_no_picture_is_left_out_and_the_text_goes(room: Newsroom, data: bytes | None) -> None:
    if data is not None:
        PICTURES[URL] = data
    _, message = await posted(room, room.scene.channel.id, image_url=URL)
    assert message.photo is None
    assert (message.text or "").startswith("First")
    assert message.reply_markup is not None
    assert len(calls(room, "sendPhoto")) == 1


async def test_a_picture_that_telegram_refuses_as_bytes_too_is_left_out(room: Newsroom) -> None:
    PICTURES[URL] = b"\x89PNG\r\n\x1a\n" + b"broken"
    _, message = await posted(room, room.scene.channel.id, image_url=URL)
    assert message.photo is None
    assert len(calls(room, "sendPhoto")) == 2


async def test_the_whole_ladder_ends_in_plain_text_and_then_in_a_notice(room: Newsroom) -> None:
    PICTURES[URL] = PNG
    channel = room.scene.channel.id
    for method, text, count in (
        ("sendPhoto", "failed to get HTTP URL content", 2),
        ("sendMessage", "can't parse entities", 1),
    ):
        room.telegram.faults.add("bad_request", method=method, text=text, count=count)
    _, message = await posted(room, channel, image_url=URL)
    sent = [call.method for call in room.telegram.calls if call.method in ("sendPhoto", "sendMessage")]
    assert sent == ["sendPhoto", "sendPhoto", "sendMessage", "sendMessage"]
    assert (message.entities, message.reply_markup) == ([], None)
    room.telegram.faults.add("bad_request", method="sendMessage", text="message is too long")
    await room.announce("Second")
    await room.worker.run_until_idle()
    refused = (await room.rows(channel))[-1]
    assert (refused.state, refused.error) == (DeliveryState.REFUSED, "Message is too long")


async def test_an_edit_uploads_the_new_picture_too(room: Newsroom) -> None:
    PICTURES[URL] = PNG
    channel = room.scene.channel.id
    article_id, message = await posted(room, channel)
    await revise(room, article_id, image_url=URL, title="Second")
    await follow(room)
    assert message.media is not None
    assert (message.caption or "").startswith("Second")
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[1] == "changed"
    assert (await articles.get(room.db, article_id)).image_url == URL


async def test_a_picture_is_fetched_once_for_all_who_want_it_and_anew_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        await asyncio.sleep(0)
        return PNG

    known = Pictures(fetch)
    assert await asyncio.gather(*(known.get(URL) for _ in range(5))) == [Upload("picture.png", PNG, "image/png")] * 5
    assert asked == [URL]
    for number in range(pictures.BYTES_KEPT):
        await known.get(f"{URL}?{number}")
    await known.get(URL)
    assert asked.count(URL) == 2  # a few are kept, so that memory is bounded
    monkeypatch.setattr(pictures, "KEPT_SECONDS", -1.0)
    await known.get(URL)
    assert asked.count(URL) == 3


async def test_without_a_way_to_fetch_the_text_goes_alone(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(room.bot), "pictures", property(lambda _: None))
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await send.message(room.bot, room.scene.rosa.id, Outgoing(plain("Text"), photo=URL))
    assert room.titles(room.scene.rosa.id) == ["Text"]
