"""Nothing that people write or tap crashes the bot, goes unanswered, or makes it send what Telegram refuses."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.handlers import COMMANDS
from bot.handlers.turns import AT_ONCE
from bot.intake.address import hides_password
from bot.model import Period
from bot.render import callbacks
from bot.render.callbacks import Callback, ListKind, ListRef, encode
from bot.render.feed import secret_kept
from bot.render.greeting import expired, went_wrong
from bot.render.reasons import fetching
from bot.sandbox.nouns import CallbackAnswer, Message, Person
from tests.program.harness import Program
from tests.program.test_pushing import connect
from tests.render.samples import ENGLISH

few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
UNCHANGED = "message is not modified"

# What people write ------------------------------------------------------------------------------------------------

anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
NASTY = (
    *(
        "\0",
        "\u202e",
        "\u200f",
        "\ufeff",
        "\ufffe",
        "\U0010ffff",
        "\u2028",
        "\x1b[31m",
        "%",
        "_",
        "'",
        '"',
        "\\",
        "*",
        "(",
    ),
    *("NEAR(", "a OR", "NOT", "title:", "{name}", "{0}", "<b>", "</b>", "&amp;", "&#0;", "@paperboy_bot", "#tag"),
    *("own_", "art_", "a_1", "a1", "9" * 30, "-1", "٣", "day", "all", "add", "DROP TABLE article", "/add", "/start"),
    *("👩\u200d👩\u200d👧", "e\u0301" * 50, "x" * 4000, "字" * 4000, "😀" * 2000, "x\n" + "\n" * 50, "a\n" * 1000),
)
words = st.one_of(anything, st.sampled_from(NASTY), st.sampled_from(list(Period)).map(str))
separators = st.sampled_from([" ", "\n", "\t", "  ", "\u00a0", "\r\n"])


@st.composite
def commands(draw: st.DrawFn) -> str:
    # /backup answers twice: it says that it begins.
    name = draw(st.sampled_from([command.name for command in COMMANDS if command.name != "backup"]))
    name = draw(st.sampled_from([name, name, name, name.upper(), f"{name}@paperboy_bot"]))
    parts = draw(st.lists(st.tuples(separators, words), max_size=4))
    return f"/{name}" + "".join(separator + word for separator, word in parts)


texts = st.one_of(
    commands(), words, st.lists(words, min_size=1, max_size=5).map(" ".join), words.map(lambda word: "/" + word)
).map(lambda text: text[:4096])  # fmt: skip
writable = texts.filter(lambda text: bool(text.strip()) and len(text.encode("utf-16-le")) <= 2 * 4096)


@few
@given(said=st.lists(st.tuples(st.booleans(), writable), min_size=40, max_size=80))
async def test_whatever_people_write_gets_an_answer(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, said: list[tuple[bool, str]]
) -> None:
    caplog.clear()
    async with Program(tmp_path_factory.mktemp("program")) as program:
        await program.make_maintainer(program.scene.owen)
        await program.publish("Harbour opens", tags=("tag",))
        for is_owner, person in ((True, program.scene.owen), (False, program.scene.rosa)):
            ours = [text for by_owner, text in said if by_owner is is_owner and not is_for_another_bot(text)]
            assert len(await write(program, person, *ours)) == len(ours)
        all_went_well(program, caplog)


def is_for_another_bot(text: str) -> bool:
    command = text.split()[0].lower()
    return command.startswith("/") and "@" in command and "@paperboy_bot" not in command


async def test_every_command_bears_every_nasty_argument(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    owen, rosa = program.scene.owen, program.scene.rosa
    await program.make_maintainer(owen)
    await program.publish("Harbour opens", tags=("tag",))
    for number, command in enumerate(COMMANDS):
        said = [f"/{command.name} {nasty}"[:4096] for nasty in NASTY]
        answers = await write(program, owen if command.act or number % 2 else rosa, *said)
        each = 2 if command.name == "backup" else 1  # it says that it begins
        assert len(answers) == each * len(said), command.name
    all_went_well(program, caplog)


async def test_a_commands_words_may_begin_on_a_new_line(program: Program) -> None:
    await program.publish("Harbour opens")
    await program.publish("Search for a missing boat")
    found = await program.ask(program.scene.rosa, "/search\nharbour")
    assert "Harbour opens" in (found.text or "")
    assert "boat" not in (found.text or "")


# What people tap --------------------------------------------------------------------------------------------------

small = st.integers(0, 40)
refs = st.builds(
    ListRef, st.sampled_from(ListKind), st.integers(0, callbacks.MAX_PAGE), small, st.sampled_from(Period)
)  # fmt: skip
chat_ids = st.sampled_from([-1_001_000_000_001, -1_001_000_000_002, -1, 0, 100_000_001, 100_000_003, 2**52])
pages = st.integers(0, callbacks.MAX_PAGE)
genuine = st.one_of(
    st.builds(callbacks.ShowList, refs),
    st.builds(callbacks.OpenArticle, refs, small, pages),
    st.just(callbacks.ShowSubscribe()),
    st.builds(callbacks.SubscribeChoice, st.sampled_from(callbacks.Choice)),
    st.builds(callbacks.ShowChannels, pages),
    st.builds(callbacks.ShowChannelCard, chat_ids),
    st.builds(callbacks.ChannelChoice, chat_ids, st.sampled_from(callbacks.Choice)),
    st.builds(callbacks.PauseChannel, chat_ids, st.booleans(), pages),
    st.builds(callbacks.RemoveChannel, chat_ids, st.booleans(), pages),
    st.builds(callbacks.DraftDecision, small, st.sampled_from(callbacks.DraftChoice)),
    st.builds(callbacks.FollowFeed, small, st.booleans(), small),
    st.builds(callbacks.MendDraft, small, st.sampled_from(callbacks.DraftPart)),
    st.builds(callbacks.LeaveDraft, small, st.sampled_from(callbacks.DraftPart)),
    st.builds(callbacks.ShowFeeds, pages),
    st.builds(callbacks.ShowFeed, small, st.sampled_from(callbacks.FeedPart)),
    st.builds(callbacks.CheckFeed, small),
    st.builds(callbacks.PauseFeed, small, st.booleans()),
    st.builds(callbacks.ClearFeed, small, st.sampled_from(callbacks.FeedPart)),
    st.builds(callbacks.SetFeedEvery, small, st.sampled_from([-1, 0, 15, 60, 10**15])),
    st.builds(callbacks.SetFullText, small, st.booleans()),
    st.builds(callbacks.SetAnnounceFirst, small, st.sampled_from([-1, 0, 3, 10**15])),
    st.builds(callbacks.RemoveFeed, small),
    st.builds(callbacks.ChooseLanguage, st.sampled_from(["en", "de", "xx", ""])),
)
garbage = st.binary(max_size=64).map(lambda data: data.decode("latin-1").encode()[:64].decode(errors="ignore"))


@few
@given(taps=st.lists(st.tuples(st.booleans(), genuine), min_size=30, max_size=60))
async def test_buttons_whose_meaning_is_gone_or_never_was_are_borne(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, taps: list[tuple[bool, Callback]]
) -> None:
    caplog.clear()
    async with Program(tmp_path_factory.mktemp("program")) as program:
        menus = await menus_of_both(program)
        await program.ask(program.scene.rosa, "harbour")
        for is_owner, person in ((True, program.scene.owen), (False, program.scene.rosa)):
            meant = [callback for by_owner, callback in taps if by_owner is is_owner]
            data = [encode(callback, program.app.key, person.id) for callback in meant]
            answers = await tap_all(program, person, menus[person.id], data)
            assert [callback for callback, answer in zip(meant, answers, strict=True) if not answer.answered] == []
        all_went_well(program, caplog)


@few
@given(
    random=st.lists(garbage, min_size=10, max_size=30),
    flipped=st.lists(st.tuples(genuine, st.integers(0, 63), st.characters(min_codepoint=33, max_codepoint=126))),
    elsewhere=st.lists(st.tuples(genuine, chat_ids), min_size=10, max_size=30),
)
async def test_forged_and_replayed_buttons_have_expired_and_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
    random: list[str],
    flipped: list[tuple[Callback, int, str]],
    elsewhere: list[tuple[Callback, int]],
) -> None:
    caplog.clear()
    async with Program(tmp_path_factory.mktemp("program")) as program:
        menus, owen, key = await menus_of_both(program), program.scene.owen, program.app.key
        forged = list(random)
        for meant, place, letter in flipped:
            data = encode(meant, key, owen.id)
            place %= len(data)
            if data[place] != letter:
                forged.append(data[:place] + letter + data[place + 1 :])
        forged += [encode(meant, key, chat_id) for meant, chat_id in elsewhere if chat_id != owen.id]
        before = await stored(program), program.shown(owen.id)
        answers = await tap_all(program, owen, menus[owen.id], forged)
        alert = CallbackAnswer(answered=True, text=expired(ENGLISH), alert=True)
        assert [data for data, answer in zip(forged, answers, strict=True) if answer != alert] == []
        assert (await stored(program), program.shown(owen.id)) == before
        all_went_well(program, caplog)


async def menus_of_both(program: Program) -> dict[int, Message]:
    """A message of the bot's with each of a stranger and an owner; there is something to read and to manage."""
    await program.make_maintainer(program.scene.owen)
    await connect(program)
    for number in range(7):
        await program.publish(f"Harbour {number}", body="<p>Words.</p>" * 600)
    await program.ask(program.scene.owen, "/add A draft\nOf Owen's.")
    return {person.id: await program.start(person) for person in (program.scene.rosa, program.scene.owen)}


# Addresses --------------------------------------------------------------------------------------------------------

private = st.one_of(
    st.ip_addresses(network="10.0.0.0/8").map(str),
    st.ip_addresses(network="172.16.0.0/12").map(str),
    st.ip_addresses(network="192.168.0.0/16").map(str),
    st.ip_addresses(network="169.254.0.0/16").map(str),
    st.ip_addresses(network="100.64.0.0/10").map(str),
    st.ip_addresses(network="fc00::/7").map(lambda ip: f"[{ip}]"),
    st.ip_addresses(network="fe80::/10").map(lambda ip: f"[{ip}]"),
    st.sampled_from(["[::1]", "[::]", "0.0.0.0", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::a00:1]"]),
)
tails = st.sampled_from(
    ["", "/", "/feed.xml", ":8080/", ":22/", "/?q=%0d%0a", "/" + "x" * 2100, "#x", ":99999/", ":x/"]
)
credentials = st.sampled_from(["owner:secret@", "secret@", ":@"])
refused = st.one_of(
    st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "HTTP"]), private, tails),
    st.builds("http://{}{}{}".format, credentials, st.sampled_from(["127.0.0.2:25", "10.0.0.1"]), tails),
    st.builds("http://8.8.8.8/{}".format, st.sampled_from(["x" * 2048, "\\x", "%0d%0ax", "%00"])),
    st.sampled_from(["http://", "https://", "http://[", "http://[::", "http:///x", "http://127.0.0.1:25/"]),
)
no_web = st.sampled_from(
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://10.0.0.1/", "data://x", "javascript://x%0aalert(1)", "://"]
)


@few
@given(addresses=st.lists(st.tuples(st.booleans(), refused), min_size=20, max_size=40))
async def test_addresses_that_are_not_public_get_one_sentence_and_store_nothing(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, addresses: list[tuple[bool, str]]
) -> None:
    await are_turned_away(tmp_path_factory, caplog, addresses, fetching("refused", ENGLISH))


@few
@given(addresses=st.lists(st.tuples(st.booleans(), no_web), min_size=10, max_size=20))
async def test_what_is_no_web_address_gets_one_sentence_and_stores_nothing(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, addresses: list[tuple[bool, str]]
) -> None:
    more = [(True, "javascript:alert(1)"), (True, "example.org/feed"), (True, "x" * 3000), (True, "\u202e")]
    await are_turned_away(tmp_path_factory, caplog, addresses + more, fetching("url", ENGLISH))


async def are_turned_away(
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
    addresses: Sequence[tuple[bool, str]],
    sentence: str,
) -> None:
    """As the owner asks to follow (True) or to add them."""
    caplog.clear()
    async with Program(tmp_path_factory.mktemp("program")) as program:
        owen = program.scene.owen
        await program.make_maintainer(owen)
        before = await stored(program)
        said = [f"/feeds add {url}" if is_feed else f"/add {url}" for is_feed, url in addresses]
        answers = await write(program, owen, *said)
        for url, answer in zip(said, answers, strict=True):
            heading, *rest = (answer.text or "").split("\n")
            assert heading.startswith("I cannot"), url
            assert rest[0] == sentence, url
            is_told = url.startswith("/feeds") and hides_password(url.split()[-1])
            assert rest[1:] == ([secret_kept(ENGLISH, is_deleted=True)] if is_told else []), url
            assert "secret" not in heading + rest[0], url
            assert answer.reply_markup is None
        assert await stored(program) == before
        all_went_well(program, caplog)


# What the tests look at -------------------------------------------------------------------------------------------


async def write(program: Program, person: Person, *texts: str) -> list[Message]:
    """What the bot says to these texts."""
    known = {message.id for message in program.from_bot(person.id)}
    for at in range(0, len(texts), AT_ONCE):
        for text in texts[at : at + AT_ONCE]:
            program.telegram.people.send(person, person.id, text)
        await program.idle()
        program.clock.move(minutes=1)  # more searches at once are not answered: test_searching.py
    return [message for message in program.from_bot(person.id) if message.id not in known]


async def tap_all(program: Program, person: Person, menu: Message, datas: Sequence[str]) -> list[CallbackAnswer]:
    people = program.telegram.people
    answers = await asyncio.gather(*[people.tap(person, person.id, menu.id, data, timeout=30) for data in datas])
    await program.idle()
    return answers


async def stored(program: Program) -> list[list[dict[str, Any]]]:
    tables = ("article", "feed", "search_query", "subscription", "chat", "chat_admin", "maintainer", "read")
    return [[dict(row) for row in await program.app.db.read(f"SELECT * FROM {table}")] for table in tables]


def all_went_well(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == []
    refusals = [
        (call.method, call.answer["description"])
        for call in program.telegram.calls
        if call.method.startswith(("send", "edit"))
        and call.answer is not None
        and not call.answer["ok"]
        and UNCHANGED not in call.answer["description"]
    ]
    assert refusals == []
    for person in (program.scene.owen, program.scene.rosa):
        assert went_wrong(ENGLISH) not in program.shown(person.id)
