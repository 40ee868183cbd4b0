"""Photos, documents, albums and files."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.images import image_size
from bot.sandbox.scene import Scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api


def png(width: int = 640, height: int = 480) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"


async def upload(api: Api, method: str, files: dict[str, tuple[str, bytes]], **fields: str) -> dict[str, Any]:
    form = aiohttp.FormData(fields)
    for name, (filename, data) in files.items():
        form.add_field(name, data, filename=filename, content_type="application/octet-stream")
    async with api.http.post(f"{api.url}/bot{api.token}/{method}", data=form) as answer:
        body: dict[str, Any] = await answer.json()
        return body


async def test_an_uploaded_photo_is_shown_sent_again_by_its_id_and_downloaded(
    api: Api, reader: int, channel: int, telegram: Telegram
) -> None:
    answer = await upload(api, "sendPhoto", {"photo": ("a.png", png())}, chat_id=str(reader), caption="A boat")
    sent = answer["result"]
    assert (sent["caption"], sent["photo"][0]["width"], sent["photo"][0]["height"]) == ("A boat", 640, 480)
    again = await api.get("sendPhoto", chat_id=channel, photo=sent["photo"][0]["file_id"])
    assert again["photo"] == sent["photo"]
    photo = telegram.messages(reader)[-1].photo
    assert photo is not None
    assert telegram.files.read(photo.file_id) == png()
    file = await api.get("getFile", file_id=photo.file_id)
    async with api.http.get(f"{api.url}/file/bot{api.token}/{file['file_path']}") as download:
        assert await download.read() == png()
    async with api.http.get(f"{api.url}/file/bot{'1' * 9}:{'x' * 35}/{file['file_path']}") as download:
        assert download.status == 404


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", "file must be non-empty"),
        (b"this is text", "IMAGE_PROCESS_FAILED"),
        (png(10_000, 1), "PHOTO_INVALID_DIMENSIONS"),
        (png(2_100, 100), "PHOTO_INVALID_DIMENSIONS"),
    ],
)
async def test_what_is_no_photo_is_refused(api: Api, reader: int, data: bytes, refusal: str) -> None:
    answer = await upload(api, "sendPhoto", {"photo": ("a.png", data)}, chat_id=str(reader))
    assert answer["description"] == f"Bad Request: {refusal}"


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({}, "there is no photo in the request"),
        ({"photo": "nonsense"}, "wrong file identifier/HTTP URL specified"),
        ({"photo": "ftp://example.org/a.png"}, "wrong file identifier/HTTP URL specified"),
        ({"photo": "https://example.org/a.png"}, "failed to get HTTP URL content"),
        ({"photo": "http://127.0.0.1:9/a.png"}, "failed to get HTTP URL content"),
        ({"photo": "attach://a"}, "can't find upload 'a' that attach:// names"),
    ],
)
async def test_what_cannot_be_fetched_is_refused(api: Api, reader: int, params: dict[str, str], refusal: str) -> None:
    assert await api.refusal("sendPhoto", chat_id=reader, **params) == f"Bad Request: {refusal}"


async def test_a_photo_is_fetched_from_an_address_on_this_machine(
    api: Api, reader: int, scene: Scene, telegram: Telegram
) -> None:
    served = telegram.people.send_document(scene.rosa, reader, "a.png", png(80, 60)).document
    text = telegram.people.send_document(scene.rosa, reader, "a.txt", b"text").document
    assert served is not None
    assert text is not None
    base = f"{api.url}/file/bot{api.token}"
    sent = await api.get("sendPhoto", chat_id=reader, photo=f"{base}/{served.path}")
    assert sent["photo"][0]["width"] == 80
    refusal = await api.refusal("sendPhoto", chat_id=reader, photo=f"{base}/{text.path}")
    assert refusal == "Bad Request: wrong type of the web page content"


async def test_a_document_keeps_its_name(api: Api, reader: int) -> None:
    answer = await upload(api, "sendDocument", {"document": ("notes.txt", b"hello")}, chat_id=str(reader))
    document = answer["result"]["document"]
    assert (document["file_name"], document["file_size"]) == ("notes.txt", 5)


async def test_captions_have_1024_characters(api: Api, reader: int) -> None:
    files = {"photo": ("a.png", png())}
    assert (await upload(api, "sendPhoto", files, chat_id=str(reader), caption="x" * 1024))["ok"]
    answer = await upload(api, "sendPhoto", files, chat_id=str(reader), caption="x" * 1025)
    assert answer["description"] == "Bad Request: message caption is too long"


async def test_an_album_has_two_to_ten_items_and_one_id(api: Api, reader: int, telegram: Telegram) -> None:
    def items(count: int) -> str:
        return json.dumps([{"type": "photo", "media": "attach://a", "caption": str(n)} for n in range(count)])

    files = {"a": ("a.png", png())}
    answer = await upload(api, "sendMediaGroup", files, chat_id=str(reader), media=items(3))
    assert [m["caption"] for m in answer["result"]] == ["0", "1", "2"]
    assert len({m["media_group_id"] for m in answer["result"]}) == 1
    for count in (1, 11):
        answer = await upload(api, "sendMediaGroup", files, chat_id=str(reader), media=items(count))
        assert answer["description"] == "Bad Request: media must include 2-10 items"


async def test_media_captions_and_text_are_edited_into_one_another_as_telegram_allows(
    api: Api, reader: int, telegram: Telegram
) -> None:
    answer = await upload(api, "sendPhoto", {"photo": ("a.png", png())}, chat_id=str(reader), caption="one")
    where = {"chat_id": reader, "message_id": answer["result"]["message_id"]}
    assert (await api.get("editMessageCaption", caption="two", **where))["caption"] == "two"
    refusal = await api.refusal("editMessageText", text="x", **where)
    assert refusal == "Bad Request: there is no text in the message to edit"
    media = json.dumps({"type": "photo", "media": "attach://new", "caption": "three"})
    files = {"new": ("b.png", png(50, 40))}
    edited = await upload(api, "editMessageMedia", files, media=media, **{k: str(v) for k, v in where.items()})
    assert (edited["result"]["caption"], edited["result"]["photo"][0]["width"]) == ("three", 50)


async def test_files_can_be_kept_in_a_folder(telegram: Telegram, scene: Scene, reader: int, tmp_path: Path) -> None:
    async with Server(telegram, files=tmp_path / "files"):
        document = telegram.people.send_document(scene.rosa, reader, "a.txt", b"kept").document
    assert document is not None
    assert [path.read_bytes() for path in (tmp_path / "files").iterdir()] == [b"kept"]
    assert telegram.files.read(document.file_id) == b"kept"


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(3, 4), (3, 4)),
        (b"GIF89a" + struct.pack("<HH", 3, 4), (3, 4)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 4, 3) + b"\x03\x01", (3, 4)),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x03\x00\x00", (3, 4)),
        (png()[:20], None),
        (b"", None),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_first_bytes(data: bytes, size: tuple[int, int] | None) -> None:
    assert image_size(data) == size


async def test_a_text_becomes_a_photo_and_never_again_a_text(api: Api, reader: int, telegram: Telegram) -> None:
    options = {"is_disabled": True}
    sent = await api.get("sendMessage", chat_id=reader, text="words", link_preview_options=options)
    where = {"chat_id": str(reader), "message_id": str(sent["message_id"])}
    media = json.dumps({"type": "photo", "media": "attach://new", "caption": "words"})
    edited = await upload(api, "editMessageMedia", {"new": ("a.png", png())}, media=media, **where)
    assert edited["result"]["caption"] == "words"
    assert "photo" in edited["result"]
    assert not {"text", "link_preview_options"} & edited["result"].keys()
    assert await api.refusal("editMessageText", text="x", **where) == (
        "Bad Request: there is no text in the message to edit"
    )
    wrong = json.dumps({"type": "photo", "media": "attach://none"})
    refused = await upload(api, "editMessageMedia", {"new": ("a.png", png())}, media=wrong, **where)
    assert not refused["ok"]
    assert telegram.messages(reader)[-1].photo is not None
