"""Posts in every look: presets, templates, buttons, and the limits that hold whatever is written into them."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Look, Preset
from bot.render.looks import EXAMPLE, MEANINGS
from bot.render.outgoing import CAPTION_LIMIT, TEXT_LIMIT, Outgoing
from bot.render.post import post, signed
from bot.render.template import LIMIT_16, PLACEHOLDERS, nearest, unknown
from bot.render.text import plain
from tests.render.samples import ARTICLE, BOT, ENGLISH, PSEUDO, long_article
from tests.render.strategies import html, wild
from tests.render.tdlib import refusal
from tests.render.test_reading import EXTREMES, buttons, styled

HEADLINE, FULL = Look(Preset.HEADLINE), Look(Preset.FULL)
IN_CHAT = "https://t.me/paper_bot?start=a42"


def own(template: str, **more: object) -> Look:
    return Look(Preset.OWN, template, **more)  # type: ignore[arg-type]


def shown(look: Look, article: object = ARTICLE) -> str:
    return post(article, ENGLISH, bot_username=BOT, look=look).text.text  # type: ignore[arg-type]


def test_a_headline_is_a_title_and_a_link_without_the_photo() -> None:
    sent = post(ARTICLE, ENGLISH, bot_username=BOT, look=HEADLINE)
    assert sent.text.text == "Чай в саду\n\n#сад #зелёный_чай"
    assert sent.text.entities[0]["url"] == ARTICLE.url
    assert (sent.photo, sent.preview_url) == (None, None)


def test_a_full_post_is_the_whole_text_below_the_picture() -> None:
    sent = post(ARTICLE, ENGLISH, bot_username=BOT, look=FULL)
    assert sent.text.text == "Чай в саду\n\nЧай растёт медленно.\n\nИван · Nov 25, 2026\n#сад #зелёный_чай"
    assert styled(sent.text, "bold") == ["Чай в саду", "медленно"]
    assert (sent.photo, sent.preview_url) == (None, ARTICLE.image_url)


def test_a_full_post_that_is_too_long_ends_with_a_paragraph_and_leads_on() -> None:
    sent = post(long_article(), ENGLISH, bot_username=BOT, look=FULL)
    *_, last, on, end = sent.text.text.split("\n\n")
    assert last.endswith("никто его не торопит.")
    assert on == "Read on"
    assert end == "Иван · Nov 25, 2026\n#сад #зелёный_чай"
    assert [e["url"] for e in sent.text.entities if "url" in e] == [ARTICLE.url, IN_CHAT]
    assert TEXT_LIMIT - 200 < sent.text.len16 <= TEXT_LIMIT


def test_a_full_post_without_a_text_tells_the_summary() -> None:
    assert "О том, как растёт чай." in shown(FULL, replace(ARTICLE, body=""))


def test_the_buttons_of_a_post_are_those_that_were_chosen() -> None:
    every = post(ARTICLE, ENGLISH, bot_username=BOT, look=Look(share=True))
    share = f"https://t.me/share/url?url={quote(ARTICLE.url or '', safe='')}"
    assert [(b["text"], b.get("url")) for b in buttons(every)] == [
        ("Read here", IN_CHAT),
        ("Original", ARTICLE.url),
        ("Share", share),
    ]
    assert post(ARTICLE, ENGLISH, bot_username=BOT, look=Look(read=False, original=False)).keyboard is None


@pytest.mark.parametrize("url", [None, "https://пример.рф/" + "ч" * 1000])
def test_what_has_no_address_to_share_is_shared_as_it_is_in_the_chat(url: str | None) -> None:
    sent = post(replace(ARTICLE, url=url), ENGLISH, bot_username=BOT, look=Look(share=True))
    [share] = [b["url"] for b in buttons(sent) if b["text"] == "Share"]
    assert share.endswith("?url=https%3A%2F%2Ft.me%2Fpaper_bot%3Fstart%3Da42")


@pytest.mark.parametrize("preset", [Preset.HEADLINE, Preset.TEASER, Preset.FULL])
def test_hashtags_are_left_out_and_a_signature_is_the_last_line(preset: Preset) -> None:
    text = shown(Look(preset, hashtags=False, signature="Harbour\n News"))
    assert "#" not in text
    assert text.endswith("\nHarbour News")


def test_a_template_is_filled_and_its_title_is_a_link() -> None:
    look = own("📰 {title}\n{summary}\n\n— {author}, {source}, {date}\n{tags}\n{url}\n{signature}", signature="Гавань")
    sent = post(ARTICLE, ENGLISH, bot_username=BOT, look=look)
    assert sent.text.text.split("\n") == [
        *("📰 Чай в саду", "О том, как растёт чай.", "", "— Иван, пример.рф, Nov 25, 2026", "#сад #зелёный_чай"),
        *("https://www.пример.рф/чай", "Гавань"),
    ]
    assert [(e["type"], e["offset"]) for e in sent.text.entities] == [("text_link", 3), ("bold", 3)]
    assert (sent.photo, sent.preview_url) == (None, ARTICLE.image_url)


def test_a_line_whose_placeholders_are_all_empty_vanishes_and_leaves_no_gap() -> None:
    look = own("{title}\n\nBy {author}\n\nBy {author} of {source}\n\n\nSee you")
    assert shown(look, replace(ARTICLE, author="")) == "Чай в саду\n\nBy  of пример.рф\n\nSee you"
    assert shown(own("By {author}"), replace(ARTICLE, author="")) == "Чай в саду"


@pytest.mark.parametrize("template", ["{title.url}", "{title!r}", "{title:>99}", "{0}", "{}", "{ title }", "{{title"])
def test_a_template_runs_no_code_and_knows_no_formats(template: str) -> None:
    assert shown(own(template)) == template
    assert unknown(template) is not None or template == "{{title"


def test_what_an_article_says_is_no_template() -> None:
    assert shown(own("{title} {author}"), replace(ARTICLE, title="{author}{url}")) == "{author}{url} Иван"


def test_an_unknown_placeholder_is_named_with_the_nearest_known_one() -> None:
    assert unknown("{title} {autor} {x}") == "autor"
    assert (nearest("autor"), nearest("Title "), nearest("xyzzy")) == ("author", "title", None)
    assert unknown("".join(f"{{{name}}}" for name in PLACEHOLDERS)) is None


def test_the_question_for_a_template_tells_what_each_placeholder_stands_for() -> None:
    assert tuple(MEANINGS) == PLACEHOLDERS
    assert unknown(EXAMPLE) is None


def test_summary_and_text_of_a_template_share_the_room_that_there_is() -> None:
    text = shown(own("{title}\n{text}\n---\n{text}\n— {author}"), long_article())
    assert text.count("Read on") == 2
    assert text.endswith("— Иван")
    assert TEXT_LIMIT - 400 < plain(text).len16 <= TEXT_LIMIT


def test_a_look_without_photo_fits_a_message_that_is_one_already() -> None:
    for look in (HEADLINE, FULL, own("{text}")):
        sent = post(long_article(), ENGLISH, bot_username=BOT, look=look, as_photo=True)
        assert sent.text.len16 <= CAPTION_LIMIT
        assert (sent.photo, sent.preview_url) == (ARTICLE.image_url, None)


def test_a_digest_is_signed_below_its_last_message_where_there_is_room() -> None:
    parts = [Outgoing(plain("One")), Outgoing(plain("Two"))]
    assert [part.text.text for part in signed(parts, Look(signature="Гавань"))] == ["One", "Two\n\nГавань"]
    full = [Outgoing(plain("x" * TEXT_LIMIT))]
    assert signed(full, Look(signature="Гавань")) == full
    assert signed([], Look(signature="Гавань")) == []


_template = st.lists(
    st.one_of(st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]), st.just("\n"), wild), max_size=30
).map(lambda parts: plain("".join(parts)).trimmed(LIMIT_16).text)
looks = st.builds(
    Look,
    st.sampled_from(Preset),
    _template,
    *[st.booleans()] * 4,
    wild,
)


def holds(sent: Outgoing) -> None:
    assert refusal(sent.text) == ""
    assert 0 < sent.text.len16 <= (CAPTION_LIMIT if sent.photo else TEXT_LIMIT)
    assert len(sent.text.entities) <= 100
    assert all(len(button.get("url", "")) <= 2048 for button in buttons(sent))


@given(looks, wild, wild, html(), wild, st.booleans())
def test_telegram_takes_posts_of_any_look_and_any_words(
    look: Look, title: str, summary: str, body: str, author: str, as_photo: bool
) -> None:
    article = replace(ARTICLE, title=title, summary=summary, body=body, author=author, tags=(title, summary))
    sent = post(article, PSEUDO, bot_username=BOT, look=look, as_photo=as_photo)
    holds(sent)
    assert not as_photo or sent.text.len16 <= CAPTION_LIMIT


@pytest.mark.parametrize("article", [*EXTREMES, long_article(url="https://example.org/" + "x" * 2000)])
@pytest.mark.parametrize("as_photo", [True, False])
@pytest.mark.parametrize(
    "template",
    ["{text}" * 160, "{title}" * 140, "{url}\n" * 160, "x" * LIMIT_16, "{summary} {text}\n" * 50, "{author}"],
)
def test_extreme_articles_fit_every_look(article: object, template: str, as_photo: bool) -> None:
    for preset in Preset:
        look = Look(preset, template, share=True, signature="ж" * 5000)
        holds(post(article, PSEUDO, bot_username=BOT, look=look, as_photo=as_photo))  # type: ignore[arg-type]
