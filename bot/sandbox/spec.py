"""Parameters as the published Bot API describes them (spec.json): decoded, and refused with Telegram's words."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from os.path import commonprefix
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
# How Telegram names objects and lists (telegram-bot-api, Client.cpp).
_JSON_NAMES = {
    "reply_markup": "reply keyboard markup",
    "link_preview_options": "link preview options",
    "reply_parameters": "reply parameters",
    "scope": "BotCommandScope",
    "menu_button": "menu button",
}
_OBJECTS = {
    "InlineKeyboardButton": "inline keyboard button",
    "KeyboardButton": "keyboard button",
    "InputMedia": "InputMedia",
    "InlineQueryResult": "inline query result",
}
_ITEMS = {
    "commands": "BotCommand",
    "media": "InputMedia",
    "results": "inline query results",
    "message_ids": "message identifiers",
}
# The description says what a bot is given; of what it gives itself, the server takes each missing right for false.
_ALL_OPTIONAL = {"ChatAdministratorRights"}
_ROWS = {
    "inline_keyboard": 'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    "keyboard": 'Field "keyboard" must be an Array of Arrays',
}


class _Wrong(Exception):
    """A value that cannot be read. `where`: the object it stands in; "" when the reason says it all."""

    def __init__(self, reason: str, where: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where

    def words(self) -> str:
        if not self.where:
            return self.reason
        named = next((name for kind, name in _OBJECTS.items() if self.where.startswith(kind)), self.where)
        return f"can't parse {named}: {self.reason}"


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
                raise bad_request(wrong.words()) from None
    for key in required:
        if key not in params and key not in uploads:
            raise bad_request(_MISSING.get(key, f'parameter "{key}" is required'))
    return params, unknown


def _outermost(kind: str) -> Reader:
    """Lists and objects may come as JSON text, but only as a parameter of their own."""
    reader = _reader(kind)
    if reader is _chat or reader in _SCALARS.values():
        return reader
    return lambda value, field: reader(_decoded(value, field), field)


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


def _decoded(value: Any, field: str) -> Any:  # noqa: ANN401
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise _Wrong(f"can't parse {_JSON_NAMES.get(field, field)} JSON object", "") from None


def _array(kind: str) -> Reader:
    item = _reader(kind)

    def read(value: Any, field: str) -> list[Any]:  # noqa: ANN401
        if not isinstance(value, list):
            raise _Wrong(_ROWS.get(field) or f"expected an Array of {_ITEMS.get(field, kind)}", "")
        return [item(one, field) for one in value]

    return read


def _object(name: str, fields: dict[str, str]) -> Reader:
    required = [key for key, kind in fields.items() if kind.endswith("!") and name not in _ALL_OPTIONAL]
    readers: dict[str, Reader] = {}  # made at the first use: types hold one another

    def read(value: Any, field: str) -> Json:  # noqa: ANN401
        if isinstance(value, str) and name == "KeyboardButton":
            value = {"text": value}
        if not isinstance(value, dict):
            raise _Wrong("expected an Object", name)
        out: Json = {}
        try:
            for key in required:
                if value.get(key) is None:
                    raise _Wrong(f'Can\'t find field "{key}"')
            for key, held in value.items():
                if held is not None and key in fields:
                    reader = readers.get(key) or readers.setdefault(key, _reader(fields[key].rstrip("!")))
                    out[key] = reader(held, key)
        except _Wrong as wrong:
            raise _Wrong(wrong.reason, name if wrong.where is None else wrong.where) from None
        return out

    return read


def _union(name: str, kinds: tuple[str, ...]) -> Reader:
    prefix = commonprefix(kinds)  # noqa: RUF071  (of characters is what is meant)

    def read(value: Any, field: str) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            named = _JSON_NAMES.get(field, field).replace("keyboard ", "")
            raise _Wrong(f"object expected as {named}", "")
        if not value and field == "reply_markup":
            return None
        kind = _by_type(kinds, prefix, value) if "type" in value else _by_fields(kinds, value)
        if kind is None:
            raise _Wrong("Unsupported type specified", prefix or field)
        return _reader(kind)(value, field)

    return read


def _by_type(kinds: tuple[str, ...], prefix: str, value: Json) -> str | None:
    """BotCommandScopeAllGroupChats for "all_group_chats"; a Cached kind when a file_id is given."""
    wanted = str(value["type"]).replace("_", "").lower()
    cached = any(key.endswith("_file_id") for key in value)
    named = [kind for kind in kinds if kind.removeprefix(prefix).removeprefix("Cached").lower() == wanted]
    return min(named, key=lambda kind: ("Cached" in kind) != cached, default=None)


def _by_fields(kinds: tuple[str, ...], value: Json) -> str | None:
    """The first kind that finds its required fields."""
    types = _table()["types"]
    for kind in kinds:
        described = types.get(kind)
        needed = [key for key, sort in described.items() if sort.endswith("!")] if isinstance(described, dict) else []
        if needed and all(key in value for key in needed):
            return kind
    return None
