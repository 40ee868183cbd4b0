"""The list API of the whole program, asked over loopback: the lists of the chat, for whoever asks, and nothing else."""

import asyncio
import itertools
import json
import re
import sqlite3
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import SearchFailed, StoreError
from bot.intake.jsonl import record
from bot.model import ArticleState, Listing
from bot.store import articles, reads
from bot.web import api
from tests.program.harness import NOON, Program

LISTS = ["/api/search?q=tea", "/api/articles", "/api/top", "/api/articles/1"]


async def ask(site: httpx.AsyncClient, path: str, **params: object) -> Any:
    answer = await site.get(path, params={name: str(value) for name, value in params.items()} or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: dict[str, Any]) -> list[int]:
    return [article["id"] for article in answer["articles"]]


async def test_a_search_finds_what_the_chat_finds_with_snippets_and_marks(
    program: Program, site: httpx.AsyncClient
) -> None:
    await program.publish("Black tea", body="<p>Leaves 🍃 of tea &amp; milk.</p>", tags=("Drinks",), author="Ann")
    await program.publish("Coffee")
    found = await ask(site, "/api/search", q="tea")
    assert found == {
        "total": 1,
        "articles": [
            {
                "id": 1,
                "url": "https://example.org/black-tea",
                "title": "Black tea",
                "summary": "Leaves 🍃 of tea & milk.",
                "author": "Ann",
                "language": "",
                "tags": ["Drinks"],
                "image_url": None,
                "published_at": "2026-03-02T12:00:00.000Z",
                "snippet": "Leaves 🍃 of tea & milk.",
                "marks": [[12, 15]],
                "title_marks": [[6, 9]],
            }
        ],
        "meant": None,
        "is_partial": False,
    }
    [article] = found["articles"]
    assert [article["snippet"][start:end] for start, end in article["marks"]] == ["tea"]
    assert (await ask(site, "/api/search", q="cofee"))["meant"] == "coffee"


async def test_the_pages_of_a_search_are_every_article_once(program: Program, site: httpx.AsyncClient) -> None:
    for number in range(45):
        await program.publish(f"Tea {number}", body=f"<p>{'tea ' * (number % 7)}</p>")
    pages = [await ask(site, "/api/search", q="tea", limit=7, offset=offset) for offset in range(0, 49, 7)]
    assert {page["total"] for page in pages} == {45}
    assert sorted(id_ for page in pages for id_ in ids(page)) == list(range(1, 46))
    assert ids(await ask(site, "/api/search", q="tea", limit=100)) == [id_ for page in pages for id_ in ids(page)]
    assert ids(await ask(site, "/api/search", q="tea", offset=2000)) == []


async def test_the_newest_are_paged_stably_while_others_come_and_go(program: Program, site: httpx.AsyncClient) -> None:
    for number in range(12):  # three each minute, so that moments are shared
        await program.publish(f"Story {number}", published_at=NOON - timedelta(minutes=number // 3))
    first = await ask(site, "/api/articles", limit=4)
    assert ids(first) == [3, 2, 1, 6]
    await program.publish("Newer")
    await articles.withdraw(program.app.db, 6)  # the one that the next page begins after
    seen, page = ids(first), first
    while page["next"]:
        page = await ask(site, "/api/articles", limit=4, before=page["next"])
        seen += ids(page)
    assert seen == [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]
    assert ids(await ask(site, "/api/articles", before=6)) == [5, 4, 9, 8, 7, 12, 11, 10]
    assert ids(await ask(site, "/api/articles", before="2026-03-02T11:58:00Z")) == [12, 11, 10]


async def test_a_tag_narrows_lists_as_in_the_chat(program: Program, site: httpx.AsyncClient) -> None:
    for number in range(6):
        await program.publish(f"Story {number}", tags=("Économie",) if number % 2 else ("x",))
        await reads.record(program.app.db, number + 1, "somebody", "list")
    page = await ask(site, "/api/articles", tag="#ECONOMIE", limit=2)
    assert ids(page) == [6, 4]
    assert ids(await ask(site, "/api/articles", tag="economie", limit=2, before=page["next"])) == [2]
    assert ids(await ask(site, "/api/top", tag="économie")) == [6, 4, 2]
    assert ids(await ask(site, "/api/articles", tag="none")) == ids(await ask(site, "/api/top", tag="none")) == []


async def test_the_top_of_each_period_is_that_of_the_chat_and_a_request_counts_no_read(
    program: Program, site: httpx.AsyncClient
) -> None:
    for number in range(3):
        await program.publish(f"Story {number}")
    for article_id, reader in [(2, "a"), (2, "b"), (1, "a")]:
        await reads.record(program.app.db, article_id, reader, "list")
    await ask(site, "/api/articles/3")
    for period in ("day", "week", "month", "year", "all", "rising"):
        top = await ask(site, "/api/top", period=period)
        assert (top["period"], [(a["id"], a["reads"], a["reactions"]) for a in top["articles"]]) == (
            period,
            [(2, 2, 0), (1, 1, 0)],
        )
    assert ids(await ask(site, "/api/top", limit=1, offset=1)) == [1]
    program.clock.move(days=2)
    assert ids(await ask(site, "/api/top", period="day")) == []


async def test_an_article_is_given_whole_in_the_form_of_export_with_its_sanitised_body(
    program: Program, site: httpx.AsyncClient
) -> None:
    await program.publish("Safe", body="<p onclick=x>Words</p><script>alert(1)</script>", tags=("a", "b"))
    article = await ask(site, "/api/articles/1")
    assert article == {
        "id": 1,
        "url": "https://example.org/safe",
        "title": "Safe",
        "body": "<p>Words</p>",
        "tags": ["a", "b"],
        "published_at": "2026-03-02T12:00:00.000Z",
        "state": "published",
    }
    assert article == {"id": 1, **record(await articles.get(program.app.db, 1), "")}


async def test_drafts_scheduled_and_withdrawn_articles_are_nowhere(program: Program, site: httpx.AsyncClient) -> None:
    states = (ArticleState.DRAFT, ArticleState.SCHEDULED, ArticleState.PUBLISHED, ArticleState.PUBLISHED)
    for number, state in enumerate(states):
        await program.publish(f"Tea {number}", tags=("tea",), state=state)
    await reads.record(program.app.db, 3, "somebody", "list")
    assert ids(await ask(site, "/api/search", q="tea")) != []
    await articles.withdraw(program.app.db, 3)
    for path in ("/api/search?q=tea", "/api/search?q=tag:tea", "/api/articles", "/api/articles?tag=tea"):
        assert ids(await ask(site, path)) == [4], path
    assert ids(await ask(site, "/api/top?period=all")) == ids(await ask(site, "/api/top?period=all&tag=tea")) == []
    assert [(await site.get(f"/api/articles/{number}")).status_code for number in range(1, 5)] == [404, 404, 404, 200]
    for draft in (1, 2):
        assert (await site.get(f"/api/articles?before={draft}")).status_code == 400


async def test_what_was_published_a_moment_ago_is_found(program: Program, site: httpx.AsyncClient) -> None:
    for number in range(3):
        await program.publish(f"News{number}")
        assert (await ask(site, "/api/search", q=f"news{number}"))["total"] == 1


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/search", 400, "q: missing; ask /api/search?q=WORDS"),
        ("/api/search?q=tea&limit=0", 400, "limit: found '0', expected a number from 1 to 100"),
        ("/api/search?q=tea&limit=101", 400, "limit: found '101', expected a number from 1 to 100"),
        ("/api/search?q=tea&offset=2001", 400, "offset: found '2001', expected a number from 0 to 2000"),
        ("/api/search?q=tea&offset=-1", 400, "offset: found '-1', expected a number from 0 to 2000"),
        ("/api/search?q=tea+since:soon", 400, "q: found 'soon', expected a date after since: or until:, such as 2026"),
        ("/api/articles?before=soon", 400, "before: found 'soon', expected what an answer gave as `next`"),
        ("/api/articles?before=77", 400, "before: there is no article 77; give what an answer gave as `next`"),
        ("/api/top?period=decade", 400, "period: found 'decade', expected one of day, week, month, year, all, rising"),
        ("/api/top?offset=x", 400, "offset: found 'x', expected a number from 0 to 2000"),
        ("/api/articles?" + "a&" * 99, 400, "the address has more than 20 parameters; leave some out"),
        ("/api/articles/77", 404, "there is no article '77'; ids are in the lists: /api/articles"),
        ("/api/articles/x%0a%00%ff", 404, "there is no article 'x\\n\\x00\ufffd'; ids are in the lists"),
        ("/api/articles/" + "9" * 500, 404, "there is no article '9999"),
        ("/api/articles/", 404, "there is nothing at this address; there are /api/search, /api/articles, "),
        ("/", 404, "there is nothing at this address; there are /api/search, /api/articles, "),
    ],
)
async def test_what_is_asked_wrongly_is_answered_with_what_and_how_to_mend_it(
    site: httpx.AsyncClient, path: str, status: int, said: str
) -> None:
    answer = await site.get(path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].startswith(said)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", LISTS)
async def test_any_sites_page_may_read_and_may_only_read(program: Program, site: httpx.AsyncClient, path: str) -> None:
    await program.publish("Tea")
    got, head, asked = await site.get(path), await site.head(path), await site.options(path)
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.headers["cache-control"] == "public, max-age=10"
    assert got.headers["content-length"] == head.headers["content-length"]
    assert "server" not in got.headers
    assert (asked.status_code, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD, OPTIONS")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = await site.request(method, path)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert f"{method} is not possible here" in refused.json()["error"]
    for answer in (got, head, asked, refused):
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "words",
    ["", "\x00", '"', "'; DROP TABLE article; --", "C++", "😀" * 600, "a" * 10_000, "چای" * 1000, "\\ % _ *", "<b>"],
)
async def test_every_query_is_answered(program: Program, site: httpx.AsyncClient, words: str) -> None:
    await program.publish("Tea")
    assert (await ask(site, "/api/search", q=words))["total"] == 0


async def test_an_address_longer_than_the_parser_takes_is_cut_and_answered(
    program: Program, site: httpx.AsyncClient
) -> None:
    await program.publish("Tea 😀")
    assert program.app.web is not None
    host, port = program.app.web.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /api/search?q=tea+" + b"%F0%9F%98%80" * 10_000 + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 200 ")
    assert ids(json.loads(body)) == [1]


texts = st.text(max_size=40)
wild = st.fixed_dictionaries(
    {},
    optional={
        "q": texts | st.sampled_from(["tea", '"tea', "tea since:2026-13", "-tea", "te*", "tag:", "until:0000"]),
        "limit": texts | st.integers(-5, 10**20).map(str),
        "offset": texts | st.integers(-5, 3000).map(str),
        "before": texts | st.datetimes().map(str) | st.integers(0, 10**20).map(str),
        "period": texts | st.sampled_from(["day", "ALL", "rising"]),
        "tag": texts,
    },
)
asked = st.tuples(st.sampled_from(["search", "articles", "top"]) | texts.map(lambda text: f"articles/{text}"), wild)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=5
)
@given(st.lists(asked, min_size=40, max_size=60))
async def test_whatever_is_asked_gets_an_answer_in_json(
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
    requests: list[tuple[str, dict[str, str]]],
) -> None:
    caplog.clear()
    async with Program(tmp_path_factory.mktemp("program"), listen="127.0.0.1:0") as program:
        await program.publish("Tea", tags=("tea",))
        assert program.app.web is not None
        async with httpx.AsyncClient(base_url=program.app.web.url, trust_env=False) as site:
            for path, params in requests:
                answer = await site.get(f"/api/{quote(path)}", params=params)
                assert answer.status_code in (200, 400, 404), (path, params, answer.text)
                said = answer.json()
                assert ("error" in said) == (answer.status_code != 200)
                assert len(said.get("articles", [])) <= 100
    assert [entry for entry in caplog.records if entry.levelname in ("WARNING", "ERROR")] == []


async def test_a_flood_of_searches_is_turned_away_and_neither_chat_nor_delivery_waits_for_it(
    program: Program, site: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa = program.scene.rosa
    await program.publish("Tea")
    going, begun = asyncio.Event(), asyncio.Event()
    find = program.app.search.find

    async def slowly(text: str, *, size: int, offset: int) -> Listing:
        begun.set()
        await going.wait()
        return await find(text, size=size, offset=offset)

    with monkeypatch.context() as patch:
        patch.setattr(program.app.search, "find", slowly)
        flood = [asyncio.create_task(site.get("/api/search?q=tea", timeout=60)) for _ in range(90)]
        await begun.wait()
        assert ids(await ask(site, "/api/articles")) == [1], "lists have a gate of their own"
        for turned_away in itertools.islice(asyncio.as_completed(flood), 90 - api.WAITING - api.SEARCHES_AT_ONCE):
            assert (await turned_away).status_code == 503
        patch.undo()
        assert "Tea" in ((await program.ask(rosa, "/search tea")).text or "")
        assert "Tea" in ((await program.ask(rosa, "/latest")).text or "")
        going.set()
        answers = await asyncio.gather(*flood)
    kinds = Counter((answer.status_code, answer.headers.get("retry-after")) for answer in answers)
    assert kinds == {
        (200, None): api.WAITING + api.SEARCHES_AT_ONCE,
        (503, "1"): 90 - api.WAITING - api.SEARCHES_AT_ONCE,
    }
    assert all(re.match("too many ask at once; try again", a.json()["error"]) for a in answers if a.status_code == 503)


@pytest.mark.parametrize(
    ("error", "status", "said", "logged"),
    [
        (RuntimeError("secret"), 500, "this could not be answered; the log of the bot says why", 1),
        (StoreError("secret"), 503, "the store does not work now; try later", 0),
        (sqlite3.OperationalError("secret"), 503, "the store does not work now; try later", 0),
        (
            SearchFailed("the search index is only being made: try again in a moment"),
            503,
            "the search index is only",
            0,
        ),
        (TimeoutError(), 503, "too many ask at once; try again soon", 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_what_fails_is_said_in_json_and_what_was_asked_is_not_logged(
    program: Program,
    site: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    said: str,
    logged: int,
) -> None:
    async def fails(*_: object, **__: object) -> Listing:
        raise error

    monkeypatch.setattr(program.app.search, "find", fails)
    answer = await site.get("/api/search?q=private")
    assert (answer.status_code, "retry-after" in answer.headers) == (status, status == 503)
    assert answer.json()["error"].startswith(said)
    errors = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert [entry.getMessage() for entry in errors] == ["answer failed: path=/api/search"] * logged
    assert "private" not in "".join(entry.getMessage() for entry in caplog.records if "httpx" not in entry.name)


async def test_who_is_alive_says_so(site: httpx.AsyncClient) -> None:
    answer = await site.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
