"""Parameters as the published Bot API describes them (spec.json): decoded, and refused with Telegram's words."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.nouns import Json

# Gives the decoded value of one field. Raises _Wrong.
Reader: TypeAlias = "Callable[[Any, str], Any]"

# What Telegram says when a required parameter is missing.
_MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "user_id": "invalid user_id specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "video": "there is no video in the request",
    "audio": "there is no audio in the request",
    "animation": "there is no animation in the request",
    "action": "wrong parameter action in request",
    "file_id": "file_id not specified",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "inline_query_id": "query is too old and response timeout expired or query ID is invalid",
}
# How Telegram names the objects that it cannot read.
_OBJECTS = {
    "reply_markup": "reply keyboard markup",
    "InlineKeyboardButton": "inline keyboard button",
    "KeyboardButton": "keyboard button",
    "BotCommand": "BotCommand",
    "commands": "commands list",
    "scope": "BotCommandScope",
    "media": "media",
    "results": "inline query results",
    "allowed_updates": "allowed update types",
}


class _Wrong(Exception):
    def __init__(self, reason: str, where: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("spec.json").read_text(encoding="utf-8"))
    return table


@cache
def _method(name: str) -> tuple[dict[str, Reader], tuple[str, ...]]:
    fields = _table()["methods"].get(name, {})
    readers = {key: _outermost(kind.rstrip("!")) for key, kind in fields.items()}
    return readers, tuple(key for key, kind in fields.items() if kind.endswith("!"))


def decode(method: str, given: Json, uploads: Json) -> tuple[Json, list[str]]:
    """The parameters with their types, and the names that the method does not have. Raises Refusal."""
    readers, required = _method(method)
    params: Json = {}
    unknown: list[str] = []
    for key, value in given.items():
        reader = readers.get(key)
        if reader is None:
            unknown.append(key)
        elif value is not None and value != "":
            try:
                params[key] = reader(value, key)
            except _Wrong as wrong:
                raise bad_request(_words(key, wrong)) from None
    for key in required:
        if key not in params and key not in uploads:
            raise bad_request(_MISSING.get(key, f'parameter "{key}" is required'))
    return params, unknown


def _words(key: str, wrong: _Wrong) -> str:
    if wrong.where is None and wrong.reason == "json":
        return (
            "object expected as reply markup"
            if key == "reply_markup"
            else f"can't parse {_OBJECTS.get(key, key)} JSON object"
        )
    if wrong.where is None:
        return wrong.reason
    return f"can't parse {_OBJECTS.get(wrong.where, wrong.where)}: {wrong.reason}"


def _outermost(kind: str) -> Reader:
    """Lists and objects may come as JSON text, but only as a parameter of their own."""
    reader = _reader(kind)
    if reader is _chat or reader in _SCALARS.values():
        return reader
    return lambda value, field: reader(_decoded(value), field)


@cache
def _reader(kind: str) -> Reader:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == "Integer|String":
        return _chat
    if "InputFile" in kind:
        return _SCALARS["String"]
    if kind.startswith("Array of ") and "|" not in kind:
        return _array(kind.removeprefix("Array of "))
    if kind.startswith("Array of "):
        return _array(kind.replace("Array of ", ""))
    if "|" in kind:
        return _union(kind, tuple(kind.split("|")))
    described = _table()["types"][kind]
    return _union(kind, tuple(described)) if isinstance(described, list) else _object(kind, described)


def _integer(value: Any, field: str) -> int:  # noqa: ANN401
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", value):
        number = int(value)
    else:
        raise _Wrong(f'Field "{field}" must be of type Number')
    if not -(2**63) <= number < 2**63:
        raise _Wrong(f'Field "{field}" must be a valid Number')
    return number


def _float(value: Any, field: str) -> float:  # noqa: ANN401
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _Wrong(f'Field "{field}" must be of type Number') from None
    if not math.isfinite(number):
        raise _Wrong(f'Field "{field}" must be a valid Number')
    return number


def _string(value: Any, field: str) -> str:  # noqa: ANN401
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise _Wrong(f'Field "{field}" must be of type String')


def _boolean(value: Any, field: str) -> bool:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    match str(value).strip().lower():
        case "true" | "yes" | "1":
            return True
        case "false" | "no" | "0":
            return False
        case _:
            raise _Wrong(f'Field "{field}" must be of type Boolean')


def _chat(value: Any, field: str) -> int | str:  # noqa: ANN401
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,20}", value):
        return value
    return _integer(value, field)


_SCALARS: dict[str, Reader] = {
    "Integer": _integer, "Float": _float, "String": _string, "Boolean": _boolean, "True": _boolean
}  # fmt: skip


def _decoded(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise _Wrong("json") from None


def _array(kind: str) -> Reader:
    item = _reader(kind)

    def read(value: Any, field: str) -> list[Any]:  # noqa: ANN401
        if not isinstance(value, list):
            nested = field in {"inline_keyboard", "keyboard"}
            raise _Wrong(f'Field "{field}" must be of type Array' if nested else "json")
        return [item(one, field) for one in value]

    return read


def _object(name: str, fields: dict[str, str]) -> Reader:
    required = [key for key, kind in fields.items() if kind.endswith("!")]

    def read(value: Any, field: str) -> Json:  # noqa: ANN401
        if isinstance(value, str) and name == "KeyboardButton":
            value = {"text": value}
        if not isinstance(value, dict):
            raise _Wrong("json")
        out: Json = {}
        try:
            for key in required:
                if value.get(key) is None:
                    raise _Wrong(f'Can\'t find field "{key}"')
            for key, kind in fields.items():
                if value.get(key) is not None:
                    out[key] = _reader(kind.rstrip("!"))(value[key], key)
        except _Wrong as wrong:
            reason = f"{name} expected" if wrong.reason == "json" else wrong.reason
            raise _Wrong(reason, wrong.where or name) from None
        return out

    return read


def _union(name: str, kinds: tuple[str, ...]) -> Reader:
    def read(value: Any, field: str) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            raise _Wrong("json")
        if not value and field == "reply_markup":
            return None
        return _reader(_member(kinds, value, field))(value, field)

    return read


def _member(kinds: tuple[str, ...], value: Json, field: str) -> str:
    """Which type of a union a value is: by its "type", else the first that finds its required fields."""
    if isinstance(value.get("type"), str):
        camel = value["type"].replace("_", " ").title().replace(" ", "")
        named = [kind for kind in kinds if kind.lower().endswith(camel.lower())]
        cached = any(key.endswith("_file_id") for key in value)
        named.sort(key=lambda kind: (("Cached" in kind) != cached, len(kind)))
        if not named:
            raise _Wrong("Unsupported type specified", _OBJECTS.get(field, field))
        return named[0]
    types = _table()["types"]
    for kind in kinds:
        described = types.get(kind, {})
        needed = [key for key, sort in described.items() if sort.endswith("!")] if isinstance(described, dict) else []
        if needed and all(key in value for key in needed):
            return kind
    raise _Wrong("json")
