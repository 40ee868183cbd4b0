"""How the bot's calls reach Telegram: PTB's request interface on aiohttp, which knows whether a request was written."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aiohttp
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.errors import ConfigError

if TYPE_CHECKING:
    from datetime import timedelta

    from telegram._utils.types import ODVInput

KEEP_ALIVE_SECONDS = 15.0  # an idle connection is closed by us before a server in between does


class NotSent(NetworkError):
    """Telegram certainly did not get the request: no connection, no free connection, or turned away underway."""

    __slots__ = ()


class MaybeSent(TimedOut):
    """The request was written and no usable answer came: Telegram may have done what it asked."""

    __slots__ = ()


class Flooded(RetryAfter):
    """Flood control. `retry_after` is a timedelta, whatever PTB_TIMEDELTA says, and reading it never warns."""

    __slots__ = ()

    @property
    def retry_after(self) -> "timedelta":
        return self._retry_after


def seconds_to_wait(error: RetryAfter) -> float:
    """How long flood control says to wait, whichever type PTB gives it as."""
    wait = error.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, with the meaning that PTB gives them; None waits for ever."""

    read: float | None = 10.0
    write: float | None = 10.0
    media_write: float | None = 30.0
    connect: float | None = 5.0
    pool: float | None = 5.0


class AiohttpRequest(BaseRequest):
    """Requests to the Bot API over kept-alive connections, `pool_size` at most.

    Raises NotSent, MaybeSent and Flooded beside PTB's own errors. Their texts name the kind of failure and never the
    address, because the address holds the token; the causes are dropped for the same reason.
    """

    __slots__ = ("_pool_size", "_proxy", "_session", "_timeouts")

    def __init__(self, *, pool_size: int = 256, timeouts: Timeouts = Timeouts(), proxy: str = "") -> None:
        if proxy and not proxy.startswith(("http://", "https://")):
            raise ConfigError(["telegram.proxy: must start with http:// or https:// (other kinds are not supported)"])
        self._pool_size = pool_size
        self._timeouts = timeouts
        self._proxy = proxy or None
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._timeouts.read

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._pool_size, keepalive_timeout=KEEP_ALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trace_configs=[_watch_writing()],
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
        write_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
        connect_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
        pool_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("AiohttpRequest is used before initialize() or after shutdown()")
        defaults = self._timeouts
        has_files = request_data is not None and request_data.contains_files
        timeout = _timeout(
            read=_given(read_timeout, defaults.read),
            write=_given(write_timeout, defaults.media_write if has_files else defaults.write),
            connect=_given(connect_timeout, defaults.connect),
            pool=_given(pool_timeout, defaults.pool),
            is_download=method == "GET",
        )
        written = SimpleNamespace(yes=False)
        failure: TelegramError | None
        try:
            async with self._session.request(
                method,
                url,
                data=_body(request_data),
                timeout=timeout,
                proxy=self._proxy,
                allow_redirects=False,
                trace_request_ctx=written,
            ) as response:
                status, payload = response.status, await response.read()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = _failure(error, is_written=written.yes)
        else:
            failure = _judge(status, payload)
        if failure is not None:  # raised out here, so that no cause with the address in its text is chained
            raise failure
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As PTB's, but an answer that cannot be read says what it means for the request, and is not logged."""
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and ("result" in answer or answer.get("ok") is False):
            return answer
        raise MaybeSent("the answer could not be read")


def _watch_writing() -> aiohttp.TraceConfig:
    """Notes in the request's own context that its first byte is about to leave. Connecting comes before."""

    async def note(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.yes = True

    watch = aiohttp.TraceConfig()
    watch.on_request_headers_sent.append(note)
    return watch


def _given(value: "ODVInput[float]", default: float | None) -> float | None:
    return default if value is BaseRequest.DEFAULT_NONE else cast("float | None", value)


def _timeout(
    *, read: float | None, write: float | None, connect: float | None, pool: float | None, is_download: bool
) -> aiohttp.ClientTimeout:
    """aiohttp has no limit for writing alone: one for the whole call stands in for it, not while a file comes in."""
    connected = None if connect is None or pool is None else connect + pool
    total = None if connected is None or write is None or read is None or is_download else connected + write + read
    return aiohttp.ClientTimeout(total=total, connect=connected, sock_connect=connect, sock_read=read)


def _body(request_data: RequestData | None) -> aiohttp.Payload | aiohttp.FormData | None:
    if request_data is None or not request_data.parameters:
        return None
    if not request_data.contains_files:
        return aiohttp.JsonPayload(request_data.parameters)
    form = aiohttp.FormData(quote_fields=False)  # Telegram takes file names as they are, in UTF-8
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form


def _failure(error: Exception, *, is_written: bool) -> NetworkError:
    """What an exception of aiohttp means for the request; its own text holds the address and is not repeated."""
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno:
        name += f" (errno {error.errno})"
    if is_written:
        return MaybeSent(f"the request was written and the answer was lost: {name}")
    return NotSent(f"the request was not sent: {name}")


def _judge(status: int, payload: bytes) -> TelegramError | None:
    """What an HTTP status means where PTB would not tell it apart; None: PTB reads it well."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Flooded(_retry_after(payload))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return MaybeSent(f"the server failed with HTTP status {status}")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return BadRequest("Request Entity Too Large")
    if not _is_telegrams(payload):  # a proxy or a portal in between, whose 403 says nothing about the chat
        return NotSent(f"turned away with HTTP status {status}")
    return None


def _is_telegrams(payload: bytes) -> bool:
    """Whether an error's body is an answer of the Bot API."""
    try:
        answer = json.loads(payload)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("ok") is False


def _retry_after(payload: bytes) -> int:
    """Seconds to wait as a 429 says; 5 where a server in between gave it without saying."""
    try:
        return max(1, int(json.loads(payload)["parameters"]["retry_after"]))
    except (ValueError, LookupError, TypeError):
        return 5
