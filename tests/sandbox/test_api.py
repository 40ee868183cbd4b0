"""The HTTP edge: whatever is sent, the answer is Telegram's JSON and the server goes on."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.api import call
from bot.sandbox.methods import METHODS
from bot.sandbox.scene import default_scene
from bot.sandbox.spec import decode
from bot.sandbox.specgen import SPEC, compact
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/json", b'{"chat_id": 1e999, "text": "x"}', 400),
        ("application/json", b'{"chat_id": 1, "text": "\\ud800"}', 400),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%ff&chat_id=%00", 400),
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--", 400),
        ("text/plain", b"hello", 400),
        ("", b"", 400),
    ],
)
async def test_a_malformed_request_gets_a_clear_answer(api: Api, content_type: str, body: bytes, code: int) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    url = f"{api.url}/bot{api.token}/sendMessage"
    async with api.http.post(url, data=body, headers=headers) as answer:
        refused = json.loads(await answer.read())
        assert (answer.status, refused["error_code"], refused["ok"]) == (code, code, False)
    await api.get("getMe")


async def test_other_verbs_and_oversized_bodies_are_refused(api: Api) -> None:
    url = f"{api.url}/bot{api.token}/sendMessage"
    async with api.http.delete(url) as answer:
        assert answer.status == 405
    async with api.http.post(url, data=io.BytesIO(b"x" * (60 * 2**20 + 1))) as answer:
        assert answer.status == 413


def test_every_method_has_its_parameters_in_the_spec() -> None:
    table = json.loads(SPEC.read_text(encoding="utf-8"))
    assert set(table["methods"]) == {method.name for method in METHODS.values()}


def test_the_spec_is_made_of_what_the_named_methods_can_hold() -> None:
    api = {
        "version": "1",
        "methods": {
            "sendA": {"fields": {"chat_id": {"types": ["Integer", "String"], "required": 1}, "b": {"types": ["B"]}}},
            "sendC": {"fields": {"c": {"types": ["C"]}}},
        },
        "types": {
            "B": {"subtypes": ["B1"]},
            "B1": {"fields": {"again": {"types": ["Array of B"]}}},
            "C": {"fields": {}},
        },
    }
    assert compact(api, {"sendA"}) == {
        "version": "1",
        "methods": {"sendA": {"chat_id": "Integer|String!", "b": "B"}},
        "types": {"B": ["B1"], "B1": {"again": "Array of B"}},
    }


def test_parameters_are_decoded_from_text_as_from_json() -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    wanted = {"chat_id": 5, "text": "7", "disable_notification": True, "reply_markup": markup}
    text = {"chat_id": "5", "text": "7", "disable_notification": "true", "reply_markup": json.dumps(markup)}
    assert decode("sendMessage", text, {}) == (wanted, [])
    assert decode("sendMessage", {**wanted, "text": 7, "colour": "red"}, {}) == (wanted, ["colour"])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = sorted({key for fields in json.loads(SPEC.read_text(encoding="utf-8"))["methods"].values() for key in fields})


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(method.name for method in METHODS.values() if method.name != "getUpdates")),
    st.dictionaries(st.sampled_from(_NAMES), _JSON | st.sampled_from([100_000_001, "@harbour_news", "1"]), max_size=6),
)
async def test_no_parameters_crash_a_method(method: str, params: dict[str, object]) -> None:
    telegram = Telegram(flood_control=False)
    scene = default_scene(telegram)
    telegram.people.start(scene.rosa, scene.bot)
    telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    answer = await call(telegram, scene.bot.token, method, dict(params), {})
    assert answer.body["ok"] or answer.body["error_code"] in {400, 403, 413}
