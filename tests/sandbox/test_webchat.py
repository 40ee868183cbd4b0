"""The web chat over HTTP: what a person sees, does and is told, and who is kept out."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.nouns import Bot, CallbackAnswer, Chat, Person
from bot.sandbox.server import Server, create_app
from bot.sandbox.webacts import ACTS, ASKING
from bot.sandbox.world import Telegram

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Rosa reads, Chiara owns a channel and a group, Paperboy is a bot; and how to ask the web chat."""

    telegram: Telegram
    bot: Bot
    rosa: Person
    chiara: Person
    channel: Chat
    group: Chat
    http: httpx.AsyncClient

    async def get(self, path: str, **query: object) -> Any:
        answer = (await self.http.get(path, params={k: str(v) for k, v in query.items()})).json()
        assert answer["ok"], answer
        return answer["result"]

    async def act(self, person: Person, act: str, /, **arguments: object) -> Any:
        answer = (await self.http.post("/chat/act", json={"person": person.id, "act": act, **arguments})).json()
        assert answer["ok"], answer
        return answer["result"]

    async def refused(self, person: Person, act: str, /, **arguments: object) -> str:
        reply = await self.http.post("/chat/act", json={"person": person.id, "act": act, **arguments})
        assert reply.status_code == 200  # a refused act is no fault of the page: browsers print those
        assert not reply.json()["ok"], reply.text
        return str(reply.json()["error"])

    async def chat(self, person: Person, chat_id: int) -> Any:
        state = await self.get("/chat/state", person=person.id)
        return next(chat for chat in state["chats"] if chat["id"] == chat_id)

    async def texts(self, person: Person, chat_id: int) -> list[str]:
        seen = await self.get("/chat/messages", person=person.id, chat=chat_id)
        return [message["text"] for message in seen["messages"] if not message["service"]]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    telegram = Telegram(flood_control=False)
    bot = telegram.add_bot("7000000001:AAEexampleexampleexampleexampleexamp", username="paperboy_bot", name="Paperboy")
    rosa = telegram.add_person("Rosa", username="rosa")
    chiara = telegram.add_person("Chiara", language_code="it")
    channel = telegram.add_channel(chiara, "Harbour News", username="harbour_news")
    group = telegram.add_group(chiara, "Harbour readers")
    async with Server(telegram) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        yield Scene(telegram, bot, rosa, chiara, channel, group, http)


@asynccontextmanager
async def events(scene: Scene, person: Person) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The event stream of a person, connected."""
    async with scene.http.stream("GET", "/chat/events", params={"person": person.id}, timeout=10) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: hello"

        async def told() -> AsyncIterator[dict[str, Any]]:
            async for line in lines:
                if line.startswith("data: {") and line != "data: {}":
                    yield json.loads(line.removeprefix("data: "))

        yield told()


async def test_a_person_sees_every_bot_their_chats_and_public_ones_but_no_private_group(scene: Scene) -> None:
    state = await scene.get("/chat/state", person=scene.rosa.id)
    assert state["person"] == scene.rosa.id
    assert [person["name"] for person in state["people"]] == ["Rosa", "Chiara"]
    assert {chat["title"]: chat["member"] for chat in state["chats"]} == {"Paperboy": True, "Harbour News": False}
    assert state["bots"][0]["started"] is False
    own = await scene.chat(scene.chiara, scene.channel.id)
    assert (own["owner"], own["can_write"], own["bots"]) == (True, True, [])


async def test_start_and_send_reach_the_bot_and_its_reply_is_unread_until_read(scene: Scene) -> None:
    await scene.act(scene.rosa, "start", bot="@paperboy_bot", payload="a_42")
    sent = await scene.act(scene.rosa, "send", chat_id=scene.bot.id, text="/latest harbour")
    assert [update["message"]["text"] for update in scene.bot.updates] == ["/start a_42", "/latest harbour"]
    assert sent["entities"] == [{"type": "bot_command", "offset": 0, "length": 7}]
    chat = scene.telegram.private_chat(scene.rosa, scene.bot)
    reply = scene.telegram.post(chat, scene.bot, text="Here they are", reply_to=chat.messages[sent["id"]])
    seen = await scene.chat(scene.rosa, scene.bot.id)
    assert (seen["unread"], seen["last"]["text"]) == (1, "Here they are")
    await scene.act(scene.rosa, "read", chat_id=scene.bot.id, message_id=reply.id)
    assert (await scene.chat(scene.rosa, scene.bot.id))["unread"] == 0
    last = (await scene.get("/chat/messages", person=scene.rosa.id, chat=scene.rosa.id, limit=1))["messages"][0]
    assert last["reply_to"] == {"id": sent["id"], "name": "Rosa", "text": "/latest harbour"}
    assert (last["mine"], last["sender"]["name"], last["can_edit"]) == (False, "Paperboy", False)


async def test_messages_come_in_pages_from_the_end(scene: Scene) -> None:
    for number in range(7):
        await scene.act(scene.chiara, "post", channel_id=scene.channel.id, text=f"post {number}")
    page = await scene.get("/chat/messages", person=scene.rosa.id, chat=scene.channel.id, limit=3)
    assert ([m["text"] for m in page["messages"]], page["more"]) == (["post 4", "post 5", "post 6"], True)
    before = page["messages"][0]["id"]
    rest = await scene.get("/chat/messages", person=scene.rosa.id, chat=scene.channel.id, limit=9, before=before)
    assert ([m["text"] for m in rest["messages"]], rest["more"]) == (["post 0", "post 1", "post 2", "post 3"], False)


async def test_a_tap_gives_the_bots_answer(scene: Scene) -> None:
    chat = scene.telegram.private_chat(scene.rosa, scene.bot)
    rows = [[{"text": "Open", "callback_data": "o1"}, {"text": "Original", "url": "https://example.org/a"}]]
    message = scene.telegram.post(chat, scene.bot, text="An article", reply_markup={"inline_keyboard": rows})
    shown = (await scene.get("/chat/messages", person=scene.rosa.id, chat=scene.bot.id))["messages"][0]
    assert [(b["kind"], b["text"]) for b in shown["buttons"][0]] == [("callback", "Open"), ("url", "Original")]
    tap = asyncio.create_task(scene.act(scene.rosa, "tap", chat_id=scene.bot.id, message_id=message.id, data="o1"))
    while not scene.telegram.callbacks:
        await asyncio.sleep(0)
    (callback,) = scene.telegram.callbacks.values()
    assert callback.answer is not None
    callback.answer.set_result(CallbackAnswer(answered=True, text="Saved", alert=True))
    assert await tap == {"answered": True, "text": "Saved", "alert": True, "url": None}


async def test_the_commands_offered_are_those_of_the_narrowest_scope_for_this_person(scene: Scene) -> None:
    def offer(scope: str, name: str, language: str = "") -> None:
        scene.bot.commands[scope, language] = [{"command": name, "description": name.title()}]

    offer("default", "help")
    offer("all_private_chats", "latest")
    offer("all_private_chats", "ultimi", "it")
    offer("all_group_chats", "top")
    offer("all_chat_administrators", "subscribe")
    scene.telegram.people.add_bot(scene.chiara, scene.group.id, scene.bot)
    scene.telegram.people.join(scene.rosa, scene.group.id)

    async def offered(person: Person, chat_id: int) -> list[str]:
        return [command["command"] for command in (await scene.chat(person, chat_id))["commands"]]

    assert await offered(scene.rosa, scene.bot.id) == ["latest"]
    assert await offered(scene.chiara, scene.bot.id) == ["ultimi"]
    assert await offered(scene.rosa, scene.group.id) == ["top"]
    assert await offered(scene.chiara, scene.group.id) == ["subscribe"]
    assert await offered(scene.chiara, scene.channel.id) == []


async def test_an_owner_adds_the_bot_with_chosen_rights_and_nobody_else_can(scene: Scene) -> None:
    rights = {"can_post_messages": True, "can_edit_messages": False}
    where = {"chat_id": scene.channel.id, "bot": scene.bot.id}
    assert "no right to add a bot" in await scene.refused(scene.rosa, "add_bot", **where)
    await scene.act(scene.chiara, "add_bot", **where, admin=True, rights=rights)
    (there,) = (await scene.chat(scene.chiara, scene.channel.id))["bots"]
    assert (there["admin"], there["rights"]["can_post_messages"]) == (True, True)
    assert not there["rights"].get("can_edit_messages")
    (update,) = scene.bot.updates
    assert update["my_chat_member"]["from"]["id"] == scene.chiara.id


async def test_photos_are_shown_and_every_other_file_is_only_ever_saved(scene: Scene) -> None:
    await scene.act(scene.rosa, "start")
    photo = await scene.act(
        scene.rosa, "send_photo", chat_id=scene.bot.id, data=base64.b64encode(PNG).decode(), caption="A dot"
    )
    page = b"<script>alert(1)</script>"
    document = await scene.act(
        scene.rosa, "send_document", chat_id=scene.bot.id, filename="x.html", data=base64.b64encode(page).decode()
    )
    assert (photo["text"], photo["media"]["width"], photo["media"]["height"]) == ("A dot", 1, 1)
    shown = await scene.http.get(f"/chat/file/{photo['media']['file']}")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    saved = await scene.http.get(f"/chat/file/{document['media']['file']}")
    assert saved.content == page
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"] == "attachment"
    assert saved.headers["content-security-policy"].startswith("sandbox")
    assert (await scene.http.get("/chat/file/none")).status_code == 404


async def test_events_tell_of_new_edited_and_deleted_messages_and_hide_other_peoples_chats(scene: Scene) -> None:
    scene.telegram.people.join(scene.rosa, scene.channel.id)
    async with events(scene, scene.rosa) as told:
        await scene.act(scene.chiara, "start")
        assert await anext(told) == {"kind": "elsewhere", "chat": None, "id": None, "action": None, "message": None}
        post = await scene.act(scene.chiara, "post", channel_id=scene.channel.id, text="News")
        new = await anext(told)
        assert (new["kind"], new["chat"], new["message"]["text"]) == ("message", scene.channel.id, "News")
        await scene.act(scene.chiara, "edit", chat_id=scene.channel.id, message_id=post["id"], text="Newer")
        edited = await anext(told)
        assert (edited["kind"], edited["message"]["text"]) == ("edit", "Newer")
        assert edited["message"]["edited"] is not None
        await scene.act(scene.chiara, "delete", chat_id=scene.channel.id, message_id=post["id"])
        deleted = await anext(told)
        assert (deleted["kind"], deleted["id"], deleted["message"]) == ("delete", post["id"], None)


async def test_a_page_far_behind_is_told_to_ask_for_everything_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.webchat.WAITING_EVENTS_MAX", 5)
    async with scene.http.stream("GET", "/chat/events", params={"person": scene.chiara.id}, timeout=10) as stream:
        lines = stream.aiter_lines()
        assert [await anext(lines) for _ in range(3)] == ["event: hello", "data: {}", ""]
        for number in range(20):
            scene.telegram.people.post(scene.chiara, scene.channel.id, f"post {number}")
        assert await anext(lines) == "event: hello"


async def test_the_server_stops_at_once_while_a_page_listens() -> None:
    telegram = Telegram()
    person = telegram.add_person("Rosa")
    server = Server(telegram)
    await server.__aenter__()
    async with (
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
        http.stream("GET", "/chat/events", params={"person": person.id}) as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: hello"
        began = time.monotonic()
        await server.__aexit__(None, None, None)
        assert [line async for line in lines] == ["data: {}", ""]
    assert time.monotonic() - began < 0.9  # uvicorn would cut it off after a second


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "", "10.0.0.1:8081"])
async def test_requests_that_call_this_machine_by_another_name_are_refused(scene: Scene, host: str) -> None:
    for path in ("/", "/chat/state", "/chat/calls"):
        assert (await scene.http.get(path, headers={"Host": host})).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:81", "127.0.0.1:81", "[::1]:81", "LOCALHOST"])
async def test_this_machines_own_names_are_welcome(scene: Scene, host: str) -> None:
    assert (await scene.http.get("/chat/state", headers={"Host": host})).status_code == 200


async def test_other_sites_cannot_act(scene: Scene) -> None:
    act = {"person": scene.rosa.id, "act": "start"}
    from_elsewhere = await scene.http.post("/chat/act", json=act, headers={"Origin": "https://evil.example"})
    assert from_elsewhere.status_code == 403
    as_a_form = await scene.http.post(
        "/chat/act", content=json.dumps(act), headers={"Content-Type": "text/plain", "Origin": str(scene.http.base_url)}
    )
    assert not as_a_form.json()["ok"]
    assert not scene.bot.updates


@pytest.mark.parametrize(
    ("act", "arguments", "reason"),
    [
        ("fly", {}, "There is no act 'fly'"),
        ("send", {"chat_id": 5, "text": "x"}, "Rosa has no chat 5."),
        ("send", {"text": "x"}, "Chat_id is missing: expected a whole number."),
        ("send", {"chat_id": True, "text": "x"}, "Chat_id should be a whole number, not True."),
        ("send", {"chat_id": "5", "text": "x"}, "Chat_id should be a whole number, not '5'."),
        ("send_photo", {"chat_id": 7000000001, "data": "?"}, "Data is not base64."),
        ("send_photo", {"chat_id": 7000000001, "data": "aGk="}, "This is not a picture"),
        ("start", {"bot": "@nobody_bot"}, "There is no bot @nobody_bot."),
        ("add_bot", {"chat_id": -1, "rights": {"can_post_messages": 1}}, "Rights: every right is true or false."),
        ("tap", {"chat_id": 7000000001, "message_id": 77, "data": "x"}, "There is no message 77 here."),
        ("read", {"chat_id": -5, "message_id": 1}, "Rosa has no chat -5."),
        ("create_channel", {"title": "T", "username": "Harbour_News"}, "The username Harbour_News cannot be had"),
        ("upgrade_group", {"chat_id": -12}, "Rosa has no chat -12."),
    ],
)
async def test_a_wrong_act_gets_one_clear_sentence(
    scene: Scene, act: str, arguments: dict[str, object], reason: str
) -> None:
    assert (await scene.refused(scene.rosa, act, **arguments)).startswith(reason)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'"x"', b'{"act": "send"}', b'{"person": "x"}'])
async def test_a_body_that_is_no_act_is_refused_without_a_crash(scene: Scene, body: bytes) -> None:
    reply = await scene.http.post("/chat/act", content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["ok"]) == (200, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["\ud800", 1, 100000001]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
NAMES = ["chat_id", "message_id", "text", "data", "bot", "rights", "admin", "topic", "title", "name", "add", "member"]


@given(
    act=st.sampled_from([*ACTS, *ASKING]) | JSON,
    person=st.just(100000001) | JSON,
    arguments=st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from([-1001000000001, -4000001])),
)
@settings(max_examples=150, deadline=None)
def test_no_act_whatever_its_arguments_crashes_the_web_chat(act: Any, person: Any, arguments: dict[str, Any]) -> None:
    async def ask() -> None:
        telegram = Telegram()
        rosa = telegram.add_person("Rosa")
        telegram.add_bot("7000000001:AAEexampleexampleexampleexampleexamp", username="paperboy_bot", name="Paperboy")
        telegram.add_channel(rosa, "Harbour News")
        telegram.add_group(rosa, "Harbour readers", kind="group")
        transport = httpx.ASGITransport(app=create_app(telegram))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            for path in ("/chat/act", "/chat/faults"):
                body = json.dumps({"act": act, "person": person} | arguments)
                reply = await http.post(path, content=body, headers={"Content-Type": "application/json"})
                assert reply.status_code == 200
                assert reply.json()["ok"] or reply.json()["error"]
            for path in ("/chat/state", "/chat/messages?chat=-1001000000001", "/chat/messages?chat=-4000001"):
                assert (await http.get(path)).json()["ok"]

    asyncio.run(ask())


async def test_a_person_asks_a_bot_inline_and_sends_what_it_offers(scene: Scene) -> None:
    asking = asyncio.create_task(scene.act(scene.chiara, "ask_inline", query="boats"))
    await _offer(scene, "1")
    assert (await asking)["results"] == [{"id": "1", "title": "Boats", "description": ""}]
    choosing = asyncio.create_task(
        scene.act(scene.chiara, "choose_inline", chat_id=scene.group.id, query="boats", result_id="1")
    )
    await _offer(scene, "1")
    assert (await choosing)["text"] == "Three boats"


async def _offer(scene: Scene, result_id: str) -> None:
    """The bot answers what it is asked."""
    while not scene.telegram.inlines:
        await asyncio.sleep(0)
    (asked,) = scene.telegram.inlines
    content = {"message_text": "Three boats"}
    result = {"type": "article", "id": result_id, "title": "Boats", "input_message_content": content}
    bot = scene.telegram.inlines[asked].bot
    answer = await scene.http.post(
        f"/bot{bot.token}/answerInlineQuery", json={"inline_query_id": asked, "results": [result]}
    )
    assert answer.json()["ok"], answer.text


async def test_strangers_do_not_read_a_group_they_are_not_in(scene: Scene) -> None:
    await scene.act(scene.chiara, "send", chat_id=scene.group.id, text="between us")
    query = {"person": scene.rosa.id, "chat": scene.group.id}
    answer = (await scene.http.get("/chat/messages", params=query)).json()
    assert answer == {"ok": False, "error": "Rosa is not in Harbour readers."}


async def test_tests_make_people_channels_and_topics_set_faults_and_see_calls(scene: Scene) -> None:
    made = await scene.http.post("/chat/act", json={"act": "create_person", "first_name": "Sami"})
    sami = scene.telegram.persons[made.json()["result"]["person"]]
    channel = await scene.act(sami, "create_channel", title="Tides", username="tides_news")
    await scene.act(sami, "post", channel_id=channel["chat_id"], text="High at nine")
    assert await scene.texts(sami, channel["chat_id"]) == ["High at nine"]
    forum = await scene.act(sami, "create_group", title="Forum", forum=True)
    await scene.act(sami, "send", chat_id=forum["chat_id"], text="in General first")
    topic = (await scene.act(sami, "create_topic", chat_id=forum["chat_id"], name="Boats"))["topic"]
    await scene.act(sami, "send", chat_id=forum["chat_id"], topic=topic, text="in the topic")
    await scene.act(sami, "send", chat_id=forum["chat_id"], text="in General")
    there = await scene.get("/chat/messages", person=sami.id, chat=forum["chat_id"], topic=1)
    assert [m["text"] for m in there["messages"] if not m["service"]] == ["in General first", "in General"]

    faults = {"add": [{"kind": "forbidden", "method": "getMe", "count": 1, "text": "bot was blocked by the user"}]}
    set_now = (await scene.http.post("/chat/faults", json=faults | {"flood_control": True})).json()["result"]
    assert ([rule["method"] for rule in set_now["rules"]], set_now["flood_control"]) == (["getMe"], True)
    assert (await scene.http.get(f"/bot{scene.bot.token}/getMe")).status_code == 403
    assert (await scene.http.post("/chat/faults", json={"clear": True})).json()["result"]["rules"] == []
    wrong = (await scene.http.post("/chat/faults", json={"add": [{"kind": "rain"}]})).json()
    assert not wrong["ok"]
    assert (await scene.http.get(f"/bot{scene.bot.token}/getMe")).status_code == 200
    (first, second) = (await scene.get("/chat/calls"))["calls"]
    assert (first["method"], first["fault"], second["answer"]["ok"]) == ("getMe", "forbidden", True)
    assert (await scene.get("/chat/calls", since=second["number"]))["calls"] == []
    assert scene.bot.token not in json.dumps([first, second])


async def test_the_page_is_served_with_a_policy_that_lets_nothing_in_from_outside(scene: Scene) -> None:
    page = await scene.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in ("style.css", "chat.js", "composer.js", "messages.js", "panels.js", "render.js", "wire.js", "icon.svg"):
        reply = await scene.http.get(f"/{name}")
        assert reply.status_code == 200
        assert "innerHTML" not in reply.text
        assert reply.headers["x-content-type-options"] == "nosniff"
