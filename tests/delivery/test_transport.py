"""Calls through the real transport to a small HTTP server on loopback that misbehaves as told."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, InputFile, Message
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.delivery.transport import AiohttpRequest, Flooded, MaybeSent, NotSent, Timeouts
from bot.errors import ConfigError

TOKEN = "123456789:AAE-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
SENT = '{"ok":true,"result":{"message_id":7,"date":1700000000,"chat":{"id":1,"type":"private"},"text":"x"}}'

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bot_at(url: str, request: AiohttpRequest | None = None) -> AsyncIterator[Bot]:
    request = request or AiohttpRequest()
    async with request:
        yield Bot(TOKEN, base_url=f"{url}/bot", request=request)


def answering(status: int, body: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, text=body, content_type="application/json")

    return handler


async def failure_of(handler: Handler, request: AiohttpRequest | None = None) -> TelegramError:
    async with serving(handler) as url, bot_at(url, request) as bot:
        with pytest.raises(TelegramError) as caught:
            await bot.send_message(1, "x")
    assert_holds_no_token(caught.value)
    return caught.value


def assert_holds_no_token(error: BaseException | None) -> None:
    while error is not None:
        assert TOKEN not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_message_is_sent_and_its_answer_read() -> None:
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(await request.json(), path=request.path)
        return web.Response(text=SENT, content_type="application/json")

    async with serving(handler) as url, bot_at(url) as bot:
        message = await bot.send_message(1, "Grüße & سلام +=%", disable_notification=True)
    assert isinstance(message, Message)
    assert message.message_id == 7
    assert seen == {
        "path": f"/bot{TOKEN}/sendMessage",
        "chat_id": 1,
        "text": "Grüße & سلام +=%",
        "disable_notification": True,
    }


async def test_a_call_without_parameters_works() -> None:
    handler = answering(200, '{"ok":true,"result":{"id":9,"is_bot":true,"first_name":"P","username":"p_bot"}}')
    async with serving(handler) as url, bot_at(url) as bot:
        assert (await bot.get_me()).id == 9


async def test_an_upload_arrives_with_its_name_and_content() -> None:
    parts: dict[str, object] = {}

    async def handler(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                parts[name] = (value.filename, value.content_type, value.file.read())
            else:
                parts[name] = value
        return web.Response(text=SENT, content_type="application/json")

    async with serving(handler) as url, bot_at(url) as bot:
        document = InputFile(BytesIO(b"\x00\xff" * 100_000), filename="Übersicht سلام.bin", attach=True)
        await bot.send_document(1, document, caption="here")
    assert parts["chat_id"] == "1"
    assert parts["caption"] == "here"
    assert ("Übersicht سلام.bin", "application/octet-stream", b"\x00\xff" * 100_000) in parts.values()


async def test_a_file_is_downloaded() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b"content")

    async with serving(handler) as url, AiohttpRequest() as request:
        assert await request.retrieve(f"{url}/file/bot{TOKEN}/a") == b"content"


async def test_connections_are_kept_and_used_again() -> None:
    peers = set()

    async def handler(request: web.Request) -> web.Response:
        peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        return web.Response(text=SENT, content_type="application/json")

    async with serving(handler) as url, bot_at(url) as bot:
        for _ in range(5):
            await bot.send_message(1, "x")
    assert len(peers) == 1


# What a failure says about the request


async def test_no_server_means_not_sent() -> None:
    async with bot_at(f"http://127.0.0.1:{free_port()}") as bot:
        with pytest.raises(NotSent) as caught:
            await bot.send_message(1, "x")
    assert_holds_no_token(caught.value)


async def test_a_name_that_does_not_resolve_means_not_sent() -> None:
    async with bot_at("http://paperboy.invalid") as bot:
        with pytest.raises(NotSent) as caught:
            await bot.send_message(1, "x")
    assert_holds_no_token(caught.value)


async def test_no_free_connection_means_not_sent() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        entered.set()
        await release.wait()
        return web.Response(text=SENT, content_type="application/json")

    request = AiohttpRequest(pool_size=1, timeouts=Timeouts(connect=0.05, pool=0.05))
    async with serving(handler) as url, bot_at(url, request) as bot:
        first = asyncio.create_task(bot.send_message(1, "x"))
        await entered.wait()
        with pytest.raises(NotSent):
            await bot.send_message(2, "x")
        release.set()
        await first


async def test_an_answer_that_never_comes_may_have_been_sent() -> None:
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await request.read()
        await release.wait()
        return web.Response(text=SENT, content_type="application/json")

    async with serving(handler) as url, bot_at(url) as bot:
        with pytest.raises(MaybeSent) as caught:
            await bot.send_message(1, "x", read_timeout=0.05)
        release.set()
    assert_holds_no_token(caught.value)


@pytest.mark.parametrize("linger", [True, False], ids=["closed", "reset"])
async def test_a_connection_lost_after_writing_may_have_been_sent(linger: bool) -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        if not linger:  # an RST instead of a FIN
            sock = request.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.close()
        return web.Response()

    assert isinstance(await failure_of(handler), MaybeSent)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>welcome to the hotel</html>"),
        (200, '{"ok":tr'),
        (200, "[]"),
        (200, ""),
        (500, '{"ok":false,"error_code":500,"description":"Internal Server Error: sent message was not found"}'),
        (502, "<html>Bad Gateway</html>"),
        (504, ""),
    ],
)
async def test_an_unreadable_or_failing_answer_may_have_been_sent(status: int, body: str) -> None:
    assert isinstance(await failure_of(answering(status, body)), MaybeSent)


@pytest.mark.parametrize(("status", "body"), [(302, ""), (403, "<html>blocked by policy</html>"), (407, "{}")])
async def test_what_somebody_in_between_turned_away_was_not_sent(status: int, body: str) -> None:
    assert isinstance(await failure_of(answering(status, body)), NotSent)


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (400, "Bad Request: can't parse entities: byte offset 5", BadRequest),
        (401, "Unauthorized", InvalidToken),
        (403, "Forbidden: bot was blocked by the user", Forbidden),
        (404, "Not Found", InvalidToken),
    ],
)
async def test_what_telegram_says_comes_as_its_own_error(
    status: int, description: str, kind: type[TelegramError]
) -> None:
    body = f'{{"ok":false,"error_code":{status},"description":"{description}"}}'
    error = await failure_of(answering(status, body))
    assert type(error) is kind
    assert error.message.casefold() == description.removeprefix("Bad Request: ").casefold()


async def test_flood_control_tells_how_long_without_a_warning() -> None:
    body = '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":17}}'
    error = await failure_of(answering(429, body))
    assert isinstance(error, Flooded)
    assert error.retry_after == timedelta(seconds=17)


async def test_flood_control_of_a_server_in_between_waits_a_little() -> None:
    error = await failure_of(answering(429, "slow down"))
    assert isinstance(error, Flooded)
    assert error.retry_after == timedelta(seconds=5)


async def test_an_upgraded_group_tells_its_new_id() -> None:
    body = (
        '{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat",'
        '"parameters":{"migrate_to_chat_id":-1001234567890}}'
    )
    error = await failure_of(answering(400, body))
    assert isinstance(error, ChatMigrated)
    assert error.new_chat_id == -1001234567890


async def test_a_proxy_gets_the_whole_address() -> None:
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.Response(text=SENT, content_type="application/json")

    async with serving(proxy) as url, bot_at("http://telegram.invalid", AiohttpRequest(proxy=url)) as bot:
        await bot.send_message(1, "x")
    assert asked == [f"http://telegram.invalid/bot{TOKEN}/sendMessage"]


async def test_a_proxy_out_of_reach_means_not_sent() -> None:
    request = AiohttpRequest(proxy=f"http://127.0.0.1:{free_port()}")
    async with bot_at("http://telegram.invalid", request) as bot:
        with pytest.raises(NotSent):
            await bot.send_message(1, "x")


def test_a_proxy_of_another_kind_is_refused_in_words() -> None:
    with pytest.raises(ConfigError, match=r"telegram\.proxy: must start with http"):
        AiohttpRequest(proxy="socks5://127.0.0.1:9050")
