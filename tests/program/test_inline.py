"""Inline mode as the whole program does it: somebody writes the bot's name in a chat, and chooses an article."""

import asyncio
from typing import Any

from pydantic import SecretStr

from bot import app
from bot.config import Config, StoreConfig, TelegramConfig
from bot.handlers import inline
from bot.handlers.turns import AT_ONCE
from bot.model import ArticleState
from bot.sandbox.nouns import Message, Person
from bot.store import articles, channels, chats
from tests.program.harness import Program

Answer = dict[str, Any]


async def asked(program: Program, query: str, person: Person | None = None, offset: str = "") -> Answer:
    person = person or program.scene.rosa
    answer = await program.telegram.people.ask_inline(person, program.scene.bot, query, offset=offset)
    await program.idle()
    assert answer is not None, f"no answer to {query!r}"
    return answer


def titles(answer: Answer) -> list[str]:
    return [result["title"] for result in answer["results"]]


def choose(program: Program, answer: Answer, chat_id: int, person: Person | None = None) -> Message:
    person = person or program.scene.rosa
    return program.telegram.people.choose_inline(person, program.scene.bot, chat_id, "", answer["results"][0])


async def all_pages(program: Program, query: str) -> list[str]:
    found, offset = [], ""
    while True:
        answer = await asked(program, query, offset=offset)
        found += titles(answer)
        offset = answer.get("next_offset", "")
        if not offset:
            return found


async def test_the_name_alone_offers_the_newest_articles_page_by_page(program: Program) -> None:
    for number in range(inline.SIZE + 5):
        await program.publish(f"Story {number:02}")
        program.clock.move(minutes=1)
    newest_first = [f"Story {number:02}" for number in reversed(range(inline.SIZE + 5))]
    assert titles(await asked(program, "")) == newest_first[: inline.SIZE]
    assert await all_pages(program, "  ") == newest_first


async def test_words_find_what_search_finds_in_its_language_and_order(program: Program) -> None:
    await program.publish("Green tea in Mainz", tags=("tea",), author="Ann Lee", language="en")
    await program.publish("Coffee and tea", tags=("coffee",), language="en")
    assert titles(await asked(program, "green tea")) == ["Green tea in Mainz", "Coffee and tea"]
    assert titles(await asked(program, "tea -tag:tea")) == ["Coffee and tea"]
    assert titles(await asked(program, '"tea in mainz"')) == ["Green tea in Mainz"]
    assert titles(await asked(program, "author:ann")) == ["Green tea in Mainz"]


async def test_every_page_of_a_search_holds_other_articles(program: Program) -> None:
    for number in range(2 * inline.SIZE + 1):
        await program.publish(f"Lighthouse {number}")
    found = await all_pages(program, "lighthouse")
    assert len(found) == len(set(found)) == 2 * inline.SIZE + 1


async def test_what_is_sent_is_the_post_with_its_buttons(program: Program) -> None:
    submitted = await program.publish(
        "Boats & <nets>",
        summary="Nets dry in the harbour.",
        url="https://example.org/nets",
        image_url="https://example.org/boat.jpg",
    )
    answer = await asked(program, "nets harbour")
    (result,) = answer["results"]
    assert result["description"] == "Nets dry in the harbour."
    assert result["thumbnail_url"] == "https://example.org/boat.jpg"
    preview = result["input_message_content"]["link_preview_options"]
    assert preview == {"url": "https://example.org/boat.jpg", "prefer_large_media": True, "show_above_text": True}
    message = choose(program, answer, program.scene.group.id)
    assert (message.text or "").startswith("Boats & <nets>\n\nNets dry in the harbour.")
    assert program.button(message, "Read here")["url"].endswith(f"?start=a{submitted.article_id}")
    assert program.button(message, "Original")["url"] == "https://example.org/nets"


async def test_drafts_and_what_was_withdrawn_are_offered_nowhere(program: Program) -> None:
    await program.publish("Secret harbour", state=ArticleState.DRAFT, announce=False)
    gone = await program.publish("Old harbour")
    assert titles(await asked(program, "harbour")) == ["Old harbour"]
    await articles.withdraw(program.app.db, gone.article_id)
    assert titles(await asked(program, "harbour")) == titles(await asked(program, "")) == []
    assert titles(await asked(program, f"id:{gone.article_id}")) == []


async def test_share_under_an_article_finds_that_article_alone(program: Program) -> None:
    await program.publish("Harbour 1")
    second = await program.publish("Harbour 2")
    read = await program.start(program.scene.rosa, f"a{second.article_id}")
    query = program.button(read, "Share")["switch_inline_query"]
    assert titles(await asked(program, query)) == ["Harbour 2"]


async def test_a_word_that_is_still_being_typed_and_a_misspelt_one_find_something(program: Program) -> None:
    await program.publish("The lighthouse keeper")
    assert titles(await asked(program, "lightho")) == ["The lighthouse keeper"]
    answer = await asked(program, "lighthuose")
    assert titles(answer) == ["The lighthouse keeper"]
    assert answer["button"]["text"] == "Results for “lighthouse”"


async def test_where_nothing_is_found_a_button_leads_to_how_to_search(program: Program) -> None:
    await program.publish("Harbour")
    for query, text in [
        ("xylophone", "Nothing found. How to search"),
        ("harbour since:2026-02-30", "“2026-02-30” is not a date"),
    ]:
        answer = await asked(program, query)
        assert (answer["results"], answer["button"]["text"], answer["cache_time"]) == ([], text, 0)
    said = await program.start(program.scene.rosa, answer["button"]["start_parameter"])
    assert "Search the articles" in (said.text or "")


async def test_a_date_that_is_still_being_typed_is_not_searched_without(program: Program) -> None:
    await program.publish("Harbour")
    assert titles(await asked(program, "harbour since:2027")) == []


async def test_hostile_queries_and_offsets_are_answered(program: Program) -> None:
    await program.publish("Harbour")
    for query in ('"', "C++", "\0\ufeff", "-", "a" * 256, "🙂" * 128, "tag:", "id:0", "id:" + "9" * 40, "harbour* (("):
        for offset in ("", "x" * 64, "-1", "9" * 64, "99999999999999,1", "-99999999999999,1", "²"):
            await asked(program, query, offset=offset)
            program.clock.move(seconds=1)


async def test_who_types_on_is_answered_for_the_last_words_alone(program: Program) -> None:
    await program.publish("The lighthouse keeper")
    people, bot, rosa = program.telegram.people, program.scene.bot, program.scene.rosa
    before = len(answers(program))
    program.telegram.faults.add("slow", method="answerInlineQuery", delay=0.3, count=1)
    typed = ["l", "li", "lig", "ligh", "light", "lighth", "lightho", "lighthouse"]
    got = await asyncio.gather(*(people.ask_inline(rosa, bot, each, timeout=3) for each in typed))
    assert got[-1] is not None
    assert titles(got[-1]) == ["The lighthouse keeper"]
    assert len(answers(program)) - before < len(typed)


async def test_a_hundred_inline_queries_at_once_get_one_notice_then_silence(program: Program) -> None:
    people, bot, rosa, owen = program.telegram.people, program.scene.bot, program.scene.rosa, program.scene.owen
    await program.publish("Harbour")
    got = await asyncio.gather(*(people.ask_inline(rosa, bot, "harbour", timeout=1) for _ in range(100)))
    answered = [answer for answer in got if answer is not None]
    assert [titles(answer) for answer in answered] == [["Harbour"]] * AT_ONCE + [[]]
    assert answered[-1]["button"]["text"] == "No answer just now. Try again in a moment"
    assert titles(await asked(program, "harbour", owen)) == ["Harbour"]


async def test_results_that_telegram_refuses_are_offered_plain(program: Program) -> None:
    await program.publish("Harbour", image_url="https://example.org/boat.jpg")
    program.telegram.faults.add("bad_request", method="answerInlineQuery", text="ENTITY_BOUNDS_INVALID", count=1)
    answer = await asked(program, "harbour")
    assert titles(answer) == ["Harbour"]
    assert set(answer["results"][0]["input_message_content"]) == {"message_text"}


async def test_an_article_that_somebody_sent_is_no_search_and_no_news_of_a_source(program: Program) -> None:
    rosa, chiara = program.scene.rosa, program.scene.chiara
    await program.publish("/latest harbour")
    answer = await asked(program, "harbour")
    await program.ask(rosa, "/help")
    before = len(program.from_bot(rosa.id))
    choose(program, answer, rosa.id)
    channel = program.scene.channel
    program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    await channels.follow(program.app.db, channel.id, chiara.id)
    choose(program, answer, channel.id, chiara)
    await program.idle()
    assert len(program.from_bot(rosa.id)) == before
    assert len(await articles.newest(program.app.db, 10)) == 1


async def test_the_person_is_answered_in_the_language_chosen_in_private(program: Program) -> None:
    rosa = program.scene.rosa
    await program.publish("Harbour")
    await program.ask(rosa, "/language")
    await chats.set_language(program.app.db, rosa.id, "qps")
    message = choose(program, await asked(program, "harbour"), program.scene.group.id)
    assert "Read here" not in program.labels(message)


async def test_check_and_help_say_whether_inline_mode_is_on(program: Program) -> None:
    bot = program.scene.bot
    config = Config.model_construct(
        telegram=TelegramConfig(token=SecretStr(bot.token), api_url=program.server.url),
        store=StoreConfig(url=f"sqlite:///{program.folder / 'paperboy.db'}"),
    )
    hint = app.INLINE_IS_OFF.format(bot.username)
    assert hint not in (await app.check(config, offline=False))[1]
    assert f"@{bot.username}" in ((await program.ask(program.scene.rosa, "/help")).text or "")
    bot.inline = False
    problems, notes = await app.check(config, offline=False)
    assert (problems, hint in notes) == ([], True)


def answers(program: Program) -> list[object]:
    return [call for call in program.telegram.calls if call.method == "answerInlineQuery"]
