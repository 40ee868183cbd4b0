"""The list API: the lists of the chat as JSON, for a site's search box. Public, and for reading only.

However many ask, few are answered at once, so that the bot has its share of the threads and of the store.
"""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import NotFound, PaperboyError, SearchFailed, StoreError
from bot.model import ArticleState
from bot.query import parse
from bot.store import articles, reads
from bot.store.db import Database
from bot.store.search import DEPTH, Search
from bot.web import objects, parameters
from bot.web.parameters import WrongParameter

log = logging.getLogger(__name__)

SIZE, MOST = 20, 100  # articles in an answer
SEARCHES_AT_ONCE = 1  # of the two threads there are one stays free for the chat
LISTS_AT_ONCE = 4
WAITING = 50  # who comes when so many wait is told to come again
DEADLINE_SECONDS = 5.0  # waiting included
FRESH_SECONDS = 10  # an answer may be shown again for so long
METHODS = "GET, HEAD, OPTIONS"
PUBLIC = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}  # any site's page may read it

Work = Callable[[Request], Awaitable[objects.Object]]


class Busy(PaperboyError):
    """More is asked for at once than can be answered."""


class Gate:
    """Lets so many in at once; a few more wait, and the rest are turned away."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises Busy."""
        if self._room == 0:
            raise Busy("too many ask at once; try again in a second")
        self._room -= 1
        try:
            async with self._turn:
                yield
        finally:
            self._room += 1


class Lists:
    """What each address answers. Every method raises WrongParameter, NotFound or SearchFailed."""

    def __init__(self, db: Database, search: Search) -> None:
        self._db = db
        self._search = search

    async def search(self, request: Request) -> objects.Object:
        given = parameters.fields(request.scope["query_string"])
        if (query := given.get("q")) is None:
            raise WrongParameter("q: missing; ask /api/search?q=WORDS")
        limit = parameters.number(given, "limit", SIZE, 1, MOST)
        offset = parameters.number(given, "offset", 0, 0, DEPTH)
        if wrong := parse(query).wrong:
            raise WrongParameter.of("q", wrong[0], "a date after since: or until:, such as 2026, 2026-01 or 2026-01-31")
        return objects.found(await self._search.find(query, size=limit, offset=offset))

    async def latest(self, request: Request) -> objects.Object:
        given = parameters.fields(request.scope["query_string"])
        limit, before = parameters.number(given, "limit", SIZE, 1, MOST), parameters.place(given)
        if isinstance(before, int):
            known = await articles.find(self._db, before)
            if known is None or known.state not in (ArticleState.PUBLISHED, ArticleState.WITHDRAWN):
                raise WrongParameter(f"before: there is no article {before}; give what an answer gave as `next`")
            before = known.published_at, known.id
        return objects.latest(await articles.latest(self._db, tag=parameters.tag(given), size=limit, before=before))

    async def top(self, request: Request) -> objects.Object:
        given = parameters.fields(request.scope["query_string"])
        limit, offset = (
            parameters.number(given, "limit", SIZE, 1, MOST),
            parameters.number(given, "offset", 0, 0, DEPTH),
        )
        period = parameters.period(given)
        return objects.top(
            await reads.top(self._db, period, size=limit, offset=offset, tag=parameters.tag(given)), period
        )

    async def article(self, request: Request) -> objects.Object:
        """Published ones only: ids can be guessed."""
        asked = request.path_params["id"]
        article_id = parameters.digits(asked)
        found = None if article_id is None else await articles.find(self._db, article_id)
        if found is None or found.state is not ArticleState.PUBLISHED:
            raise NotFound(f"there is no article {asked[:40]!r}; ids are in the lists: /api/articles")
        return objects.article(found)


def create_app(db: Database, search: Search) -> Starlette:
    """The ASGI app."""
    lists = Lists(db, search)
    searches, others = Gate(SEARCHES_AT_ONCE, WAITING), Gate(LISTS_AT_ONCE, WAITING)
    app = Starlette(
        routes=[
            _route("/api/search", lists.search, searches),
            _route("/api/articles", lists.latest, others),
            _route("/api/articles/{id}", lists.article, others),
            _route("/api/top", lists.top, others),
            Route("/healthz", _alive),
        ],
        exception_handlers={HTTPException: _not_here},
    )
    app.router.redirect_slashes = False
    return app


def _route(path: str, work: Work, gate: Gate) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return _what_is_allowed()
        return await _answer(path, work, request, gate)

    return Route(path, endpoint, methods=["GET", "OPTIONS"])


async def _answer(path: str, work: Work, request: Request, gate: Gate) -> Response:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS), gate.turn():
            return _json(await work(request), {"Cache-Control": f"public, max-age={FRESH_SECONDS}"})
    except WrongParameter as error:
        return _error(HTTPStatus.BAD_REQUEST, str(error))
    except NotFound as error:
        return _error(HTTPStatus.NOT_FOUND, str(error))
    except (Busy, SearchFailed) as error:
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "1"})
    except TimeoutError:
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, "too many ask at once; try again soon", {"Retry-After": "5"})
    except (StoreError, sqlite3.Error):  # a fault of the store stands in the log already
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, "the store does not work now; try later", {"Retry-After": "60"})
    except Exception:
        log.exception("answer failed: path=%s", path)
        return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "this could not be answered; the log of the bot says why")


async def _alive(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


async def _not_here(request: Request, error: Exception) -> Response:
    """What is asked for at no address of ours, or with another method."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        text = f"{request.method[:40]} is not possible here, this is for reading only: {METHODS}"
        return _error(error.status_code, text, {"Allow": METHODS})
    there = "/api/search, /api/articles, /api/articles/ID and /api/top"
    return _error(error.status_code, f"there is nothing at this address; there are {there}")


def _what_is_allowed() -> Response:
    """What a browser asks before it sends another page's unusual request."""
    asked = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={**PUBLIC, **asked, "Allow": METHODS})


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return _json({"error": text}, {"Cache-Control": "no-store", **(headers or {})}, status)


def _json(content: objects.Object, headers: dict[str, str], status: int = HTTPStatus.OK) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, {**PUBLIC, **headers}, media_type="application/json; charset=utf-8")
