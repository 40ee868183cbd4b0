"""The port: had or named as what is wrong with it, given back at once, and not to be kept busy by who is slow."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import app
from bot.app import App
from bot.config import Config, StoreConfig, TelegramConfig, WebConfig
from bot.errors import ConfigError
from bot.web import server
from bot.web.server import Server
from tests.program.harness import Program

TOKEN = "123456:" + "a" * 35


def config(folder: Path, listen: str) -> Config:
    return Config.model_construct(
        telegram=TelegramConfig(token=TOKEN),  # type: ignore[arg-type]
        store=StoreConfig(url=f"sqlite:///{folder / 'paperboy.db'}"),
        web=WebConfig.model_construct(listen=listen),
    )


@asynccontextmanager
async def running(served: ASGIApp) -> AsyncIterator[tuple[Server, str, int]]:
    one = Server(served, "127.0.0.1:0")
    host, port = one.url.removeprefix("http://").split(":")
    task = asyncio.create_task(one.run())
    try:
        yield one, host, int(port)
    finally:
        await one.stop()
        await task
        one.close()


async def hello(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def test_a_taken_port_is_one_sentence_at_the_start_and_in_check_and_the_store_is_let_go(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        said = f"web.listen: {listen} is in use by another program; stop that one, or choose another port"
        for _ in range(2):
            with pytest.raises(ConfigError) as refused:
                await App(config(tmp_path, listen)).__aenter__()
            assert refused.value.problems == [said]
        assert (await app.check(config(tmp_path, listen), offline=True))[0] == [said]
    assert (await app.check(config(tmp_path, listen), offline=True))[0] == []


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        (
            "192.0.2.1:8080",
            "is no address of this machine; 127.0.0.1 is for this machine alone, 0.0.0.0 for all networks",
        ),
        ("no..host:8080", "names a host that is not known; give an address of this machine"),
    ],
)
def test_an_address_that_is_not_ours_is_named(listen: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"^web.listen: {listen} {said}"):
        server.bind(listen)


async def test_check_leaves_the_port_of_a_running_bot_alone(tmp_path: Path) -> None:
    async with Program(tmp_path, listen="127.0.0.1:0") as program:
        assert program.app.web is not None
        same = config(tmp_path, program.app.web.url.removeprefix("http://"))
        problems, notes = await app.check(same, offline=True)
        assert problems == []
        assert "is not tried, it may be that of the running bot: process " in notes[-1]


async def test_the_port_is_free_as_soon_as_the_bot_has_stopped_and_what_is_under_way_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Program(tmp_path, listen="127.0.0.1:0") as program:
        assert program.app.web is not None
        listen = program.app.web.url.removeprefix("http://")
        begun, find = asyncio.Event(), program.app.search.find

        async def slowly(text: str, **how: int) -> Any:
            begun.set()
            await asyncio.sleep(0.2)
            return await find(text, **how)

        monkeypatch.setattr(program.app.search, "find", slowly)
        async with httpx.AsyncClient(base_url=program.app.web.url, trust_env=False) as site:
            idle = await site.get("/healthz")  # and its connection stays open
            asked = asyncio.create_task(site.get("/api/search?q=tea"))
            await begun.wait()
            async with asyncio.timeout(2):
                await program.app.stop()
            assert (idle.status_code, (await asked).status_code) == (200, 200)
            with pytest.raises(httpx.ConnectError):
                await site.get("/healthz")
        server.bind(listen).close()


async def test_an_answer_that_takes_too_long_does_not_hold_up_the_end() -> None:
    begun = asyncio.Event()

    async def never(_: Scope, _receive: Receive, _send: Send) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with running(never) as (one, host, port):
        _reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await begun.wait()
        async with asyncio.timeout(server.GRACE_SECONDS + 1):
            await one.stop()
        writer.close()


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx: "], ids=["nothing", "a bit", "half"]
)
async def test_who_sends_a_request_too_slowly_is_cut_off(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(server, "EXCHANGE_SECONDS", 0.2)
    async with running(hello) as (_, host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent)
        async with asyncio.timeout(5):
            assert await _rest(reader) == b""
        writer.close()


async def test_who_does_not_take_the_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "EXCHANGE_SECONDS", 0.3)
    ended = asyncio.Event()

    async def large(_: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _number in range(400):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        ended.set()

    async with running(large) as (_, host, port):
        with socket.create_connection((host, port)) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            async with asyncio.timeout(5):
                await ended.wait()  # uvicorn drops what is sent after the end of a connection


async def test_a_connection_that_is_used_again_and_again_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "EXCHANGE_SECONDS", 0.3)
    async with running(hello) as (_, host, port):
        reader, writer = await asyncio.open_connection(host, port)
        for _number in range(6):
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.1)
        writer.close()


async def test_a_flood_of_requests_waits_so_that_the_loop_has_time_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUESTS_PER_SECOND", 100)
    async with running(hello) as (_, host, port):
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False, limits=limits) as site:
            begun = asyncio.get_running_loop().time()
            answers = await asyncio.gather(*(site.get("/") for _number in range(60)))
            seconds = asyncio.get_running_loop().time() - begun
    assert {answer.text for answer in answers} == {"hello"}
    assert seconds >= (60 - server.AT_ONCE) / 100


async def test_an_endless_request_is_cut_off_and_what_is_none_is_answered_in_json(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(hello) as (_, host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 3 * server.EXCHANGE_BYTES)
        async with asyncio.timeout(5):
            assert await _rest(reader) == b""
        writer.close()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"\x16\x03\x01 secret\r\n\r\n")
        said = await _rest(reader)
        writer.close()
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(b'{"error":"this is no HTTP request that can be read"}')
    assert caplog.records == []


async def test_more_connections_than_there_may_be_are_closed_and_the_others_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS_LIMIT", 3)
    async with running(hello) as (_, host, port):
        held = [await asyncio.open_connection(host, port) for _number in range(3)]
        reader, writer = await asyncio.open_connection(host, port)
        async with asyncio.timeout(5):
            assert await _rest(reader) == b""
        writer.close()
        held[0][1].write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert (await held[0][0].read()).endswith(b"hello")
        for _reader, each in held:
            each.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection is closed, politely or not."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_without_listen_the_http_surface_is_not_even_loaded() -> None:
    program = (
        "import sys, bot.app, bot.cli, bot.web.objects; print(*sorted({'starlette', 'uvicorn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


async def test_without_listen_nothing_listens(tmp_path: Path) -> None:
    async with Program(tmp_path) as program:
        assert program.app.web is None
