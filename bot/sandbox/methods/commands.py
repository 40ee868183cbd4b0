"""The bot's own card: commands by scope and language, name, descriptions, menu button."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bot.sandbox.limits import COMMANDS_MAX
from bot.sandbox.nouns import Event
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Bot, Chat, Json, Person

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
DESCRIPTION_MAX = 256
TEXTS = {"Name": ("name", 64), "Description": ("description", 512), "ShortDescription": ("short_description", 120)}


def scope_key(scope: Json) -> str:
    """One word for a scope: "all_private_chats", "chat:5", "chat_member:-100…:5"."""
    return ":".join(str(scope[part]) for part in ("type", "chat_id", "user_id") if part in scope)


def menu(bot: Bot, chat: Chat, person: Person) -> list[Json]:
    """The commands that a person is shown in a chat: the narrowest scope that has any, in their language first.

    https://core.telegram.org/bots/api#determining-list-of-commands
    """
    if chat.kind == "private":
        scopes = [f"chat:{chat.id}", "all_private_chats", "default"]
    else:
        admin = chat.member(person).status in {"creator", "administrator"}
        scopes = [f"chat_member:{chat.id}:{person.id}"]
        scopes += [f"chat_administrators:{chat.id}"] if admin else []
        scopes += [f"chat:{chat.id}"]
        scopes += ["all_chat_administrators"] if admin else []
        scopes += ["all_group_chats", "default"]
    for scope in scopes:
        for language in (person.language_code.partition("-")[0], ""):
            if commands := bot.commands.get((scope, language)):
                return commands
    return []


def _where(ask: Ask) -> tuple[str, str]:
    scope = ask.params.get("scope") or {"type": "default"}
    if "chat_id" in scope:
        chat = ask.telegram.find_chat(ask.bot, scope["chat_id"])
        if chat is None:
            raise bad_request("chat not found")
        if chat.kind == "channel":
            raise bad_request("can't change commands in channel chats")
        scope = scope | {"chat_id": chat.id}
    return scope_key(scope), _language(ask)


def _language(ask: Ask) -> str:
    language: str = ask.params.get("language_code", "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


def set_my_commands(ask: Ask) -> bool:
    where = _where(ask)
    commands: list[Json] = ask.params["commands"]
    if len(commands) > COMMANDS_MAX:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"].strip()) <= DESCRIPTION_MAX:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    ask.bot.commands[where] = commands
    ask.telegram.emit(Event("commands", 0, bot_id=ask.bot.id, data={"scope": json.dumps(where)}))
    return True


def get_my_commands(ask: Ask) -> list[Json]:
    return ask.bot.commands.get(_where(ask), [])


def delete_my_commands(ask: Ask) -> bool:
    ask.bot.commands.pop(_where(ask), None)
    ask.telegram.emit(Event("commands", 0, bot_id=ask.bot.id))
    return True


def _setter(field: str, longest: int) -> Handler:
    def set_text(ask: Ask) -> bool:
        text: str = ask.params.get(field, "")
        language = _language(ask)
        if len(text) > longest:
            raise bad_request(f"{field.replace('_', ' ')} is too long")
        ask.bot.texts[field, language] = text
        if field == "name" and text and not language:
            ask.bot.name = text
        return True

    return set_text


def _getter(field: str) -> Handler:
    def get_text(ask: Ask) -> Json:
        default = ask.bot.name if field == "name" else ""
        texts = ask.bot.texts
        return {field: texts.get((field, _language(ask))) or texts.get((field, "")) or default}

    return get_text


def set_chat_menu_button(ask: Ask) -> bool:
    chat_id = ask.params.get("chat_id")
    if chat_id is not None and chat_id not in ask.telegram.persons:
        raise bad_request("chat not found")
    ask.bot.menu_buttons[chat_id] = ask.params.get("menu_button", {"type": "default"})
    return True


def get_chat_menu_button(ask: Ask) -> Json:
    buttons = ask.bot.menu_buttons
    return buttons.get(ask.params.get("chat_id")) or buttons.get(None) or {"type": "commands"}


METHODS: dict[str, Handler] = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    **{f"setMy{word}": _setter(field, longest) for word, (field, longest) in TEXTS.items()},
    **{f"getMy{word}": _getter(field) for word, (field, _) in TEXTS.items()},
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
}
