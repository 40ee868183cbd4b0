"""The one guarded way out: an address that a stranger gave is fetched, or refused with the rule that forbids it.

ssrfguard resolves a name once, judges every answer and connects to what it judged. What an address may be is in
address.py, how bodies are bounded in inflate.py; here is the rest: each redirect judged anew, one deadline over
everything, a host's turns, and a feed's own headers that leave for its own origin alone. Of the environment nothing is
used but where the system keeps its certificates.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from importlib import metadata
from types import TracebackType
from typing import Final, Self
from urllib.parse import urldefrag, urljoin
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
import certifi
import httpx
from ssrfguard import Resolver, SSRFGuardError, resolve
from ssrfguard.httpx import AsyncSafeTransport

from bot.clock import Clock, utcnow
from bot.errors import FetchError
from bot.intake import caching
from bot.intake.address import Rules, check_headers, host_of, origin, refusal
from bot.intake.address import shown as shown
from bot.intake.address import split_credentials as split_credentials
from bot.intake.html import is_web
from bot.intake.inflate import body_of, too_large

MAX_BYTES: Final = 15_000_000
MAX_REDIRECTS: Final = 5
DEADLINE: Final = timedelta(seconds=20)
AT_ONCE: Final = 2  # from one host
ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/html;q=0.8, */*;q=0.5"
)


class HttpError(FetchError):
    """The server answered, and not with the document.

    `retry_after`: how long it asks to be left alone; `fresh_for`: how long this answer stands. Both at most a day,
    None: it does not say.
    """

    def __init__(
        self, text: str, status: int, retry_after: timedelta | None, fresh_for: timedelta | None = None
    ) -> None:
        super().__init__("http", text)
        self.status = status
        self.retry_after = retry_after
        self.fresh_for = fresh_for


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from after redirects; `moved_to` the same when they were all permanent.

    `fresh_for`: how long the server wants it to be used before it is asked again (Cache-Control, Expires), at most a
    day; None: it does not say. `retry_after` the same of Retry-After.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)
    not_modified: bool
    moved_to: str | None = None
    fresh_for: timedelta | None = None
    retry_after: timedelta | None = None

    @property
    def etag(self) -> str:
        """ "" where there is none, or one too long to be kept."""
        etag = self.headers.get("etag", "")
        return etag if len(etag) <= 500 else ""

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
    """Fetches within the rules; use it as `async with Fetcher() as fetcher`, one for the whole program.

    From one host it takes `at_once` documents at a time, whoever asks, so that a slow one holds up nobody but itself;
    the deadline counts from when it is a request's turn. `allow_private`: see address.Rules; tests and the demo use
    it, and who reads feeds of their own network.

    With a `proxy` it is the proxy that looks names up and connects: the rules hold for the address and for what this
    machine knows of its name, and the proxy must refuse the rest.
    """

    def __init__(
        self,
        *,
        allow_private: bool | Sequence[str] = False,
        proxy: str = "",
        resolver: Resolver | None = None,
        deadline: timedelta = DEADLINE,
        max_bytes: int = MAX_BYTES,
        at_once: int = AT_ONCE,
        clock: Clock = utcnow,
    ) -> None:
        self._rules = Rules(allow_private, by_proxy=bool(proxy))
        self._proxy = proxy or None
        self._resolver = resolver
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._at_once = at_once
        self._clock = clock
        self._lookups = anyio.CapacityLimiter(100)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._transport: AsyncSafeTransport | None = None  # no httpx.AsyncClient: it knows cookies and redirects
        self._headers = httpx.Headers(
            {"User-Agent": user_agent(), "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        )
        self._timeouts = {"timeout": httpx.Timeout(deadline.total_seconds()).as_dict()}

    async def __aenter__(self) -> Self:
        self._transport = AsyncSafeTransport(
            policy=self._rules.policy,
            resolver=self._resolver,
            proxy=self._proxy,
            verify=certificates(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=10, keepalive_expiry=5),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._transport:
            await self._transport.aclose()

    async def get(
        self, url: str, *, etag: str = "", last_modified: str = "", headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """The document at the address; with `etag` or `last_modified` the server may say that it has not changed.

        `headers` are for the address's own origin (scheme, host, port) alone: once a redirect leads to another, they
        are sent no more. Raises FetchError, whose text names the rule or what went wrong, and no secret; HttpError for
        an answer that is no document.
        """
        url, own = url.strip(), dict(headers or {})
        check_headers(own)
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditions = {
            name: value for name, value in conditions.items() if value and value.isascii() and value.isprintable()
        }
        left = self._deadline.total_seconds()
        now = asyncio.get_running_loop().time
        is_permanent, home = True, None
        for hop in range(MAX_REDIRECTS + 1):
            self.judge(url)
            url = urldefrag(url).url
            home = home or origin(url)
            if origin(url) != home:
                own = {}
            async with self._turn(url):
                begun = now()
                answer = await self._within(left, url, {**own, **conditions})
                left -= now() - begun
            if isinstance(answer, Fetched):
                return replace(answer, moved_to=url) if hop and is_permanent else answer
            is_permanent = is_permanent and answer.is_permanent
            url = answer.url
        raise FetchError(
            "redirects", f"{shown(url)} was reached by more than {MAX_REDIRECTS} redirects: no more are followed"
        )

    def judge(self, url: str) -> None:
        """Raises FetchError when the rules forbid the address, before anything is looked up."""
        self._rules.judge(url)

    def _turn(self, url: str) -> asyncio.Semaphore:
        """The host's slots; they live as long as somebody holds or awaits one."""
        return self._turns.setdefault(host_of(url), asyncio.Semaphore(self._at_once))

    async def _within(self, seconds: float, url: str, headers: dict[str, str]) -> "Fetched | _Redirect":
        try:
            async with asyncio.timeout(seconds):
                if self._proxy:
                    await self._judge_name(url)
                return await self._once(url, headers)
        except TimeoutError as error:
            whole = f"{self._deadline.total_seconds():g}"
            raise FetchError("timeout", f"{shown(url)} did not answer in full within {whole} s") from error

    async def _judge_name(self, url: str) -> None:
        """A proxy looks up the name again, so this is the second best; and one that only the proxy knows passes."""
        policy = self._rules.policy
        look_up = partial(resolve, policy.check_url(str(httpx.URL(url))), policy=policy, resolver=self._resolver)
        try:
            await anyio.to_thread.run_sync(look_up, limiter=self._lookups)
        except SSRFGuardError as error:
            raise refusal(url, error) from None
        except (OSError, ValueError):
            return

    async def _once(self, url: str, headers: dict[str, str]) -> "Fetched | _Redirect":
        assert self._transport, "a Fetcher is used as `async with Fetcher() as fetcher`"
        try:
            sent = self._headers.copy()
            sent.update(headers)
            request = httpx.Request("GET", url, headers=sent, extensions=self._timeouts)
            response = await self._transport.handle_async_request(request)
            try:
                return await self._answer(url, response, "If-None-Match" in headers or "If-Modified-Since" in headers)
            finally:
                await response.aclose()
        except SSRFGuardError as error:
            raise refusal(url, error) from None  # whose text repeats the address
        except httpx.TimeoutException as error:
            raise FetchError("timeout", f"{shown(url)} did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise _network_error(url, error) from None  # whose text may quote what was sent

    async def _answer(self, url: str, response: httpx.Response, was_conditional: bool) -> "Fetched | _Redirect":
        status = response.status_code
        if status in (301, 302, 303, 307, 308) and (location := response.headers.get("location")):
            return _Redirect(_joined(url, location), status in (301, 308))
        headers = {name.lower(): value for name, value in response.headers.items()}
        now = self._clock()
        fresh_for, retry_after = caching.fresh_for(headers, now), caching.retry_after(headers, now)
        if status == 304 and was_conditional:
            return Fetched(url, 304, headers, b"", True, fresh_for=fresh_for, retry_after=retry_after)
        if not 200 <= status < 300:
            raise HttpError(
                f"{shown(url)} answered {status} {_phrase(status)}".rstrip(), status, retry_after, fresh_for
            )
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdecimal() and int(declared[:20]) > self._max_bytes:
            raise too_large(shown(url), self._max_bytes)
        body = await body_of(shown(url), response.aiter_raw(), headers.get("content-encoding", ""), self._max_bytes)
        return Fetched(url, status, headers, body, False, fresh_for=fresh_for, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class _Redirect:
    url: str
    is_permanent: bool


def user_agent() -> str:
    """Who asks, so that a site's owner can tell."""
    return f"Paperboy/{metadata.version('paperboy')} (feed reader; self-hosted Telegram bot)"


def certificates() -> ssl.SSLContext:
    """Whom to trust: whom the system does (or SSL_CERT_FILE), as for Telegram; certifi's list where it has none."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    return context


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location.strip().replace(" ", "%20"))
    except ValueError:
        raise FetchError("refused", f"{shown(url)} redirects to what is no address: {shown(location)[:60]}") from None


def _network_error(url: str, error: Exception) -> FetchError:
    """Without a word of what was sent or answered: libraries quote, and servers echo."""
    match error:
        case httpx.ConnectError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            reason, cause = "tls", str(error).partition("verify failed: ")[2].partition(" (_ssl")[0]
        case httpx.ConnectError():
            reason, cause = "network", " ".join(str(error).split())
        case httpx.ProxyError():
            reason, cause = "network", "the proxy does not let it through"
        case httpx.ProtocolError():
            reason, cause = "network", "the answer is not HTTP, or ends too early"
        case httpx.NetworkError():
            reason, cause = "network", "the connection broke off"
        case _:
            reason, cause = "network", type(error).__name__
    return FetchError(reason, f"{shown(url)} could not be fetched: {cause[:200] or type(error).__name__}")


def _phrase(status: int) -> str:
    """What the status means by the book; what the server says in its place is a stranger's text."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
