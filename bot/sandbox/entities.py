"""Text as Telegram reads it: parse modes, entity offsets and lengths, and what it finds by itself.

TDLib itself (PyPI `tdjson`) gives the verdict and the error's text where it is installed. Where it is not, offsets
and the usual types are still checked here, and HTML and MarkdownV2 are refused with a clear sentence.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from bot.sandbox.refusal import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.sandbox.nouns import Json

_TD_TYPES = {
    "mention": "Mention",
    "hashtag": "Hashtag",
    "cashtag": "Cashtag",
    "bot_command": "BotCommand",
    "url": "Url",
    "email": "EmailAddress",
    "phone_number": "PhoneNumber",
    "bank_card_number": "BankCardNumber",
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "text_mention": "MentionName",
    "custom_emoji": "CustomEmoji",
    "date_time": "DateTime",
}
_FROM_TD = {f"textEntityType{td}": name for name, td in _TD_TYPES.items()} | {"textEntityTypePreCode": "pre"}
_FOUND_BY_SERVER = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"}
_AUTOMATIC = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"']*[^\s<>\"'.,:;!?()\]}])"
    r"|(?P<email>\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*\.[a-z]{2,12}\b)"
    r"|(?<![\w/@])(?P<mention>@[A-Za-z]\w{2,31}\b)"
    r"|(?<![\w/<>@])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{2,31})?)(?![\w/])"
    r"|(?<!\w)(?P<hashtag>#(?=\w*[^\W\d_])\w{1,256})"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0d\x0e-\x1f]")


def utf16_len(text: str) -> int:
    """The length in UTF-16 units, as Telegram counts offsets."""
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def detect(text: str, *, taken: Iterable[Json] = ()) -> list[Json]:
    """The entities that the server finds by itself, where none of `taken` stands already."""
    if not ("/" in text or "@" in text or "#" in text):
        return []
    spans = [(e["offset"], e["offset"] + e["length"]) for e in taken]
    found = []
    for match in _AUTOMATIC.finditer(text):
        start = utf16_len(text[: match.start()])
        length = utf16_len(match.group())
        if not any(start < end and start + length > begin for begin, end in spans):
            found.append({"type": match.lastgroup, "offset": start, "length": length})
    return found


def read(text: str, *, parse_mode: str | None = None, entities: Sequence[Json] | None = None) -> tuple[str, list[Json]]:
    """The text as it will stand, with all its entities. Raises Refusal with Telegram's words."""
    given: list[Json] = []
    if parse_mode:
        text, given = _parse(text, parse_mode)
    elif entities:
        given = [e for e in entities if e.get("type") not in _FOUND_BY_SERVER]
        _check_text(text)
        given = _checked(text, given)
    else:
        _check_text(text)
    if "\r" in text or _CONTROL.search(text):
        # As TDLib does: carriage returns vanish, other control characters become spaces.
        given = [_without_returns(text, e) for e in given]
        text = _CONTROL.sub(" ", text.replace("\r", ""))
    text, given = _trim(text, given)
    if found := detect(text, taken=given):
        given = sorted([*given, *found], key=lambda e: (e["offset"], -e["length"]))
    return text, given


@cache
def _tdlib() -> Callable[[bytes], bytes | None] | None:
    try:
        from tdjson import td_execute
    except ImportError:
        return None
    td_execute(b'{"@type":"setLogVerbosityLevel","new_verbosity_level":0}')
    execute: Callable[[bytes], bytes | None] = td_execute
    return execute


def has_tdlib() -> bool:
    """Whether Telegram's own parser is installed."""
    return _tdlib() is not None


def _ask(request: Json) -> Json:
    execute = _tdlib()
    assert execute is not None
    answer: Json = json.loads(execute(json.dumps(request).encode()) or b"{}")
    if answer.get("@type") == "error":
        raise bad_request(answer["message"])
    return answer


def _parse(text: str, parse_mode: str) -> tuple[str, list[Json]]:
    match parse_mode.lower():
        case "html":
            mode: Json = {"@type": "textParseModeHTML"}
        case "markdown":
            mode = {"@type": "textParseModeMarkdown", "version": 1}
        case "markdownv2":
            mode = {"@type": "textParseModeMarkdown", "version": 2}
        case _:
            raise bad_request("unsupported parse_mode")
    if not has_tdlib():
        raise bad_request(f"can't parse entities: the sandbox reads {parse_mode} only where tdjson is installed")
    _check_text(text)
    parsed = _ask({"@type": "parseTextEntities", "text": text, "parse_mode": mode})
    return parsed["text"], [_from_td(e) for e in parsed["entities"]]


def _checked(text: str, entities: list[Json]) -> list[Json]:
    known = []
    for entity in entities:
        if entity.get("type") not in _TD_TYPES:
            raise bad_request("can't parse MessageEntity: Unsupported type specified")
        known.append(entity)
    if has_tdlib():
        formatted = {"@type": "formattedText", "text": text, "entities": [_to_td(e) for e in known]}
        _ask({"@type": "getMarkdownText", "text": formatted})
        return [_plain(e) for e in known]
    size = utf16_len(text)
    for entity in known:
        offset, end = entity["offset"], entity["offset"] + entity["length"]
        if offset < 0:
            raise bad_request(f"Receive an entity with incorrect offset {offset}")
        if entity["length"] < 0:
            raise bad_request(f"Receive an entity with incorrect length {entity['length']}")
        if end > size:
            raise bad_request(
                f"Entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end}"
            )
    return [_plain(e) for e in known]


def link_fault(url: str) -> str | None:
    """What Telegram finds wrong with an address, None when nothing."""
    if has_tdlib():
        entity = {"type": "text_link", "offset": 0, "length": 1, "url": url}
        try:
            _ask(
                {
                    "@type": "getMarkdownText",
                    "text": {"@type": "formattedText", "text": "x", "entities": [_to_td(entity)]},
                }
            )
        except Refusal as refusal:
            return refusal.description.rpartition(" is invalid: ")[2]
        return None
    if "://" in url and not url.lower().startswith(("http://", "https://")):
        return "Unsupported URL protocol"
    host = url.partition("://")[2] or url
    return None if re.match(r"[^\s/:]+\.[^\s/:]+", host) and " " not in url else "Wrong HTTP URL"


def _to_td(entity: Json) -> Json:
    kind: Json = {"@type": f"textEntityType{_TD_TYPES[entity['type']]}"}
    match entity["type"]:
        case "text_link":
            kind["url"] = entity.get("url", "")
        case "text_mention":
            kind["user_id"] = (entity.get("user") or {}).get("id", 0)
        case "pre" if entity.get("language"):
            kind = {"@type": "textEntityTypePreCode", "language": entity["language"]}
        case "custom_emoji":
            kind["custom_emoji_id"] = entity.get("custom_emoji_id", "0")
        case "date_time":
            kind["unix_time"] = entity.get("unix_time", 0)
        case _:
            pass
    return {"@type": "textEntity", "offset": entity["offset"], "length": entity["length"], "type": kind}


def _from_td(entity: Json) -> Json:
    kind = entity["type"]
    plain: Json = {"type": _FROM_TD.get(kind["@type"], "bold"), "offset": entity["offset"], "length": entity["length"]}
    match plain["type"]:
        case "text_link":
            plain["url"] = kind["url"]
        case "text_mention":
            plain["user"] = {"id": kind["user_id"], "is_bot": False, "first_name": ""}
        case "pre" if "language" in kind:
            plain["language"] = kind["language"]
        case "custom_emoji":
            plain["custom_emoji_id"] = str(kind["custom_emoji_id"])
        case "date_time":
            plain["unix_time"] = kind.get("unix_time", 0)
        case _:
            pass
    return plain


def _plain(entity: Json) -> Json:
    kept = ("type", "offset", "length", "url", "user", "language", "custom_emoji_id", "unix_time", "date_time_format")
    return {key: entity[key] for key in kept if key in entity}


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _without_returns(text: str, entity: Json) -> Json:
    units = text.encode("utf-16-le")
    begin, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
    before = units[:begin].decode("utf-16-le", "ignore").count("\r")
    inside = units[begin:end].decode("utf-16-le", "ignore").count("\r")
    return entity | {"offset": entity["offset"] - before, "length": entity["length"] - inside}


def _trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """White space at both ends goes, at the start only before the first entity (TDLib's fix_formatted_text)."""
    text = text.rstrip(" \n\t")
    first = min((e["offset"] for e in entities), default=len(text))
    cut = 0
    while cut < first and cut < len(text) and text[cut] in " \n\t":
        cut += 1
    text = text[cut:]
    if not entities:
        return text, entities
    size = utf16_len(text)
    kept = []
    for entity in entities:
        offset = entity["offset"] - cut
        length = min(entity["length"], size - offset)
        if length > 0:
            kept.append(entity | {"offset": offset, "length": length})
    return text, sorted(kept, key=lambda e: (e["offset"], -e["length"]))
