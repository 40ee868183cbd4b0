"""Deep links, and which addresses may be put into a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.links import (
    StartArticle,
    StartOwner,
    StartSearch,
    add_to_channel_link,
    article_link,
    owner_link,
    parse_start,
    text_url,
)
from bot.render.spans import Span
from bot.render.text import Text
from tests.render.tdlib import refusal


@pytest.mark.parametrize(
    ("payload", "meant"),
    [
        ("a42", StartArticle(42)),
        ("search", StartSearch()),
        ("own_Ab-_9", StartOwner("Ab-_9")),
        ("", None),
        ("a", None),
        ("a0", None),
        ("a-1", None),
        ("a99999999999999999999", None),
        ("a٤٢", None),
        ("own_", None),
        ("own_é", None),
        ("a42\n", None),
    ],
)
def test_only_payloads_that_we_make_mean_something(payload: str, meant: object) -> None:
    assert parse_start(payload) == meant


def test_links_lead_back_to_what_they_were_made_of() -> None:
    assert parse_start(article_link("paper_bot", 7).partition("start=")[2]) == StartArticle(7)
    assert parse_start(owner_link("paper_bot", "tok").partition("start=")[2]) == StartOwner("tok")
    assert add_to_channel_link("paper_bot").endswith("&admin=post_messages+edit_messages+delete_messages")


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "http://1.2.3.4:8080/x?y#z", "https://bücher.example/ü", "http://[::1]/", "HTTP://A.B"],
)
def test_absolute_web_addresses_are_taken(url: str) -> None:
    assert text_url(url) == url


_NOT_WEB: list[str | None] = ["", None, "/a", "#a", "//a.b", "ftp://a.b", "javascript:1", "mailto:a@b.c", "tel:1"]
_BAD_HOST = ["http://", "http://localhost", "http://a.b:0", "http://a.b:", "http://a@b.c", "http://a.b:99999"]
_BAD_SHAPE = ["http://[::1", "http://a.b\\c", "http://a b.c", "http://a.b/ c"]


@pytest.mark.parametrize("url", [*_NOT_WEB, *_BAD_HOST, *_BAD_SHAPE])
def test_other_addresses_are_not(url: str | None) -> None:
    assert text_url(url) is None


_PARTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["http://", "https://", "a.b", ".", ":", "/", "@", "[", "]", "::1", "80", "?", "#", "%", "_", "-", "ü"]
        ),
        st.text(max_size=3),
    ),
    max_size=8,
)


@given(_PARTS.map("".join))
def test_telegram_takes_every_address_that_we_take(url: str) -> None:
    checked = text_url(url)
    if checked is not None:
        assert refusal(Text("x", (Span(0, 1, "text_link", checked),))) == ""
