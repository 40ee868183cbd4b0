"""Every answer, and every button below it, is in the language of who asks: seen by one that no author writes in."""

import re

from bot.render.words import NATIVE_NAMES
from bot.sandbox.nouns import Message, Person
from bot.store import chats
from tests.program.harness import Program

MARK = "\u200f"  # around all that the pseudo-locale says
NO_SENTENCE = re.compile(
    r"/[a-z]+|@paperboy_bot|Owen|Rosa|Chiara|Harbour News|UTC|http://10[.0-9/]+|" + "|".join(NATIVE_NAMES.values())
)
FOR_ALL = (
    *("/start", "/help", "/latest", "/latest #сад", "/top", "/top all", "/top чай", "/search", "/search чай"),
    *("чай", "/subscribe", "/unsubscribe", "/channels", "/language", "/start art_99", "/start own_x", "/nothing"),
)
FOR_MAINTAINERS = (
    *("/add", "/add javascript://x", "/add http://10.0.0.1/", "/feeds", "/feeds add чай", "/feeds чай"),
    *("/feeds add http://10.0.0.1/", "/stats", "/cancel"),
)


async def test_every_answer_to_a_reader_is_in_their_language(program: Program) -> None:
    rosa = await speaks_pseudo(program, program.scene.rosa)
    await ask_all(program, rosa, *FOR_ALL)
    await program.publish("Чай", body="<p>Чай.</p>", url=None, tags=("сад",))
    await ask_all(program, rosa, *FOR_ALL, *FOR_MAINTAINERS)


async def test_every_answer_to_the_owner_is_in_their_language(program: Program) -> None:
    owen = await speaks_pseudo(program, program.scene.owen)
    await program.make_maintainer(owen)
    await ask_all(program, owen, *FOR_ALL, *FOR_MAINTAINERS)
    preview = await program.ask(owen, "/add Чай\nСад.")
    assert all(MARK in label for label in program.labels(preview))
    await program.tap(owen, preview, program.labels(preview)[0])
    assert_pseudo(program, preview)
    await ask_all(program, owen, "/add Сад\nЧай.", "/cancel", "/latest", "/stats")


async def test_what_buttons_lead_to_is_in_the_readers_language(program: Program) -> None:
    chiara = await speaks_pseudo(program, program.scene.chiara)
    await connect_in_pseudo(program)
    await program.publish("Чай", body="<p>Чай.</p>", url=None, tags=("сад",))
    await ask_all(program, chiara, *FOR_ALL)
    for command in ("/start", "/top", "/latest", "/search чай", "/channels", "/subscribe"):
        first = await program.ask(chiara, command)
        for data in callback_data(first):
            menu = await program.ask(chiara, command)
            answer = await program.tap_data(chiara, menu, data)
            assert answer.answered
            assert not answer.alert
            assert_pseudo(program, menu)
        assert callback_data(first), command


def callback_data(message: Message) -> list[str]:
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


async def test_an_expired_menu_says_so_in_the_readers_language(program: Program) -> None:
    rosa = await speaks_pseudo(program, program.scene.rosa)
    answer = await program.tap_data(rosa, await program.ask(rosa, "/help"), "forged")
    assert MARK in (answer.text or "")


async def speaks_pseudo(program: Program, person: Person) -> Person:
    await program.start(person)
    await chats.set_language(program.app.db, person.id, "qps")
    return person


async def connect_in_pseudo(program: Program) -> None:
    """Chiara's channel, by the first button of its card."""
    chiara = program.scene.chiara
    program.telegram.people.add_bot(chiara, program.scene.channel.id, program.scene.bot)
    await program.idle()
    await program.run_jobs()
    card = program.from_bot(chiara.id)[-1]
    assert_pseudo(program, card)
    await program.tap(chiara, card, program.labels(card)[0])
    assert_pseudo(program, card)


async def ask_all(program: Program, person: Person, *texts: str) -> None:
    for text in texts:
        assert_pseudo(program, await program.ask(person, text))


def assert_pseudo(program: Program, message: Message) -> None:
    """In the pseudo-locale, and without a word of plain English. The text of an article is its author's."""
    shown = message.text or message.caption or ""
    labels = [label for label in program.labels(message) if not NO_SENTENCE.search(label)]
    assert MARK in shown or shown.startswith(("Чай\n", "Сад\n"))
    assert all(MARK in label for label in labels if any(map(str.isalpha, label))), labels
    for text in (shown, *labels):
        assert re.findall(r"[A-Za-z]+", NO_SENTENCE.sub("", text)) == [], text
