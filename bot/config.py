"""The configuration: a TOML file under the environment, every problem of it reported at once."""

import difflib
import json
import os
import re
import tomllib
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from ssrfguard import Policy

from bot.errors import ConfigError

ENV_PREFIX = "PAPERBOY__"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}")


def _duration(value: object) -> object:
    """A duration as "30s", "15m", "24h" or "7d"."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d{1,6})([smhd])", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a duration such as "30s", "15m" or "24h"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _at_least_a_minute(value: timedelta) -> timedelta:
    if value < timedelta(minutes=1):
        raise ValueError('a duration of at least "1m"')
    return value


def _items(value: object) -> object:
    """A list, which in the environment is written with commas: PAPERBOY__TELEGRAM__OWNERS=1,2."""
    if not isinstance(value, str):
        return value
    return [item.strip() for item in value.strip().strip("[]").split(",") if item.strip()]


def _token(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("a bot token as @BotFather gives it, such as 123456:ABC-DEF…")
    return value


def _http_url(value: str) -> str:
    if value and not re.match(r"https?://[^/\s]+", value):
        raise ValueError("an address that starts with http:// or https://")
    return value.rstrip("/")


def _proxy(value: str) -> str:
    if value and not re.match(r"https?://[^/\s]+", value):
        raise ValueError("an http:// or https:// proxy such as http://host:3128")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        near = difflib.get_close_matches(value, available_timezones(), n=1, cutoff=0.5)
        raise ValueError(f'a time zone such as "{near[0] if near else "Europe/Berlin"}"')
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise ValueError('a language code such as "en"')
    return value


def _network(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        raise ValueError('networks such as "192.168.1.0/24"') from None
    try:
        Policy(allowed_networks=(network,))
    except ValueError:  # an IPv6 prefix that wraps IPv4
        raise ValueError("the IPv4 network itself: this prefix stands for every IPv4 address") from None
    return str(network)


def _store_url(value: str) -> str:
    if value.startswith(("postgresql://", "postgres://")):
        raise ValueError("sqlite:///FILE (PostgreSQL comes with a later version)")
    if not value.startswith("sqlite:///") or value == "sqlite:///":
        raise ValueError('"sqlite:///FILE", such as "sqlite:///paperboy.db"')
    return value


def _updates(value: str) -> str:
    if value == "webhook":
        raise ValueError('"polling" (webhooks come with a later version)')
    return value


def _listen(value: str) -> str:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:]+\]|[^:\s]+):(\d{1,5})", value)
    if value and (match is None or not 0 < int(match[2]) < 65536):
        raise ValueError('"HOST:PORT", such as "127.0.0.1:8080"')
    return value


class _Section(BaseModel):
    """Keys of one table. Each description is the comment in config.example.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TelegramConfig(_Section):
    token: Annotated[SecretStr, AfterValidator(_token), Field(description="from @BotFather")] = SecretStr("")
    api_url: Annotated[str, AfterValidator(_http_url), Field(description="your own Bot API server, or the sandbox")] = (
        "https://api.telegram.org"
    )
    owners: Annotated[
        tuple[Annotated[int, Field(gt=0)], ...],
        NoDecode,
        BeforeValidator(_items),
        Field(description="Telegram user ids; empty: the first start prints a link that makes its opener the owner"),
    ] = ()
    proxy: Annotated[str, AfterValidator(_proxy), Field(description="for Telegram")] = ""
    updates: Annotated[
        Literal["polling", "webhook"], AfterValidator(_updates), Field(description="webhooks come with a later version")
    ] = "polling"


class StoreConfig(_Section):
    url: Annotated[
        str, AfterValidator(_store_url), Field(description="one file; PostgreSQL comes with a later version")
    ] = "sqlite:///paperboy.db"

    @property
    def path(self) -> Path:
        """The SQLite file, relative to the folder the program was started in."""
        return Path(self.url.removeprefix("sqlite:///"))


class WebConfig(_Section):
    listen: Annotated[
        str, AfterValidator(_listen), Field(description='"127.0.0.1:8080": the list API; empty: no HTTP surface')
    ] = ""
    public_url: Annotated[
        str, AfterValidator(_http_url), Field(description="how the world reaches it; has no effect yet")
    ] = ""
    api_token: Annotated[SecretStr, Field(description="for writing through /api; has no effect yet")] = SecretStr("")


class DeliveryConfig(_Section):
    messages_per_second: Annotated[
        int, Field(ge=1, le=10_000, description="over all chats; 1000 with paid_broadcast, unless set")
    ] = 25
    paid_broadcast: Annotated[bool, Field(description="faster for a price in Telegram Stars")] = False
    on_uncertain_private: Annotated[
        Literal["resend", "hold"], Field(description='an answer was lost: send once more, or "hold" and list it')
    ] = "resend"
    on_uncertain_channel: Annotated[Literal["resend", "hold"], Field(description="channels and groups")] = "hold"
    burst: Annotated[
        int,
        Field(
            ge=0, le=1000, description="when more articles than this are due in one place they go as a digest; 0: never"
        ),
    ] = 5
    expire_after: Annotated[
        timedelta,
        BeforeValidator(_duration),
        AfterValidator(_at_least_a_minute),
        Field(description="what could not go out for so long joins the next message there"),
    ] = timedelta(hours=24)
    chat_limits: Annotated[
        bool, Field(description="1 message a second a chat, 20 a minute in groups and channels; false is for tests")
    ] = True

    @property
    def rate(self) -> int:
        """Messages a second over all chats: Telegram's 1,000 with paid broadcast, unless a rate is set."""
        if self.paid_broadcast and "messages_per_second" not in self.model_fields_set:
            return 1000
        return self.messages_per_second


class IntakeConfig(_Section):
    poll_every: Annotated[
        timedelta,
        BeforeValidator(_duration),
        AfterValidator(_at_least_a_minute),
        Field(description='how often a feed without an interval of its own is asked: "15m", "2h"'),
    ] = timedelta(minutes=15)
    proxy: Annotated[str, AfterValidator(_proxy), Field(description="for feeds and pages")] = ""
    allow_private_networks: Annotated[
        tuple[Annotated[str, AfterValidator(_network)], ...],
        NoDecode,
        BeforeValidator(_items),
        Field(description='networks of yours that feeds may be fetched from, such as "192.168.1.0/24"'),
    ] = ()


class ArticlesConfig(_Section):
    language: Annotated[str, AfterValidator(_language), Field(description="where a reader's is not known")] = "en"
    timezone: Annotated[str, AfterValidator(_zone), Field(description="of dates and of daily digests")] = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Config(BaseSettings):
    """Every key, with its default. docs/operating.md says what each does; config.example.toml equals the defaults."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )

    telegram: TelegramConfig = TelegramConfig()
    store: StoreConfig = StoreConfig()
    web: WebConfig = WebConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    intake: IntakeConfig = IntakeConfig()
    articles: ArticlesConfig = ArticlesConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return env_settings, init_settings  # the environment wins over the file


def keys() -> list[str]:
    """The dotted name of every key, in the order of config.example.toml."""
    return [
        f"{section}.{key}"
        for section, field in Config.model_fields.items()
        for key in _section_type(field.annotation).model_fields
    ]


def example(**values: object) -> str:
    """A config.toml with every key at its default, or at the value given as section__key, and what it is for."""
    lines = ["# Paperboy. Every key may be left out; PAPERBOY__SECTION__KEY in the environment wins over this file."]
    for section, table in Config.model_fields.items():
        lines += ["", f"[{section}]"]
        for key, field in _section_type(table.annotation).model_fields.items():
            value = values.get(f"{section}__{key}", field.default)
            lines.append(f"{key} = {_toml(value)}".ljust(40) + f" # {field.description}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A value as TOML writes it; JSON's strings and lists are TOML's too."""
    match value:
        case SecretStr():
            return json.dumps(value.get_secret_value())
        case timedelta():
            minutes = value // timedelta(minutes=1)
            return json.dumps(f"{minutes}m" if minutes % 60 else f"{minutes // 60}h")
        case _:
            return json.dumps(value, ensure_ascii=False)


def load(path: Path) -> Config:
    """The configuration of a file (which may be absent) and the environment.

    Raises ConfigError with every problem of both.
    """
    text = ""
    if path.exists():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([f"{path}: cannot be read: {error}"]) from error
    return load_text(text, path)


def load_text(text: str, path: Path) -> Config:
    """The same of a file's text; `path` is what the problems name."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: not valid TOML: {error}"]) from error
    problems = _unknown_variables()
    try:
        config = Config(**data)
    except ValidationError as error:
        problems += [_problem(details, path) for details in error.errors() if not _is_variable(details)]
    if problems:
        raise ConfigError(problems)
    return config


def _unknown_variables() -> list[str]:
    """Environment variables with our prefix that set nothing: a misspelt one must not be silently ignored."""
    known = {ENV_PREFIX + key.replace(".", "__").upper(): key for key in keys()}
    problems = []
    for name in sorted(os.environ):
        if name.upper().startswith(ENV_PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            problems.append(f"{name}: no such key in the environment" + (f"; did you mean {near[0]}?" if near else ""))
    return problems


def _is_variable(details: ErrorDetails) -> bool:
    """Whether this unknown key came from the environment, which _unknown_variables has looked at."""
    variable = ENV_PREFIX + "__".join(str(part) for part in details["loc"][:2]).upper()
    return details["type"] == "extra_forbidden" and variable in {name.upper() for name in os.environ}


def _problem(details: ErrorDetails, path: Path) -> str:
    """One sentence: the key, where it stands, what was found, what is expected. A secret's value is never repeated."""
    parts = [str(part) for part in details["loc"]]
    key = ".".join(parts[:2])
    variable = ENV_PREFIX + key.replace(".", "__").upper()
    where = f"{variable}" if variable in {name.upper() for name in os.environ} else f"{path}: {key}"
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, keys() + list(Config.model_fields), n=1, cutoff=0.5)
        return f"{where}: no such key" + (f"; did you mean {near[0]}?" if near else "")
    found = "a value" if key in _SECRETS else repr(details["input"])
    message = details["msg"].removeprefix("Value error, ")
    expected = message if details["type"] == "value_error" else message[0].lower() + message[1:]
    expected = expected.removeprefix("input should be ")
    return f"{where}: found {found}, expected {expected}"


def _section_type(annotation: Any) -> type[BaseModel]:  # noqa: ANN401 (a field's annotation)
    assert isinstance(annotation, type)
    assert issubclass(annotation, BaseModel)
    return annotation


_SECRETS = {"telegram.token", "telegram.proxy", "web.api_token", "intake.proxy"}  # proxies carry passwords
