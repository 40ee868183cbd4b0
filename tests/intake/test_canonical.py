"""One story has one canonical address, whichever way a reader came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.canonical import anchor, canonical_url, place

SESSION = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.ORG:80/a/", "https://example.org/a"),
        ("https://www.example.org./a", "https://example.org/a"),
        ("https://www2.example.org/a", "https://example.org/a"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org/#!/a", "https://example.org#!/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org//a/./x/../b/index.html", "https://example.org/a/b"),
        ("https://example.org/%7ejo/%c3%bc", "https://example.org/~jo/%C3%BC"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://bücher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://[2001:db8::1]:80/a", "https://[2001:db8::1]/a"),
        # queries
        ("https://example.org/a?utm_source=x&id=3&fbclid=y", "https://example.org/a?id=3"),
        ("https://example.org/a?b=1&a=2&", "https://example.org/a?a=2&b=1"),
        ("https://example.org/a?q=x+y", "https://example.org/a?q=x%20y"),
        ("https://example.org/a?source=rss&ref=twitter", "https://example.org/a"),
        ("https://example.org/a?source=reuters", "https://example.org/a?source=reuters"),
        ("https://example.org/a?p=12", "https://example.org/a?p=12"),
        # sessions
        ("https://example.org/a;jsessionid=123?PHPSESSID=4", "https://example.org/a"),
        ("https://example.org/(S(x1y2))/a", "https://example.org/a"),
        ("https://example.org/a?sid=17", "https://example.org/a"),
        (f"https://example.org/viewtopic.php?t=5&sid={SESSION}", "https://example.org/viewtopic.php?t=5"),
        ("https://example.org/article.php?sid=17", "https://example.org/article.php?sid=17"),
        ("https://example.org/article.pl?sid=26/11/24/1", "https://example.org/article.pl?sid=26/11/24/1"),
        # AMP and mobile
        ("https://m.example.org/a", "https://example.org/a"),
        ("https://en.m.example.org/a", "https://en.example.org/a"),
        ("https://amp.example.co.uk/a", "https://example.co.uk/a"),
        ("https://amp.com.au/a", "https://amp.com.au/a"),
        ("https://m.co/a", "https://m.co/a"),
        ("https://example.org/a/amp/", "https://example.org/a"),
        ("https://example.org/amp/a", "https://example.org/a"),
        ("https://example.org/news/amp/a-1", "https://example.org/news/a-1"),
        ("https://example.org/amp", "https://example.org/amp"),
        ("https://example.org/camp/a-amp", "https://example.org/camp/a-amp"),
        ("https://example.org/a.amp", "https://example.org/a"),
        ("https://example.org/a.amp.html", "https://example.org/a.html"),
        ("https://example.org/a/amp.html", "https://example.org/a"),
        ("https://example.org/a?amp", "https://example.org/a"),
        ("https://example.org/a?amp=1&outputType=amp", "https://example.org/a"),
        ("https://blog.example.org/a.html?m=1", "https://blog.example.org/a.html"),
        ("https://www.google.com/amp/s/www.example.org/a/amp/", "https://example.org/a"),
        ("https://www.google.co.uk/amp/example.org/a", "https://example.org/a"),
        ("https://example-org.cdn.ampproject.org/c/s/example.org/a?amp_js_v=0.1", "https://example.org/a"),
        ("https://cdn.ampproject.org/v/example.org/a.amp.html", "https://example.org/a.html"),
        ("https://www.bing.com/amp/s/m.example.org/a?usqp=1", "https://example.org/a"),
        ("https://example-org.bing-amp.com/c/s/example.org/a", "https://example.org/a"),
        ("https://www.google.com/url?rct=j&url=https://example.org/a%3Futm_source%3Dx&cd=1", "https://example.org/a"),
        ("https://www.google.com/url?url=javascript:x", "https://google.com/url?url=javascript:x"),
    ],
)
def test_one_story_has_one_address(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


PARTS = st.sampled_from(
    ["a", "amp", "index.html", "x.amp.html", ".amp", "..", ".", "", "%2e", "%7E", "ü", "(S(1))", ";sid=1", "m", "www"]
)


@given(
    st.text(max_size=60).map(lambda tail: f"http://example.org/{tail}")
    | st.text(max_size=40)
    | st.lists(PARTS, max_size=6).map(lambda parts: "http://www.m.example.org/" + "/".join(parts))
    | st.lists(PARTS, max_size=4).map(lambda parts: "http://example.org/?" + "&".join(parts))
)
def test_the_canonical_address_of_a_canonical_address_is_itself(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/log#v1.2", "v1.2"),
        ("https://example.org/a", ""),
        ("https://example.org/a#", ""),
        ("https://example.org/a#xtor=RSS-1", ""),
        ("https://example.org/a#:~:text=x", ""),
        ("https://example.org/a#rss", ""),
        (None, ""),
    ],
)
def test_a_fragment_may_say_which_part_of_a_page_is_meant(url: str | None, expected: str) -> None:
    assert anchor(url) == expected


def test_two_domains_of_a_site_have_the_place_in_common_and_front_pages_have_none() -> None:
    assert place("https://one.example/a?p=1") == place("https://other.example/a?p=1") == "/a?p=1"
    assert place("https://one.example") == place(None) == place("http://[") == ""
