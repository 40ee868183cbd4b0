"""Photos, documents and albums; files by upload, by file_id and by address; getFile."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from bot.sandbox.images import image_size
from bot.sandbox.limits import (
    DOWNLOAD_MAX_BYTES,
    FILE_BY_URL_MAX_BYTES,
    FILE_MAX_BYTES,
    PHOTO_BY_URL_MAX_BYTES,
    PHOTO_MAX_BYTES,
)
from bot.sandbox.methods.ask import Upload, chat_of, counted, writable
from bot.sandbox.methods.messages import caption_of, frame, sent
from bot.sandbox.refusal import Refusal, bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Json, Media, MediaKind

ALBUM = range(2, 11)


async def media_of(ask: Ask, kind: MediaKind, name: str, value: str | None) -> Media:
    """The file that a parameter means: an upload, attach://name, an address or a file_id. Raises Refusal."""
    if value and value.startswith("attach://"):
        name, value = value.removeprefix("attach://"), None
        if name not in ask.uploads:
            raise bad_request(f"can't find upload {name!r} that attach:// names")
    if value is None:
        return _keep(ask, kind, ask.uploads[name])
    media = ask.telegram.files.find(value)
    if media is not None:
        if media.kind != kind:
            raise bad_request(f"can't use file of type {media.kind.capitalize()} as {kind.capitalize()}")
        return media
    if "://" not in value:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return _keep(ask, kind, await _fetched(value, kind), by_url=True)


def _keep(ask: Ask, kind: MediaKind, upload: Upload, *, by_url: bool = False) -> Media:
    if not upload.data:
        raise bad_request("file must be non-empty")
    size = (0, 0)
    if kind == "photo":
        found = image_size(upload.data)
        if found is None:
            raise bad_request("wrong type of the web page content" if by_url else "IMAGE_PROCESS_FAILED")
        size = found
        if sum(size) > 10_000 or max(size) > 20 * max(1, min(size)):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        if len(upload.data) > PHOTO_MAX_BYTES:
            raise Refusal(413, "Request Entity Too Large")
    elif len(upload.data) > FILE_MAX_BYTES:
        raise Refusal(413, "Request Entity Too Large")
    mime = upload.mime or mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
    return ask.telegram.files.save(kind, upload.data, name=upload.name, mime=mime, size=size)


async def _fetched(url: str, kind: MediaKind) -> Upload:
    """Loopback addresses only: a sandbox calls nobody else, and says what Telegram says of a page it cannot get."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if not _is_loopback(parts.hostname or ""):
        raise bad_request("failed to get HTTP URL content")
    limit = PHOTO_BY_URL_MAX_BYTES if kind == "photo" else FILE_BY_URL_MAX_BYTES
    data = bytearray()
    try:
        async with (
            asyncio.timeout(10),
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != 200:
                raise bad_request("failed to get HTTP URL content")
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > limit:
                    raise bad_request("failed to get HTTP URL content")
            mime = answer.headers.get("content-type", "").partition(";")[0] or None
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise bad_request("failed to get HTTP URL content") from error
    return Upload(parts.path.rpartition("/")[2] or "file", bytes(data), mime)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _sender(kind: MediaKind) -> Handler:
    async def send(ask: Ask) -> Json:
        chat = chat_of(ask)
        writable(ask, chat, "photos" if kind == "photo" else "documents")
        caption, entities = caption_of(ask.params)
        fields = frame(ask, chat)
        media = await media_of(ask, kind, kind, ask.params.get(kind))
        counted(ask, chat)
        return sent(ask, chat, media=media, caption=caption, entities=entities, **fields)

    return send


async def send_media_group(ask: Ask) -> list[Json]:
    chat = chat_of(ask)
    items: list[Json] = ask.params["media"]
    if len(items) not in ALBUM:
        raise bad_request("media must include 2-10 items")
    writable(ask, chat, "photos")
    kinds = {item["type"] for item in items}
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        raise bad_request("documents and audio can't be mixed with other media types")
    fields = frame(ask, chat)
    captions = [caption_of(item) for item in items]
    files = [await media_of(ask, item["type"], item["media"], item["media"]) for item in items]
    counted(ask, chat, len(items))
    album = str(secrets.randbits(53))
    return [
        sent(ask, chat, media=media, caption=caption, entities=entities, media_group_id=album, **fields)
        for media, (caption, entities) in zip(files, captions, strict=True)
    ]


def get_file(ask: Ask) -> Json:
    media = ask.telegram.files.find(ask.params["file_id"])
    if media is None:
        raise bad_request("invalid file_id")
    if media.size > DOWNLOAD_MAX_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": media.file_id,
        "file_unique_id": media.file_unique_id,
        "file_size": media.size,
        "file_path": media.path,
    }


METHODS: dict[str, Handler] = {
    "sendPhoto": _sender("photo"),
    "sendDocument": _sender("document"),
    "sendVideo": _sender("video"),
    "sendAudio": _sender("audio"),
    "sendAnimation": _sender("animation"),
    "sendMediaGroup": send_media_group,
    "getFile": get_file,
}
