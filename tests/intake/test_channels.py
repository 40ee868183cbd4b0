"""What a channel's post becomes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedItem
from bot.intake.channels import Post, article
from bot.intake.html import plain
from tests.clock import START

POST = Post(7, "Storm at sea\n\nThe harbour is closed.", (), START)
LONG = "The storm came at night and nobody in the harbour had seen one like it before. " * 4


def test_the_first_line_is_the_title_the_rest_the_text() -> None:
    read = article(POST, ("sea",))
    assert (read.title, plain(read.body), read.tags) == ("Storm at sea", "The harbour is closed.", ("sea",))
    assert (read.guid, read.published_at, read.url) == ("message:7", START, None)


def test_one_line_is_title_and_text() -> None:
    read = article(replace(POST, text="The harbour is closed."))
    assert (read.title, plain(read.body)) == ("The harbour is closed.", "The harbour is closed.")


def test_a_long_first_line_is_text_and_its_beginning_the_title() -> None:
    read = article(replace(POST, text=LONG, entities=[("bold", 4, 5, None)]))
    assert read.title.startswith("The storm came at night")
    assert len(read.title) < 90
    assert plain(read.body) == LONG.strip()
    assert "<b>storm</b>" in read.body


def test_a_public_channels_post_has_its_address_unless_it_is_about_a_link() -> None:
    public = replace(POST, username="harbour_news")
    assert article(public).url == "https://t.me/harbour_news/7"
    about = replace(public, text="Storm at sea", entities=[("text_link", 0, 5, "https://example.org/storm")])
    assert article(about).url == "https://example.org/storm"


def test_hashtags_are_tags() -> None:
    text = "Storm\n\n#harbour 🙂 #sea_news@harbour"
    entities = [("hashtag", 7, 8, None), ("hashtag", 19, 17, None)]
    assert article(replace(POST, text=text, entities=entities), ("sea",)).tags == ("sea", "harbour", "sea_news")


def test_all_parts_of_an_album_have_one_guid() -> None:
    assert {replace(POST, message_id=number, album="77").guid for number in (1, 2)} == {"album:77"}


def test_a_post_without_words_is_none() -> None:
    with pytest.raises(RefusedItem):
        article(replace(POST, text="  \n "))


@given(
    st.text(),
    st.lists(
        st.tuples(
            st.sampled_from(["bold", "hashtag", "url", "text_link", "pre"]),
            st.integers(-5, 50),
            st.integers(-5, 50),
            st.one_of(st.none(), st.just("https://example.org/")),
        )
    ),
)
def test_no_text_breaks_it(text: str, entities: list[tuple[str, int, int, str | None]]) -> None:
    try:
        read = article(replace(POST, text=text, entities=entities))
    except RefusedItem:
        return
    assert read.title
