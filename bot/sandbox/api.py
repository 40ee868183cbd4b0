"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<path>, as an ASGI layer over another app."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.ask import Ask, Upload
from bot.sandbox.refusal import Refusal, bad_request, forbidden
from bot.sandbox.spec import decode
from bot.sandbox.world import TOKEN

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.sandbox.nouns import Json
    from bot.sandbox.world import Telegram

log = logging.getLogger(__name__)
BODY_MAX_BYTES = 60 * 2**20
_TEXTS = {429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 504: "Gateway Timeout"}


class Hangup(Exception):
    """The connection is to be closed without a reply."""


class Garbled(Exception):
    """What is answered is not to be understood."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json


async def call(telegram: Telegram, token: str, name: str, given: Json, uploads: dict[str, Upload]) -> Answer:
    """What the Bot API answers. Raises Hangup when a fault wants no answer."""
    bot = telegram.bots.get(token)
    if bot is None:
        shaped = TOKEN.fullmatch(token) is not None
        return _refused(Refusal(401, "Unauthorized") if shaped else Refusal(404, "Not Found"))
    method = METHODS.get(name.lower())
    if method is None:
        return _refused(Refusal(404, "Not Found: method not found"))
    try:
        params, unknown = decode(method.name, given, uploads)
    except Refusal as refusal:
        answer = _refused(refusal)
        telegram.new_call(bot, method.name, given).answer = answer.body
        return answer
    record = telegram.new_call(bot, method.name, params, unknown)
    ask = Ask(telegram, bot, method.name, params, uploads, record)
    fault = _strike(ask)
    try:
        if fault is not None:
            record.fault = fault.kind.value
            await _before(ask, fault)
        result = method.handle(ask)
        if method.waits:
            result = await result
        answer = Answer(200, {"ok": True, "result": result})
        record.answer = answer.body  # also when it is about to be lost
        if fault is not None:
            answer = await _after(ask, fault, answer)
    except Refusal as refusal:
        answer = _refused(refusal)
    record.answer = answer.body
    return answer


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.code, refusal.json())


def _strike(ask: Ask) -> Fault | None:
    if not ask.telegram.faults.rules:
        return None
    chat_id = ask.params.get("chat_id")
    if isinstance(chat_id, str):
        chat = ask.telegram.find_chat(ask.bot, chat_id)
        chat_id = chat.id if chat else None
    return ask.telegram.faults.strike(ask.method, chat_id)


async def _before(ask: Ask, fault: Fault) -> None:
    match fault.kind:
        case FaultKind.FLOOD:
            text = f"Too Many Requests: retry after {fault.retry_after}"
            raise Refusal(429, text, retry_after=fault.retry_after)
        case FaultKind.FORBIDDEN:
            raise forbidden(fault.text or "bot was blocked by the user")
        case FaultKind.BAD_REQUEST:
            raise bad_request(fault.text or "chat not found")
        case FaultKind.SERVER_ERROR:
            raise Refusal(fault.status, fault.text or _TEXTS.get(fault.status, "Internal Server Error"))
        case FaultKind.RESET:
            raise Hangup
        case FaultKind.SLOW:
            await ask.telegram.faults.wait(fault.delay)
        case _:
            pass


async def _after(ask: Ask, fault: Fault, answer: Answer) -> Answer:
    match fault.kind:
        case FaultKind.LOST_ANSWER:
            raise Hangup
        case FaultKind.GARBLED:
            raise Garbled
        case FaultKind.SLOW_ANSWER:
            await ask.telegram.faults.wait(fault.delay)
            return answer
        case FaultKind.SERVER_ERROR_AFTER:
            text = fault.text or _TEXTS.get(fault.status, "Internal Server Error")
            return Answer(fault.status, {"ok": False, "error_code": fault.status, "description": text})
        case _:
            return answer


class BotApi:
    """Answers what begins with /bot and /file/bot; everything else goes to the app beneath."""

    def __init__(self, app: ASGIApp, telegram: Telegram) -> None:
        self._app = app
        self._telegram = telegram

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"] if scope["type"] == "http" else ""
        if path.startswith("/bot"):
            token, _, name = path[4:].partition("/")
            await self._call(scope, receive, send, token, name)
        elif path.startswith("/file/bot"):
            token, _, file = path[9:].partition("/")
            await self._file(send, token, file)
        else:
            await self._app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send, token: str, name: str) -> None:
        try:
            given, uploads = await _parameters(scope, receive)
            answer = await call(self._telegram, token, name, given, uploads)
        except Refusal as refusal:
            answer = _refused(refusal)
        except Hangup:
            await _hang_up(scope, receive)
            return
        except Garbled:
            await _reply(send, 200, b'{"ok":true,"resu')
            return
        except ClientDisconnect:
            return
        except Exception as error:
            log.exception("sandbox failed: method=%s", name)
            answer = _refused(Refusal(500, f"Internal Server Error: the sandbox failed: {type(error).__name__}"))
        body = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        await _reply(send, answer.status, body)

    async def _file(self, send: Send, token: str, path: str) -> None:
        data = self._telegram.files.at_path(path) if token in self._telegram.bots else None
        if data is None:
            await _reply(send, 404, b'{"ok":false,"error_code":404,"description":"Not Found"}')
        else:
            await _reply(send, 200, data, b"application/octet-stream")


async def _parameters(scope: Scope, receive: Receive) -> tuple[Json, dict[str, Upload]]:
    given: Json = dict(parse_qsl(scope["query_string"].decode("latin-1"))) if scope["query_string"] else {}
    uploads: dict[str, Upload] = {}
    if scope["method"] not in {"GET", "POST"}:
        raise Refusal(405, "Method Not Allowed")
    content_type, size = "", 0
    for key, value in scope["headers"]:
        if key == b"content-type":
            content_type = value.decode("latin-1")
        elif key == b"content-length":
            size = int(value)
    if size > BODY_MAX_BYTES:
        raise Refusal(413, "Request Entity Too Large")
    if content_type.startswith("multipart/form-data"):
        await _multipart(scope, receive, given, uploads)
        return given, uploads
    body = await _body(receive)
    if not body:
        return given, uploads
    if content_type.startswith("application/json"):
        try:
            decoded = json.loads(body)
        except (ValueError, RecursionError):
            raise bad_request("can't parse the request: it is not valid JSON") from None
        if not isinstance(decoded, dict):
            raise bad_request("can't parse the request: an object is expected")
        given |= decoded
    else:
        given |= parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    return given, uploads


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = event.get("body", b"")
        size += len(part)
        if size > BODY_MAX_BYTES:
            raise Refusal(413, "Request Entity Too Large")
        parts.append(part)
        if not event.get("more_body"):
            return b"".join(parts)


async def _multipart(scope: Scope, receive: Receive, given: Json, uploads: dict[str, Upload]) -> None:
    try:
        async with Request(scope, receive).form(max_files=20, max_part_size=2**20) as form:
            for key, value in form.multi_items():
                if isinstance(value, UploadFile):
                    uploads[key] = Upload(value.filename or key, await value.read(), value.content_type)
                else:
                    given[key] = value
    except (MultiPartException, AssertionError) as error:
        raise bad_request(f"can't parse the request: {error}") from None
    except Exception as error:
        if type(error).__name__ == "HTTPException":  # what Request.form makes of it inside an app
            raise bad_request(f"can't parse the request: {getattr(error, 'detail', error)}") from None
        raise


async def _reply(send: Send, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Closes the TCP connection; the server puts its transport into the scope's state for this."""
    transport: Any = scope.get("state", {}).get("transport")
    if transport is None:
        raise ConnectionResetError("no connection to close: the lost-answer fault needs the sandbox's Server")
    transport.close()
    await receive()  # until the server has seen that the connection is gone
