"""The one guarded way out: an address that a stranger gave is fetched, or refused with the rule that forbids it.

ssrfguard resolves a name once, judges every answer and connects to what it judged; here are the rest of the rules:
http(s) alone, no credentials in an address, each redirect judged anew, one deadline over everything, and bodies bounded
as they arrive and again as they are inflated (no HTTP library does that).
"""

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

import certifi
import httpx
from ssrfguard import Policy, Resolver, SSRFGuardError
from ssrfguard.errors import BlockedAddressError, BlockedURLError
from ssrfguard.httpx import AsyncSafeTransport

from bot.errors import FetchError
from bot.intake.html import is_web

MAX_BYTES: Final = 15_000_000
MAX_REDIRECTS: Final = 5
MAX_URL: Final = 2048
DEADLINE: Final = timedelta(seconds=20)
MAX_RETRY_AFTER: Final = timedelta(hours=24)
USER_AGENT: Final = "Paperboy/0.1 (feed reader; a Telegram bot)"
ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/html;q=0.8, */*;q=0.5"
)
PRIVATE: Final = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
# Below 1024 only the web's own: what else listens there was not made to hear HTTP.
PORTS: Final = frozenset({80, 443, *range(1024, 65536)})
_BAD: Final = re.compile(r"[\s\x00-\x1f\x7f\\]|%0[0da]", re.IGNORECASE)


class HttpError(FetchError):
    """The server answered, and not with the document. `retry_after`: how long it asks for quiet, at most a day."""

    def __init__(self, text: str, status: int, retry_after: timedelta | None) -> None:
        super().__init__("http", text)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from after redirects; `moved_to` the same when they were all permanent."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    not_modified: bool
    moved_to: str | None = None

    @property
    def etag(self) -> str:
        return self.headers.get("etag", "")[:500]

    @property
    def last_modified(self) -> str:
        return self.headers.get("last-modified", "")[:100]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def language(self) -> str:
        return self.headers.get("content-language", "").partition(",")[0].strip()

    @property
    def fresh_for(self) -> timedelta | None:
        """How long the server wants the answer to be used before it is asked again; None: it says nothing of it."""
        rules = self.headers.get("cache-control", "").lower()
        if re.search(r"\bno-(?:cache|store)\b", rules):
            return timedelta()
        if age := re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", rules):
            return timedelta(seconds=min(int(age[1]), 10**8))
        try:
            since = parsedate_to_datetime(self.headers["date"])
            return max(timedelta(), parsedate_to_datetime(self.headers["expires"]) - since)
        except (KeyError, ValueError, TypeError, OverflowError):
            return None

    @property
    def base_url(self) -> str:
        """What relative links of the document are relative to."""
        return base_url(self.url, self.headers.get("content-location")) or self.url


def base_url(url: str | None, content_location: str | None) -> str | None:
    """The base of a document's links: the server's Content-Location (RFC 2557, section 5) where it is a web address."""
    if content_location:
        try:
            joined = urljoin(url or "", content_location)
        except ValueError:
            return url
        if is_web(joined):
            return joined
    return url


class Fetcher:
    """Fetches within the rules; use it as `async with Fetcher() as fetcher`.

    `allow_private` lists the networks (CIDR) that may be reached although they are not public; True stands for this
    machine and the private ranges. Tests and the demo use it, and who reads feeds of their own network.
    """

    def __init__(
        self,
        *,
        allow_private: bool | Sequence[str] = False,
        proxy: str = "",
        resolver: Resolver | None = None,
        deadline: timedelta = DEADLINE,
        max_bytes: int = MAX_BYTES,
        user_agent: str = USER_AGENT,
    ) -> None:
        listed = (PRIVATE if allow_private else ()) if isinstance(allow_private, bool) else allow_private
        self._policy = Policy(
            allowed_networks=tuple(ip_network(network) for network in listed),
            allowed_ports=PORTS,
            allow_proxy=bool(proxy),
            max_url_length=MAX_URL,
        )
        self._proxy = proxy or None
        self._resolver = resolver
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._user_agent = user_agent
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        transport = AsyncSafeTransport(
            policy=self._policy,
            resolver=self._resolver,
            proxy=self._proxy,
            verify=ssl.create_default_context(cafile=certifi.where()),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=10, keepalive_expiry=5),
        )
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            timeout=httpx.Timeout(self._deadline.total_seconds()),
            headers={"User-Agent": self._user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._client:
            await self._client.aclose()

    async def get(
        self, url: str, *, etag: str = "", last_modified: str = "", headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """The document at the address; with `etag` or `last_modified` the server may say that it has not changed.

        `headers` are sent to the address's own origin alone.

        Raises FetchError, whose text names the rule or what went wrong; HttpError for an answer that is no document.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        sent = {name: value for name, value in conditions.items() if value and value.isascii() and value.isprintable()}
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                return await self._follow(url.strip(), sent, dict(headers or {}))
        except TimeoutError as error:
            raise FetchError(
                "timeout", f"{shown(url)} did not answer in full within {self._deadline.seconds} s"
            ) from error

    async def _follow(self, url: str, headers: dict[str, str], secret: dict[str, str]) -> Fetched:
        is_permanent, first = True, url
        for hop in range(MAX_REDIRECTS + 1):
            self.judge(url)
            answer = await self._once(url, headers | secret if urlsplit(url)[:2] == urlsplit(first)[:2] else headers)
            if isinstance(answer, Fetched):
                if hop and is_permanent:
                    return Fetched(url, answer.status, answer.headers, answer.body, answer.not_modified, moved_to=url)
                return answer
            is_permanent = is_permanent and answer.is_permanent
            url = answer.url
        raise FetchError(
            "redirects", f"{shown(url)} was reached by more than {MAX_REDIRECTS} redirects: no more are followed"
        )

    def judge(self, url: str) -> None:
        """Raises FetchError when the rules forbid the address, before anything is looked up."""
        if len(url) > MAX_URL:
            raise FetchError("refused", f"the address {url[:60]}… is longer than the {MAX_URL} characters allowed")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise FetchError("refused", f"{shown(url)} is not an address: {error}") from error
        if parts.scheme not in ("http", "https"):
            raise FetchError("refused", f"{shown(url)} is not allowed: only http and https addresses are fetched")
        if "@" in parts.netloc:
            raise FetchError(
                "refused", f"{shown(url)} is not allowed: an address may not carry a user name or password"
            )
        if _BAD.search(url):
            raise FetchError("refused", f"{shown(url)} is not allowed: it holds a space, line break or backslash")
        if port is not None and port not in PORTS:
            raise FetchError("refused", f"{shown(url)} is not allowed: port {port} is neither 80, 443 nor above 1023")
        try:
            self._policy.check_url(url)
            if f".{(parts.hostname or '').rstrip('.')}".endswith(".localhost"):  # RFC 6761: it is this machine
                self._policy.check_address(ip_address("127.0.0.1"))
        except SSRFGuardError as error:
            raise _refusal(url, error) from error

    async def _once(self, url: str, headers: dict[str, str]) -> "Fetched | _Redirect":
        assert self._client, "a Fetcher is used as `async with Fetcher() as fetcher`"
        try:
            async with self._client.stream("GET", url, headers=headers, follow_redirects=False) as response:
                if response.status_code in (301, 302, 303, 307, 308) and (location := response.headers.get("location")):
                    return _Redirect(_joined(url, location), response.status_code in (301, 308))
                answered = {name.lower(): value for name, value in response.headers.items()}
                if response.status_code == 304 and {"If-None-Match", "If-Modified-Since"} & set(headers):
                    return Fetched(url, 304, answered, b"", not_modified=True)
                if not 200 <= response.status_code < 300:
                    raise _http_error(url, response)
                body = await self._body(url, response)
                return Fetched(url, response.status_code, answered, body, not_modified=False)
        except SSRFGuardError as error:
            raise _refusal(url, error) from error
        except httpx.TimeoutException as error:
            raise FetchError("timeout", f"{shown(url)} did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise FetchError("network", f"{shown(url)} could not be fetched: {_cause(error)}") from error
        finally:
            self._client.cookies.clear()

    async def _body(self, url: str, response: httpx.Response) -> bytes:
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdecimal() and int(declared[:20]) > self._max_bytes:
            raise self._too_large(url)
        encoding = response.headers.get("content-encoding", "").strip().lower()
        body = bytearray()
        async for piece in _inflated(url, response.aiter_raw(), encoding, self._max_bytes + 1):
            body += piece
            if len(body) > self._max_bytes:
                raise self._too_large(url)
        return bytes(body)

    def _too_large(self, url: str) -> FetchError:
        return FetchError("large", f"{shown(url)} is larger than the {self._max_bytes // 1_000_000} MB allowed")


@dataclass(frozen=True, slots=True)
class _Redirect:
    url: str
    is_permanent: bool


async def _inflated(url: str, pieces: AsyncIterator[bytes], encoding: str, limit: int) -> AsyncIterator[bytes]:
    """The body as it was before compression; never more than `limit` bytes out of one piece."""
    if encoding in ("", "identity"):
        async for piece in pieces:
            yield piece
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError("encoding", f"{shown(url)} is compressed as {encoding[:30]!r}, which was not asked for")
    inflate = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    try:
        async for piece in pieces:
            if inflate is None:  # "deflate" is zlib's format by the book, a raw stream with some servers
                inflate = zlib.decompressobj(wbits=15 if piece[:1] and piece[0] & 0x0F == 8 else -15)
            yield inflate.decompress(piece, limit)
    except zlib.error as error:
        raise FetchError("encoding", f"{shown(url)} says it is compressed as {encoding}, and is not") from error


def shown(url: str) -> str:
    """The address for a message: without credentials, on one line, of a bearable length."""
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        url = re.sub(r"//[^/@]*@", "//", url)
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", url)[:200]


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location.strip())
    except ValueError as error:
        raise FetchError("refused", f"{shown(url)} redirects to what is no address: {location[:60]!r}") from error


def _refusal(url: str, error: SSRFGuardError) -> FetchError:
    match error:
        case BlockedAddressError():
            reason = f"{error.address} is not a public address ({error.reason})"
        case BlockedURLError():
            reason = error.reason
        case _:
            reason = type(error).__name__
    return FetchError("refused", f"{shown(url)} is not allowed: {reason}")


def _cause(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__


def _http_error(url: str, response: httpx.Response) -> HttpError:
    text = f"{shown(url)} answered {response.status_code} {response.reason_phrase}".rstrip()
    return HttpError(text, response.status_code, _retry_after(response.headers.get("retry-after", "")))


def _retry_after(value: str) -> timedelta | None:
    """Seconds or a date (RFC 9110, section 10.2.3), between nothing and a day."""
    value = value.strip()
    try:
        if value.isascii() and value.isdecimal():
            wait = timedelta(seconds=min(int(value[:12]), 10**6))
        else:
            date = parsedate_to_datetime(value)
            wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(), min(wait, MAX_RETRY_AFTER))
