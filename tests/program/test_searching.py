"""Searching in the chat as the whole program does it: what was meant, what is no date, and who asks too much."""

from bot.handlers.turns import AT_ONCE
from tests.program.harness import Program


async def test_a_misspelt_word_is_mended_by_a_tap(program: Program) -> None:
    rosa = program.scene.rosa
    await program.publish("The lighthouse keeper")
    answer = await program.ask(rosa, "/search lighthuose")
    assert "Nothing found" in (answer.text or "")
    await program.tap(rosa, answer, "Did you mean")
    assert "The lighthouse keeper" in program.shown(rosa.id)[-1]
    assert "Results for “lighthouse”" in program.shown(rosa.id)[-1]


async def test_a_date_that_is_none_is_named(program: Program) -> None:
    answer = await program.ask(program.scene.rosa, "/search tea since:2026-02-30")
    assert "“2026-02-30” is not a date" in (answer.text or "")


async def test_articles_are_narrowed_by_tag_author_source_language_and_time(program: Program) -> None:
    rosa = program.scene.rosa
    await program.publish("Tea in May", tags=("Green tea",), author="Ann Lee", language="en")
    await program.publish(
        "Tea in Mainz", tags=("Kaffee",), author="Jo Lee", language="de-AT", url="https://mainz.example/1"
    )
    for query, title in [
        ('tea tag:"green tea"', "Tea in May"),
        ("tea -tag:kaffee", "Tea in May"),
        ("tea author:ann", "Tea in May"),
        ("tea from:mainz.example", "Tea in Mainz"),
        ("lang:de", "Tea in Mainz"),
    ]:
        text = (await program.ask(rosa, f"/search {query}")).text or ""
        assert "1 article\n" in text, query
        assert title in text, query
    assert "Nothing found" in ((await program.ask(rosa, "/search tea until:2025")).text or "")
    assert "2 articles" in ((await program.ask(rosa, "/search tea since:2026-03 until:2026-03-02")).text or "")


async def test_a_hundred_searches_at_once_get_one_notice_then_silence_and_nobody_else_feels_it(
    program: Program,
) -> None:
    rosa, owen = program.scene.rosa, program.scene.owen
    await program.publish("Harbour opens")
    for _ in range(100):
        program.telegram.people.send(rosa, rosa.id, "/search harbour")
    assert "Harbour opens" in ((await program.ask(owen, "/search harbour")).text or "")
    await program.idle()
    said = [message.text or "" for message in program.from_bot(rosa.id)]
    assert [text for text in said if "Harbour opens" not in text] == [
        "Those are many searches at once. I answer again in a few seconds."
    ]
    assert len(said) == AT_ONCE + 1
    program.clock.move(seconds=6)
    assert "Harbour opens" in ((await program.ask(rosa, "/search harbour")).text or "")
