"""The web chat: the page, and over JSON what it (or a test in another process) sees and does.

    GET  /chat/state?person=         people, bots, chats with unread counts and commands (webview.state)
    GET  /chat/messages?person=&chat=[&topic=&before=&limit=]    {"messages": […], "more": bool}, oldest first
    GET  /chat/events?person=        server-sent events: `hello` when connected, or when events were skipped (ask for
                                     all again), then {"kind", "chat", "id", "message", "action"}
    GET  /chat/file/<file_id>        a photo or document
    POST /chat/act                   {"person", "act", …arguments of People}   (webacts.ACTS)
    POST /chat/faults                {"clear": true, "add": [{"kind", "method", …}], "flood_control": bool}, as needed
    GET  /chat/calls?since=          Bot API calls with a number above `since`

JSON answers are {"ok": true, "result"} or {"ok": false, "error"}; an act that a person cannot do is no HTTP error.
Requests must name this machine in their Host header, so that no other site can reach in by DNS rebinding.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox import webview
from bot.sandbox.people import ActError
from bot.sandbox.webacts import Args, find_chat, perform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from starlette.requests import Request

    from bot.sandbox.nouns import Chat, Event, Json, Person
    from bot.sandbox.world import Telegram

    Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

WEB = Path(__file__).parent / "web"
PAGES = {
    "/": "index.html",
    **{f"/{name}": name for name in ("style.css", "icon.svg")},
    **{f"/{name}.js": f"{name}.js" for name in ("chat", "composer", "inline", "messages", "panels", "render", "wire")},
}
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}
HEARTBEAT_SECONDS = 15.0
WAITING_EVENTS_MAX = 500  # a page further behind asks for everything again
BODY_MAX_BYTES = 80 * 2**20  # a document of 50 MB in base64


def routes(telegram: Telegram, *, hosts: Iterable[str] = ()) -> list[Route]:
    """The web chat over one Telegram. `hosts`: names beside localhost by which it may be reached."""
    return WebChat(telegram, hosts=hosts).routes()


class WebChat:
    """Answers the page. Its event streams end at the event `closing`, else they would keep a server from stopping."""

    def __init__(self, telegram: Telegram, *, hosts: Iterable[str] = ()) -> None:
        self._telegram = telegram
        self._hosts = LOCAL_HOSTS | {host.lower() for host in hosts}
        self._reading = webview.Reading()

    def routes(self) -> list[Route]:
        handlers: list[tuple[str, Handler, str]] = [
            ("/chat/state", self._state, "GET"),
            ("/chat/messages", self._messages, "GET"),
            ("/chat/events", self._events, "GET"),
            ("/chat/file/{file_id}", self._file, "GET"),
            ("/chat/act", self._act, "POST"),
            ("/chat/faults", self._faults, "POST"),
            ("/chat/calls", self._calls, "GET"),
            *((path, _page(name), "GET") for path, name in PAGES.items()),
        ]
        return [Route(path, self._guarded(handler), methods=[method]) for path, handler, method in handlers]

    def _guarded(self, handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            host = request.headers.get("host", "").lower()
            name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
            origin = request.headers.get("origin")
            if name not in self._hosts:
                return PlainTextResponse("This is not the name of this machine: open http://localhost instead.\n", 421)
            if origin is not None and origin.lower().partition("://")[2] != host:
                return PlainTextResponse("Other sites have no business here.\n", 403)
            try:
                response = await handler(request)
            except ActError as error:
                response = _json({"ok": False, "error": _sentence(str(error))})
            for key, value in SECURITY.items():
                response.headers.setdefault(key, value)
            return response

        return guarded

    def _person(self, number: object) -> Person:
        """The person with this id; without one, the first."""
        persons = self._telegram.persons
        if (number is None or number == "") and persons:
            return next(iter(persons.values()))
        key = int(number) if isinstance(number, str) and number.isascii() and number.isdigit() else number
        if not isinstance(key, int) or key not in persons:
            raise ActError(f"there is no person {number!s:.40}")
        return persons[key]

    # What is seen

    async def _state(self, request: Request) -> Response:
        person = self._person(request.query_params.get("person"))
        return _result(webview.state(self._telegram, self._reading, person))

    async def _messages(self, request: Request) -> Response:
        query = request.query_params
        person = self._person(query.get("person"))
        chat_id = _number(query, "chat")
        if chat_id is None:
            raise ActError("chat is missing: expected a chat's id")
        chat = self._seen_by(person, chat_id)
        topic, before, limit = _number(query, "topic"), _number(query, "before"), _number(query, "limit")
        standing = [
            message
            for message in chat.messages.values()
            if (topic is None or webview.topic_of(message) == topic) and (before is None or message.id < before)
        ]
        shown = standing if limit is None else standing[-max(limit, 1) :]
        messages = [webview.message(message, person) for message in shown]
        return _result({"messages": messages, "more": len(shown) < len(standing)})

    def _seen_by(self, person: Person, chat_id: int) -> Chat:
        chat = find_chat(self._telegram, person, chat_id)
        if chat.kind != "private" and not chat.username and not chat.member(person).present:
            raise ActError(f"{person.first_name} is not in {chat.title}")
        return chat

    async def _file(self, request: Request) -> Response:
        files = self._telegram.files
        media = files.find(request.path_params["file_id"])
        if media is None:
            return PlainTextResponse("There is no such file.\n", 404)
        data = files.read(media.file_id)
        kind = next((mime for magic, mime in PICTURES.items() if data.startswith(magic)), None)
        if kind is not None and media.kind == "photo":
            return Response(data, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})
        # Anything else could be a page with a script in it: it is only ever saved, never shown.
        headers = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox; default-src 'none'"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    async def _events(self, request: Request) -> Response:
        person = self._person(request.query_params.get("person"))
        return StreamingResponse(self._stream(person), media_type="text/event-stream")

    async def _stream(self, person: Person) -> AsyncIterator[str]:
        waiting: asyncio.Queue[Event] = asyncio.Queue()
        unlisten = self._telegram.listen(waiting.put_nowait)
        try:
            yield "event: hello\ndata: {}\n\n"
            while not self._telegram.closing:
                try:
                    event = await asyncio.wait_for(waiting.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event.kind == "closing":
                    return
                if waiting.qsize() > WAITING_EVENTS_MAX:
                    while not waiting.empty():
                        waiting.get_nowait()
                    yield "event: hello\ndata: {}\n\n"
                else:
                    yield f"data: {json.dumps(self._told(event, person))}\n\n"
        finally:
            unlisten()

    def _told(self, event: Event, person: Person) -> Json:
        """The event as this person's page needs it; of other people's chats only that something happened."""
        try:
            private_of_other = event.chat_id > 0 and event.chat_id != person.id
            number = event.bot_id if event.chat_id > 0 and event.bot_id is not None else event.chat_id
            chat = None if private_of_other else self._seen_by(person, number)
        except ActError:
            chat = None
        if chat is None:
            return {"kind": "elsewhere", "chat": None, "id": None, "action": None, "message": None}
        message = chat.messages.get(event.message_id or 0)
        return {
            "kind": event.kind,
            "chat": webview.chat_id(chat),
            "id": event.message_id,
            "action": event.data.get("action"),
            "message": webview.message(message, person) if message is not None else None,
        }

    # What is done

    async def _act(self, request: Request) -> Response:
        given = await _body(request)
        if given.get("act") == "create_person":
            return _result({"person": self._create_person(given)})
        if "person" not in given:
            raise ActError("person is missing: expected the id of who does this")
        person = self._person(given["person"])
        args = Args(self._telegram, self._reading, given)
        return _result(await perform(str(given.get("act")), person, args))

    def _create_person(self, given: Json) -> int:
        args = Args(self._telegram, self._reading, given)
        username = args.text("username", "") or None
        made = self._telegram.add_person(
            args.text("first_name"), username=username, language_code=args.text("language_code", "en")
        )
        return made.id

    async def _faults(self, request: Request) -> Response:
        """Sets fault rules and flood control; gives what holds now."""
        given = await _body(request)
        faults, flood = self._telegram.faults, self._telegram.flood
        if given.get("clear"):
            faults.clear()
        try:
            for rule in given.get("add") or []:
                faults.add(**rule)
        except (TypeError, ValueError) as error:
            raise ActError(f"this is no fault rule: {error}") from None
        if isinstance(given.get("flood_control"), bool):
            flood.enabled = given["flood_control"]
        return _result({"rules": [rule.json() for rule in faults.rules], "flood_control": flood.enabled})

    async def _calls(self, request: Request) -> Response:
        since = _number(request.query_params, "since") or 0
        calls = [
            {
                "number": call.number,
                "bot": call.bot_id,
                "method": call.method,
                "params": call.params,
                "answer": call.answer,
                "at": call.at.isoformat(),
                "fault": call.fault,
                "unknown": list(call.unknown),
            }
            for call in self._telegram.calls
            if call.number > since
        ]
        return _result({"calls": calls, "methods": Counter(call["method"] for call in calls)})


def _page(name: str) -> Handler:
    async def page(_: Request) -> Response:
        return FileResponse(WEB / name, headers={"Cache-Control": "no-cache"})

    return page


def _result(result: object) -> Response:
    return _json({"ok": True, "result": result})


def _json(answer: Json) -> Response:
    # ASCII, because what was refused may hold half a surrogate pair.
    return Response(json.dumps(answer, default=_described), media_type="application/json")


def _described(value: object) -> str:
    """What JSON cannot carry, of the parameters of a call: an uploaded file."""
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else f"<{type(value).__name__}>"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def _number(query: Any, name: str) -> int | None:  # noqa: ANN401
    text = query.get(name)
    if text in {None, ""}:
        return None
    try:
        return int(text)
    except ValueError:
        raise ActError(f"{name} should be a whole number, not {text!r:.40}") from None


async def _body(request: Request) -> Json:
    """The JSON object that was posted. Only application/json is taken: another site's form cannot send it unasked."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ActError("send the request as application/json")
    if int(request.headers.get("content-length", "0")) > BODY_MAX_BYTES:
        raise ActError("this is more than 50 MB, the most that Telegram takes")
    try:
        given = json.loads(await request.body())
    except ValueError:
        raise ActError("the body is not JSON") from None
    if not isinstance(given, dict):
        raise ActError("the body is not a JSON object")
    return given
