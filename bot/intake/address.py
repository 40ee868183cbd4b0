"""Which addresses may be fetched, and how one is shown without what is secret in it. Pure.

ssrfguard judges hosts and IP addresses by the registries of what is not public; here is what we refuse beyond that.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Policy, Reach, SSRFGuardError
from ssrfguard.errors import BlockedAddressError, BlockedURLError

from bot.errors import FetchError

MAX_URL: Final = 2048
PRIVATE: Final = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
# Ports above 1023 of other protocols: the WHATWG's bad ports (https://fetch.spec.whatwg.org/#port-blocking), and of
# databases, which take the lines of an HTTP request for commands.
_OTHERS: Final = frozenset({
    1719, 1720, 1723, 2049, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669,
    6679, 6697, 10080, 11211, 27017,
})  # fmt: skip
# Below 1024 only the web's own: what else listens there was not made to hear HTTP.
PORTS: Final = frozenset({80, 443, *range(1024, 65536)}) - _OTHERS
_BAD: Final = re.compile(r"[\s\x00-\x1f\x7f\\]|%0[0da]", re.IGNORECASE)
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_SCHEME: Final = re.compile(r"\s*(https?:[/\\]*|[a-z][a-z0-9+.-]*:[/\\]{2,}|[/\\]*)", re.IGNORECASE)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS: Final = frozenset({
    "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive",
    "accept-encoding", "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    "proxy-authorization", "proxy-connection",
})  # fmt: skip


def _table() -> AddressTable:
    """The registries' special blocks, without their exceptions (anycast to the nearest router), with what they lack.

    Of IPv6 only 2000::/3 is given out to anybody; the wrappers of IPv4 outside it keep their own, longer, rows.
    """
    blocks = [block for block in DEFAULT_DENIED.blocks if block.reach is not Reach.PERMITTED]
    more = [(network, "not global unicast", "RFC4291") for network in ("::/3", "4000::/2", "8000::/1")]
    more.append(("168.63.129.16/32", "Cloud metadata (Azure)", "Microsoft"))
    blocks += [Block(ip_network(network), name, source, Reach.DENIED) for network, name, source in more]
    return AddressTable(tuple(blocks))


class Rules:
    """Judges addresses. `policy` is ssrfguard's part, for the connection.

    `allow_private` lists the networks (CIDR) that may be reached although they are not public; True stands for this
    machine and the private ranges. Raises ValueError for a network that would let everything through in a wrapper.
    """

    def __init__(self, allow_private: bool | Sequence[str], *, by_proxy: bool = False) -> None:
        listed = (PRIVATE if allow_private else ()) if isinstance(allow_private, bool) else allow_private
        self.policy = Policy(
            denied_networks=_table(),
            allowed_networks=tuple(ip_network(network) for network in listed),
            allowed_ports=PORTS,
            allow_proxy=by_proxy,
            max_url_length=MAX_URL,
        )

    def judge(self, url: str) -> None:
        """Raises FetchError when the rules forbid the address, before anything is looked up."""
        if len(url) > MAX_URL:
            raise FetchError(
                "refused", f"the address {shown(url)[:60]}… is longer than the {MAX_URL} characters allowed"
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # whose text may be of a password
            raise FetchError("refused", f"{shown(url)} is not an address: its host or port cannot be read") from None
        if parts.scheme not in ("http", "https"):
            raise _refused(url, "only http and https addresses are fetched")
        if "@" in parts.netloc:
            raise _refused(url, "an address may not carry a user name or password")
        if _BAD.search(url):
            raise _refused(url, "it holds a space, line break or backslash")
        if port in _OTHERS:
            raise _refused(url, f"port {port} is not the web's")
        if port is not None and port not in PORTS:
            raise _refused(url, f"port {port} is neither 80, 443 nor above 1023")
        try:
            target = self.policy.check_url(url)
            host = target.host.rstrip(".").lower()
            if f".{host}".endswith(".localhost"):  # RFC 6761: it is this machine
                self.policy.check_address(ip_address("127.0.0.1"))
        except SSRFGuardError as error:
            raise refusal(url, error) from None  # whose text repeats the address
        if target.address is None and _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise _refused(url, "its host is a number in disguise")
        try:
            _ = httpx.URL(url).host
        except (httpx.InvalidURL, ValueError):
            raise FetchError("refused", f"{shown(url)} is not an address: its host cannot be read") from None


def refusal(url: str, error: SSRFGuardError) -> FetchError:
    """What ssrfguard refused, in a sentence."""
    match error:
        case BlockedAddressError():
            reason = f"{error.address} is not a public address ({error.reason.partition('. ')[0]})"
        case BlockedURLError():
            reason = error.reason
        case _:
            reason = type(error).__name__
    return _refused(url, reason)


def _refused(url: str, reason: str) -> FetchError:
    return FetchError("refused", f"{shown(url)} is not allowed: {reason}")


def shown(url: str) -> str:
    """The address for a message: without credentials and query (tokens live there), on one line, of a bearable length.

    Made for what is no proper address, too: `https://me:pass/word@host/` has its password in what reads as the path.
    """
    scheme = _SCHEME.match(url)
    start = scheme[0] if scheme else ""
    rest = url[len(start) :]
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    host, colon, port = re.sub(r"^\[[0-9A-Fa-f:.]*\]", "[]", authority).partition(":")
    is_odd = bool(colon) and not (port.isascii() and port.isdecimal() and int(port[:6]) in PORTS)
    if "@" in authority or (is_odd and "@" in rest):
        rest = rest.rpartition("@")[2]
    elif is_odd and port:
        rest = f"{host}:…"
    before, mark, *_ = *re.split(r"([?#])", rest, maxsplit=1), ""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in (start + before)[:300]).split())
    return text[:200] + ("…" if len(text) > 200 else "?…" if mark == "?" else "")


def hides_password(url: str) -> bool:
    """Whether `shown` leaves out what stands before the host, or reads as if it did."""
    scheme = _SCHEME.match(url)
    authority = re.split(r"[/\\?#]", url[len(scheme[0]) if scheme else 0 :], maxsplit=1)[0]
    return "@" in url and authority not in shown(url)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port. Raises ValueError for what is no address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def host_of(url: str) -> str:
    """The host that answers for the address; the address itself where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".") or url
    except ValueError:
        return url


def split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """The address without user name and password, and the header that stands for them; {} where there are none.

    `https://me:secret@host/feed` becomes `https://host/feed` and {"Authorization": "Basic …"}, which is to be kept
    secret and given to `Fetcher.get(headers=…)`. What is no address comes back as it is, for the rules to refuse.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, {}
    credentials, at, host = parts.netloc.rpartition("@")
    if not at or parts.scheme not in ("http", "https"):
        return url, {}
    clean = urlunsplit(parts._replace(netloc=host))
    name, _, password = credentials.partition(":")
    if not name and not password:
        return clean, {}
    pair = f"{unquote(name)}:{unquote(password)}"
    return clean, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises FetchError for a header that cannot be sent or is not a feed's to set. The text never repeats a value."""
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):  # nor the name: it may be a value, pasted into the wrong place
            raise FetchError(
                "headers", "a header's name holds letters, digits and hyphens only, as in Authorization: …"
            )
        if name.lower() in _OURS:
            raise FetchError("headers", f"the header {name} is not a feed's to set")
        if not (value and value.isascii() and value.isprintable() and value == value.strip() and len(value) <= 4000):
            raise FetchError("headers", f"the value of the header {name} must be one line of plain ASCII")
