"""Addresses, as stories are known by them: whatever way a reader came, one page has one canonical URL. Pure.

What is left out or folded is written down in docs/design/identity.md.
"""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit, urlunsplit

# What tells where a reader came from, not what is read. Names as their makers document them.
_TRACKING: Final = re.compile(
    r"utm_?\w+|mtm_\w+|pk_\w+|piwik_\w+|matomo_\w+|hsa_\w+|at_(?:medium|campaign|custom\d?|link\w*|format|ptr_\w+)"
    r"|wt\.\w+|vero_\w+|fbclid|fb_(?:action_\w+|ref|source)|gclid|gclsrc|dclid|gbraid|wbraid|gad_\w+|srsltid|_ga|_gl"
    r"|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|li_fat_id|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|__hs\w+|oly_anon_id"
    r"|oly_enc_id|rb_clickid|s_cid|s_kwcid|sc_(?:campaign|channel|content|medium|outcome|geo|country|cid)|ns_\w+|spm|xtor"
    r"|cmp|cmpid|icid|ncid|ocid|smid|smtyp|guccounter|guce_\w+|ref_src|ref_url|trk|trk\w*campaign|_openstat|soc_\w+"
    r"|__twitter_impression|mbid|echobox|campaign_id|amp_\w+|aoh|usqp|_amp",
    re.IGNORECASE,
)
# The same by name and value: where the link stood.
_ORIGIN: Final = re.compile(
    r"(?:source|src|ref|referrer|from|via|medium|partner|origin|channel|share)"
    r"=(?:rss\w*|feed\w*|atom|twitter|x|facebook|fb|telegram|newsletter|e?-?mail|social\w*|google\w*|1|true)",
    re.IGNORECASE,
)
# Another look of the same page, or what keeps a cache from answering.
_LOOK: Final = re.compile(
    r"amp(?:=(?:1|true|yes|amp)?)?|(?:output|outputtype|view|mode|format|layout|type)=(?:amp|mobile)"
    r"|(?:m|mobile|rss|feed)=(?:1|0|true)?|(?:_|cb|rnd|rand|random|nocache|no_cache|cachebuste?r?)=[\d.]*",
    re.IGNORECASE,
)
_SESSION: Final = re.compile(
    r"phpsessid|jsessionid|sessionid|session_id|sess_?id|aspsessionid\w*|oscsid|zenid|cfid|cftoken|_sid", re.IGNORECASE
)
_SID: Final = re.compile(r"sid|s|sess|session|token", re.IGNORECASE)  # a session, or the number of a story
_SESSION_VALUE: Final = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{16,}", re.IGNORECASE)
_SESSION_PATH: Final = re.compile(
    r";(?:jsessionid|phpsessid|sid|sessionid)=[^/?#;]*|/\((?:[A-Z]\([^()/]*\))+\)(?=/)", re.IGNORECASE
)
_SCRIPT: Final = re.compile(r"\.(?:php\d?|pl|cgi|aspx?|jsp|cfm)$", re.IGNORECASE)
_INDEX: Final = re.compile(r"/(?:index|default)\.(?:html?|php\d?|shtml|aspx?|jsp)$", re.IGNORECASE)
_AMP_FILE: Final = re.compile(r"(?<=[^/.])\.amp(?=\.html?$|$)", re.IGNORECASE)
_AMP_SEGMENT: Final = re.compile(r"/amp(?:\.html?)?(?=/|$)", re.IGNORECASE)

_LOOK_HOSTS: Final = frozenset({"www", "m", "amp", "mobile", "touch"})
_SECOND_LEVELS: Final = frozenset(
    {"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"}
)  # of co.uk and its kin
_AMP_CACHE: Final = re.compile(
    r"https?://(?:[\w.-]*\.?(?:cdn\.ampproject\.org|bing-amp\.com|amp\.cloudflare\.com)/[a-z]{1,2}(?:/[a-z])?"
    r"|(?:www\.)?(?:google\.[a-z.]{2,6}|bing\.com)/amp(?:/s)?)/(?=[\w-]+(?:\.[\w-]+)+(?:[/?#:]|$))",
    re.IGNORECASE,
)
_AMP_CACHE_SCHEME: Final = re.compile(r"s/(?=[\w-]+(?:\.[\w-]+)+)")
_GOOGLE_LINK: Final = re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/url\?", re.IGNORECASE)
_DEFAULT_PORTS: Final = (80, 443)
_ESCAPE: Final = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_MANY_SLASHES: Final = re.compile(r"/{2,}")


def canonical_url(url: str) -> str:
    """The address by which one story is known, whoever links to it: it compares, it is not for opening.

    The page itself behind AMP caches, AMP and mobile forms; https for http, the bare host in lower case, one writing of
    escapes, the query in the order of its names; no default port, fragment, tracking parameter, session id, index file
    or final slash. What is no URL comes back as it is.
    """
    url = url.strip()
    for _layer in range(3):
        inner = _behind(url)
        if inner is None:
            break
        url = inner
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = _host(parts)
    if port is not None and port not in _DEFAULT_PORTS:
        host = f"{host}:{port}"
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # "#!" addresses are pages of their own
    return urlunsplit(("https", host, _path(parts.path), _query(parts), fragment))


def anchor(url: str | None) -> str:
    """The part of the page that the URL points to, such as a version in a list of changes; "" for none.

    Fragments that tell where a reader came from (`#xtor=RSS-1`) are none.
    """
    _, _, fragment = (url or "").partition("#")
    is_place = fragment and not fragment.startswith(("!", ":~:")) and "=" not in fragment
    return fragment if is_place and not re.fullmatch(r"rss|feed|ref\w*|utm\w*", fragment, re.IGNORECASE) else ""


def host(canonical: str | None) -> str:
    """The host of a canonical URL, with its port if it has one; "" for none."""
    try:
        return urlsplit(canonical or "").netloc
    except ValueError:
        return ""


def place(canonical: str | None) -> str:
    """The path and query of a canonical URL, which two domains of one site have in common. "" for a front page."""
    try:
        parts = urlsplit(canonical or "")
    except ValueError:
        return ""
    return urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def _behind(url: str) -> str | None:
    """The address inside that of an AMP cache or a link of Google's."""
    if found := _AMP_CACHE.match(url):
        rest = url[found.end() :]
        return "https://" + _AMP_CACHE_SCHEME.sub("", rest, count=1)
    if _GOOGLE_LINK.match(url):
        given = dict(parse_qsl(urlsplit(url).query))
        inner = given.get("url") or given.get("q") or ""
        return inner if inner.startswith(("http://", "https://")) else None
    return None


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        host = host.lower()
    if ":" in host:
        return f"[{host}]"
    labels = host.split(".")
    kept = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS else 2
    front = [label for label in labels[:-kept] if label not in _LOOK_HOSTS and not re.fullmatch(r"www\d", label)]
    return ".".join((*front, *labels[-kept:]))


def _path(path: str) -> str:
    path = _MANY_SLASHES.sub("/", _without_dots(_written(_SESSION_PATH.sub("", path)))).rstrip("/")
    while (bare := _bare(path)) != path:
        path = bare
    return path


def _bare(path: str) -> str:
    """One step from the AMP form of a page, or a folder's index, to the page."""
    return _INDEX.sub("", _AMP_FILE.sub("", _AMP_SEGMENT.sub("", path) or path)).rstrip("/")


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def _query(parts: SplitResult) -> str:
    is_script = _SCRIPT.search(parts.path) is not None
    pairs = [_written(pair.replace("+", "%20")) for pair in parts.query.split("&") if pair]
    kept = [pair for pair in pairs if not _says_nothing(pair, is_script=is_script)]
    return "&".join(sorted(kept, key=lambda pair: pair.partition("=")[0]))


def _says_nothing(pair: str, *, is_script: bool) -> bool:
    """Whether the parameter is not about the page. `is_script`: the path's file is a program, with pages by number."""
    name, _, value = unquote(pair).partition("=")
    if _SID.fullmatch(name):
        return _SESSION_VALUE.fullmatch(value) is not None or (name.lower() == "sid" and not is_script)
    is_noise = _TRACKING.fullmatch(name) or _SESSION.fullmatch(name)
    return bool(
        is_noise or _LOOK.fullmatch(f"{name}={value}" if value else name) or _ORIGIN.fullmatch(f"{name}={value}")
    )


def _written(text: str) -> str:
    """The same with escapes where they are needed and nowhere else, so that two writings of one address are equal."""
    return quote(_ESCAPE.sub(_unescaped, text), safe="/%:@!$&'()*+,;=~-._?")


def _unescaped(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else f"%{found[1].upper()}"
