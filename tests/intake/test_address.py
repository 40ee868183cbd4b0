"""Addresses: what the rules forbid however it is spelled, and what of an address may be shown."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FetchError
from bot.intake.address import Rules, check_headers, origin, shown, split_credentials

RULES = Rules(allow_private=False)
FORBIDDEN = [
    ("http://127.0.0.1/", "127.0.0.0/8 is Loopback"),
    ("http://127.0.0.1./", "only of digits and dots"),
    ("http://0x7f.1/", "a number in disguise"),
    ("http://0x7f000001/", "a number in disguise"),
    ("http://0x7f.0x0.0x0.0x1./", "a number in disguise"),
    ("http://example.0x1/", "a number in disguise"),
    ("http://2130706433/", "only of digits and dots"),
    ("http://017700000001/", "only of digits and dots"),
    ("http://0177.0.0.1/", "only of digits and dots"),
    ("http://127.1/", "only of digits and dots"),
    ("http://0/", "only of digits and dots"),
    ("http://0.0.0.0/", "0.0.0.0/32 is This host"),
    ("http://①②⑦.⓪.⓪.①/", "Loopback"),
    ("http://127。0。0。1/", "Loopback"),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "Loopback"),
    ("http://localhost/", "Loopback"),
    ("http://LOCALHOST./", "is not a public address"),
    ("http://feeds.localhost:8080/", "Loopback"),
    ("http://[::1]/", "::1/128 is Loopback"),
    ("http://[0:0:0:0:0:0:0:1]/", "::1/128 is Loopback"),
    ("http://[::]/", "Unspecified"),
    ("http://[::ffff:127.0.0.1]/", "127.0.0.0/8 is Loopback"),
    ("http://[::ffff:7f00:1]/", "127.0.0.0/8 is Loopback"),
    ("http://[::ffff:0:127.0.0.1]/", "not global unicast"),
    ("http://[::127.0.0.1]/", "127.0.0.0/8 is Loopback"),
    ("http://[64:ff9b::7f00:1]/", "127.0.0.0/8 is Loopback"),
    ("http://[64:ff9b:1::1]/", "IPv4-IPv6 Translation"),
    ("http://[2002:a00:5::1]/", "10.0.0.0/8 is Private-Use"),
    ("http://[2001:0:7f00:1::]/", "Loopback"),
    ("http://[fe80::1]/", "fe80::/10 is Link-Local"),
    ("http://[fe80::1%25eth0]/", "not allowed"),
    ("http://[fe80::1%eth0]/", "not allowed"),
    ("http://[fec0::1]/", "Site-Local"),
    ("http://[fd00:ec2::254]/", "Cloud metadata"),
    ("http://[fd12:3456::1]/", "fc00::/7 is Unique-Local"),
    ("http://[ff02::1]/", "Multicast"),
    ("http://[1::1]/", "not global unicast"),
    ("http://[4000::1]/", "not global unicast"),
    ("http://[v1.fe80]/", "is not an address"),
    ("http://169.254.169.254/latest/meta-data/iam/security-credentials/", "169.254.169.254/32 is Cloud metadata"),
    ("http://169.254.170.2/", "Cloud metadata"),
    ("http://100.100.100.200/", "Cloud metadata"),
    ("http://192.0.0.192/", "Cloud metadata"),
    ("http://168.63.129.16/", "Cloud metadata"),
    ("http://192.0.0.9/", "IETF Protocol Assignments"),
    ("http://169.254.1.1/", "Link Local"),
    ("http://100.64.0.1/", "Shared Address Space"),
    ("http://10.0.0.5/", "10.0.0.0/8 is Private-Use"),
    ("http://172.16.0.1/", "172.16.0.0/12 is Private-Use"),
    ("http://192.168.1.1:8080/", "192.168.0.0/16 is Private-Use"),
    ("http://198.18.0.1/", "Benchmarking"),
    ("http://203.0.113.7/", "Documentation"),
    ("http://224.0.0.1/", "224.0.0.0/4 is Multicast"),
    ("http://240.0.0.1/", "Reserved"),
    ("http://255.255.255.255/", "Limited Broadcast"),
    ("http://user:secret@127.0.0.1/", "may not carry a user name or password"),
    ("http://user:secret@example.org/feed", "may not carry a user name or password"),
    ("http://secret@example.org/feed", "may not carry a user name or password"),
    ("http://example.org@127.0.0.1/", "may not carry a user name or password"),
    ("http://127.0.0.1%2f@example.org/", "may not carry a user name or password"),
    ("http://example.org%2f@127.0.0.1/", "may not carry a user name or password"),
    ("http://example.org%00.127.0.0.1/", "not allowed"),
    ("http://%31%32%37.0.0.1/", "host contains '%'"),
    ("http://example.org\\@127.0.0.1/", "not allowed"),
    ("http://127.0.0.1\\.example.org/", "backslash"),
    ("http:\\\\127.0.0.1/", "not allowed"),
    ("http:/127.0.0.1/", "has no host"),
    ("http:127.0.0.1/", "has no host"),
    ("http:///127.0.0.1/", "has no host"),
    ("http://", "has no host"),
    ("file:///etc/passwd", "only http and https"),
    ("FILE:///etc/passwd", "only http and https"),
    ("ftp://example.org/", "only http and https"),
    ("gopher://127.0.0.1:70/_GET", "only http and https"),
    ("dict://127.0.0.1:11211/stat", "only http and https"),
    ("ldap://127.0.0.1/", "only http and https"),
    ("unix:///var/run/docker.sock", "only http and https"),
    ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "only http and https"),
    ("ws://example.org/", "only http and https"),
    ("data:text/xml,<rss/>", "only http and https"),
    ("javascript:alert(1)", "only http and https"),
    ("jar:http://127.0.0.1!/x", "only http and https"),
    ("view-source:http://127.0.0.1/", "only http and https"),
    ("//example.org/feed", "only http and https"),
    ("example.org", "only http and https"),
    ("", "only http and https"),
    ("http://example.org:25/", "port 25 is neither"),
    ("http://example.org:22/", "port 22 is neither"),
    ("http://example.org:0/", "port 0 is neither"),
    ("http://example.org:6379/", "port 6379 is not the web's"),
    ("http://example.org:11211/", "port 11211 is not the web's"),
    ("http://example.org:99999/", "is not an address"),
    ("http://example.org:-80/", "is not an address"),
    ("http://example.org:80:80/", "is not an address"),
    ("http://[::1", "is not an address"),
    ("http://exam\u200bple.org/", "is not an address"),
    ("http://example.org/%0d%0aX-Evil: 1", "space, line break"),
    ("http://example.org/%0aX", "space, line break"),
    ("http://example.org/\r\nHost: 127.0.0.1", "space, line break"),
    ("http://example.org/ HTTP/1.1\r\nHost:x", "space, line break"),
    ("http://exa\tmple.org/", "space, line break"),
    ("http://1.1.1.1 &@127.0.0.1# @3.3.3.3/", "not allowed"),
    ("http://example.org/" + "a" * 100_000, "longer than the 2048"),
    ("http://" + "a." * 140 + "org/", "longer than 253"),
]
ALLOWED = [
    "http://example.org/feed?format=rss&page=2#top",
    "HTTPS://Example.ORG:8443/feed",
    "http://example.org:/feed",
    "http://8.8.8.8/",
    "http://[2606:4700::1111]/feed",
    "http://[64:ff9b::808:808]/",
    "http://bücher.example/feed",
    "http://xn--bcher-kva.example/",
    "https://example.org/@author/feed",
    "http://3com.example/",
    "http://10.example.org/",
    "http://localhost.example.org/",
    "http://example.org./",
]


@pytest.mark.parametrize(("url", "sentence"), FORBIDDEN, ids=lambda value: value[:40])
def test_a_forbidden_address_is_refused_by_the_name_of_the_rule(url: str, sentence: str) -> None:
    with pytest.raises(FetchError) as caught:
        RULES.judge(url)
    assert sentence in str(caught.value)
    assert caught.value.reason == "refused"
    assert "secret@" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("url", ALLOWED)
def test_what_the_web_is_made_of_passes(url: str) -> None:
    RULES.judge(url)


inside = st.one_of(*[
    st.ip_addresses(network=network)
    for network in ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "192.0.0.0/24")
])  # fmt: skip


def spelled(address: IPv4Address) -> st.SearchStrategy[str]:
    """The ways an IPv4 address can be written, short forms and wrappers of IPv6 too."""
    number, parts = int(address), address.packed
    bases = st.sampled_from(["{}", "0{:o}", "0x{:x}", "0X{:02X}", "0x00000000{:x}", "000{:o}"])
    whole = bases.map(lambda base: base.format(number))
    dotted = st.tuples(*[bases] * 4).map(
        lambda each: ".".join(base.format(part) for base, part in zip(each, parts, strict=True))
    )
    short = st.tuples(bases, bases).map(lambda each: f"{each[0].format(parts[0])}.{each[1].format(number & 0xFFFFFF)}")
    high, low = number >> 16, number & 0xFFFF
    wrapped = st.sampled_from([
        f"[::ffff:{address}]", f"[::{address}]", f"[::ffff:{high:x}:{low:x}]", f"[64:ff9b::{high:x}:{low:x}]",
        f"[2002:{high:x}:{low:x}::1]", f"[::ffff:0:{high:x}:{low:x}]", f"[64:ff9b:1::{high:x}:{low:x}]",
        f"[2001:0:{high:x}:{low:x}::f7f7:f7f7]", f"[2001:0:808:808::{~high & 0xFFFF:x}:{~low & 0xFFFF:x}]",
    ])  # fmt: skip
    wide = st.just(str(address).translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)} | {ord("."): "。"}))
    return st.one_of(whole, dotted, short, wrapped, wide)


@given(
    host=inside.flatmap(spelled),
    scheme=st.sampled_from(["http://", "https://", "HTTP://"]),
    tail=st.sampled_from(["", "/", ":8080/feed", "/feed?url=x", "#8.8.8.8"]),
    dot=st.sampled_from(["", "."]),
)
def test_an_inner_address_is_refused_however_it_is_spelled(host: str, scheme: str, tail: str, dot: str) -> None:
    with pytest.raises(FetchError) as caught:
        RULES.judge(f"{scheme}{host}{'' if host.startswith('[') else dot}{tail}")
    assert caught.value.reason == "refused"


@given(address=st.ip_addresses(v=6))
def test_of_ipv6_only_what_is_given_out_may_be_reached(address: IPv6Address) -> None:
    wrappers = ("::/96", "::ffff:0:0/96", "64:ff9b::/96")  # judged by what is in them

    if address in ip_network("2000::/3") or any(address in ip_network(wrapper) for wrapper in wrappers):
        return
    with pytest.raises(FetchError):
        RULES.judge(f"http://[{address}]/")


@pytest.mark.parametrize("network", ["::ffff:0:0/96", "64:ff9b::/96", "2002::/16"])
def test_a_network_that_wraps_all_others_cannot_be_listed(network: str) -> None:
    with pytest.raises(ValueError, match="carries an IPv4 destination"):
        Rules(allow_private=[network])


def test_a_listed_network_opens_itself_alone() -> None:
    rules = Rules(allow_private=["192.168.1.0/24"])
    rules.judge("http://192.168.1.7/feed")
    for other in ("192.168.2.7", "127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"):
        with pytest.raises(FetchError):
            rules.judge(f"http://{other}/")
    with pytest.raises(FetchError, match="port 22"):
        rules.judge("http://192.168.1.7:22/")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pw@example.org/a b", "https://example.org/a b"),
        ("https://pw@example.org/", "https://example.org/"),
        ("https://pw:@example.org/", "https://example.org/"),
        ("https://user:p@w/pw?@example.org/", "https://example.org/"),
        ("https://user:p@w@example.org/", "https://example.org/"),
        ("https://user:pw/pw@example.org/", "https://example.org/"),
        ("https://user:pw?pw@example.org/", "https://example.org/"),
        ("https://user:pw#pw@example.org/x", "https://example.org/x"),
        ("https://user:12/pw@example.org/x", "https://example.org/x"),
        ("https://a@b:pw/pw@example.org/x", "https://example.org/x"),
        ("https://user:pw%40example.org/x", "https://user:…"),
        ("http:user:pw@example.org/", "http:example.org/"),
        ("user:pw@example.org/feed", "example.org/feed"),
        ("pw:x@example.org/feed", "example.org/feed"),
        ("//user:pw@example.org/feed", "//example.org/feed"),
        ("ftp://user:pw@example.org/feed", "ftp://example.org/feed"),
        ("https:\\\\user:pw@example.org/", "https:\\\\example.org/"),
        ("https://user:pw@[broken/", "https://[broken/"),
        ("https://example.org/feed?token=pw&format=rss", "https://example.org/feed?…"),
        ("https://example.org/feed?pw", "https://example.org/feed?…"),
        ("https://example.org/feed#access_token=pw", "https://example.org/feed"),
        ("https://example.org/feed#pw?pw", "https://example.org/feed"),
        ("https://example.org:8443/@author/feed", "https://example.org:8443/@author/feed"),
        ("https://[2001:db8::1]:8080/@x", "https://[2001:db8::1]:8080/@x"),
        ("https://example.org/\u202egpj\r\nX: y", "https://example.org/ gpj X: y"),
        ("https://example.org/" + "a" * 300, "https://example.org/" + "a" * 180 + "…"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(url: str, expected: str) -> None:
    assert shown(url) == expected


@given(
    scheme=st.sampled_from(["http://", "https://", "ftp://", "http:", "//", ""]),
    name=st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@:/\\?#["), min_size=1, max_size=8
    ),
    around=st.tuples(*[st.text(st.sampled_from("/?#:@\\[]%& .x9"), max_size=4)] * 2),
)
def test_no_password_survives_in_a_shown_address(scheme: str, name: str, around: tuple[str, str]) -> None:
    url = f"{scheme}{name}:{around[0]}HUNTER2{around[1]}@example.org/feed"
    assert "HUNTER2" not in shown(url)
    try:
        RULES.judge(url)
    except FetchError as error:
        said = str(error)
    else:
        return  # its host is the name, which is an address in order
    assert "HUNTER2" not in said


@pytest.mark.parametrize(
    ("url", "clean", "headers"),
    [
        ("https://me:secret@example.org/feed?a=b", "https://example.org/feed?a=b", "Basic bWU6c2VjcmV0"),
        ("https://me@example.org:8443/", "https://example.org:8443/", "Basic bWU6"),
        ("https://:secret@example.org/", "https://example.org/", "Basic OnNlY3JldA=="),
        ("https://m%40e:s%3Acr%C3%A9t@[2001:db8::1]/", "https://[2001:db8::1]/", "Basic bUBlOnM6Y3LDqXQ="),
        ("https://a:b@c@example.org/", "https://example.org/", "Basic YTpiQGM="),
        ("https://@example.org/", "https://example.org/", ""),
        ("https://:@example.org/", "https://example.org/", ""),
        ("https://example.org/@me", "https://example.org/@me", ""),
        ("ftp://me:secret@example.org/", "ftp://me:secret@example.org/", ""),
        ("https://me:secret@[broken/", "https://me:secret@[broken/", ""),
    ],
)
def test_credentials_are_split_from_an_address_into_a_header(url: str, clean: str, headers: str) -> None:
    assert split_credentials(url) == (clean, {"Authorization": headers} if headers else {})


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://example.org/a", "https://EXAMPLE.org:443/b", True),
        ("http://example.org/a", "https://example.org/a", False),
        ("https://example.org/a", "https://example.org:8443/a", False),
        ("https://example.org/a", "https://feeds.example.org/a", False),
        ("https://example.org/a", "https://example.org./a", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, is_same: bool) -> None:
    assert (origin(one) == origin(other)) is is_same


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer secret\r\nHost: 127.0.0.1"},
        {"Authorization": "Bearer secret\n"},
        {"Authorization": "sécret"},
        {"Authorization": ""},
        {"Authorization: Bearer secret": "x"},
        {"X\r\nsecret": "x"},
        {"Host": "secret"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Accept-Encoding": "br"},
        {"If-None-Match": "*"},
        {"X-Key": "secret" * 1000},
    ],
    ids=repr,
)
def test_a_header_that_cannot_be_sent_is_refused_without_its_value(headers: dict[str, str]) -> None:
    with pytest.raises(FetchError) as caught:
        check_headers(headers)
    assert "secret" not in str(caught.value)
    assert caught.value.reason == "headers"


def test_headers_that_feeds_need_pass() -> None:
    check_headers({"Authorization": "Bearer abc", "Cookie": "a=b; c=d", "X-Api-Key": "k", "User-Agent": "Me/1.0"})
