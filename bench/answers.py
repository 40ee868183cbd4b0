"""A Telegram that looks at nothing and answers at once, so that what is measured is who sends."""

import asyncio
import json
import re
from typing import Any, Self

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
ME = {"id": 7000000001, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class Answers:
    """`async with Answers(message) as telegram`: to every call but getMe it says that this message was sent."""

    def __init__(self, message: dict[str, Any]) -> None:
        self.url = ""
        self.calls = 0
        sent = {"message_id": 1, "date": 1, "from": ME, "chat": {"id": 1, "type": "private", "first_name": "R"}}
        self._sent = _response(sent | message)
        self._me = _response(ME)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def answer(self, head: bytes) -> bytes:
        if b"/getMe" in head[:200]:
            return self._me
        self.calls += 1
        return self._sent


class _Connection(asyncio.Protocol):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._data, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._data) < whole:
                return
            head, self._data = self._data[:end], self._data[whole:]
            self._transport.write(self._answers.answer(head))


def _response(result: dict[str, Any]) -> bytes:
    body = json.dumps({"ok": True, "result": result}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
