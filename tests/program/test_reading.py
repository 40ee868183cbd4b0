"""Readers in the chat: lists, articles, search; through the sandbox over loopback."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from bot.errors import StoreError, StoreFault
from bot.sandbox.nouns import Message, Person
from bot.store import inbox, reads
from bot.store.db import Database
from tests.program.harness import Program
from tests.program.test_pushing import connect


async def publish_many(program: Program, count: int) -> None:
    for number in range(1, count + 1):
        await program.publish(
            f"Story {number}", published_at=program.clock() - timedelta(hours=count - number), tags=("sea",)
        )


async def test_start_welcomes_and_help_lists_every_command_of_a_reader(program: Program) -> None:
    rosa = program.scene.rosa
    welcome = await program.start(rosa)
    assert "Rosa" in (welcome.text or "")
    helped = (await program.ask(rosa, "/help")).text or ""
    for command in ("latest", "top", "search", "subscribe", "unsubscribe", "channels", "language", "help"):
        assert f"/{command}" in helped
    for command in ("add", "feeds", "stats"):
        assert f"/{command}" not in helped


async def test_latest_lists_five_newest_first_and_pages_in_place(program: Program) -> None:
    await publish_many(program, 7)
    rosa = program.scene.rosa
    listed = await program.ask(rosa, "/latest")
    text = listed.text or ""
    positions = [text.index(f"Story {number}") for number in (7, 6, 5, 4, 3)]
    assert positions == sorted(positions)
    assert "Story 2" not in text
    before = len(program.telegram.messages(rosa.id))
    await program.tap(rosa, listed, "Next")
    assert "Story 2" in (listed.text or "")
    assert "Story 1" in (listed.text or "")
    assert len(program.telegram.messages(rosa.id)) == before
    await program.tap(rosa, listed, "Prev")
    assert (listed.text or "") == text


async def test_an_article_without_a_summary_is_listed_with_the_start_of_its_text(program: Program) -> None:
    await program.publish("Bare", body="<p>The gates open at six.</p>")
    assert "The gates open at six." in ((await program.ask(program.scene.rosa, "/latest")).text or "")


async def test_latest_of_a_tag_shows_that_tag_only(program: Program) -> None:
    await program.publish("Of boats", tags=("boats",))
    await program.publish("Of bread", tags=("bread",))
    text = (await program.ask(program.scene.rosa, "/latest bread")).text or ""
    assert "Of bread" in text
    assert "Of boats" not in text
    nothing = (await program.ask(program.scene.rosa, "/latest nosuchtag")).text or ""
    assert "nosuchtag" in nothing


async def test_an_article_opens_in_place_counts_one_read_and_leads_back(program: Program) -> None:
    await publish_many(program, 7)
    rosa = program.scene.rosa
    listed = await program.ask(rosa, "/latest")
    await program.tap(rosa, listed, "Next")
    second_page = listed.text
    await program.tap(rosa, listed, "6")
    assert "About Story 2." in (listed.text or "")
    assert program.button(listed, "Original")["url"] == "https://example.org/story-2"
    await program.tap(rosa, listed, "Back")
    assert listed.text == second_page
    await program.tap(rosa, listed, "6")
    rows = await program.app.db.read("SELECT reader FROM read")
    assert len(rows) == 1
    assert str(rosa.id) not in rows[0]["reader"]


async def test_a_long_article_is_read_in_pages_that_hold_all_of_it(program: Program) -> None:
    paragraphs = [f"Paragraph {number} " + "word " * 60 for number in range(80)]
    await program.publish("Long", body="".join(f"<p>{p}</p>" for p in paragraphs))
    rosa = program.scene.rosa
    message = await program.ask(rosa, "/latest")
    await program.tap(rosa, message, "1")
    seen = [message.text or ""]
    while "Next" in " ".join(program.labels(message)):
        await program.tap(rosa, message, "Next")
        seen.append(message.text or "")
        assert len(seen) < 20
    whole = "\n".join(seen)
    assert all(f"Paragraph {number} " in whole for number in range(80))
    rows = await program.app.db.read("SELECT reader FROM read")
    assert len(rows) == 1


async def read(program: Program, person: Person, list_message: Message, number: int) -> None:
    await program.tap(person, list_message, str(number))
    await program.tap(person, list_message, "Back")


async def test_top_ranks_by_reads_in_the_rolling_period_ties_by_newest(program: Program) -> None:
    await publish_many(program, 3)
    rosa, chiara, owen = program.scene.rosa, program.scene.chiara, program.scene.owen
    for person, number in ((rosa, 3), (chiara, 3), (owen, 2)):  # Story 1 twice, Story 2 once
        listed = await program.ask(person, "/latest")
        await read(program, person, listed, number)
    text = (await program.ask(rosa, "/top week")).text or ""
    assert text.index("Story 1") < text.index("Story 2")
    assert "7 days" in text
    program.clock.move(days=8)
    later = (await program.ask(rosa, "/top week")).text or ""
    assert "Story 1" not in later
    assert "Story 1" in ((await program.ask(rosa, "/top all")).text or "")


async def test_top_of_a_tag_stays_with_it_from_period_to_period_and_back_from_an_article(program: Program) -> None:
    rosa = program.scene.rosa
    for title, tags in (("Of boats", ("boats",)), ("Of green tea", ("green tea",))):
        await program.publish(title, tags=tags)
    listed = await program.ask(rosa, "/latest")
    for number in (1, 2):
        await read(program, rosa, listed, number)
    for asked in ("/top week green tea", "/top green tea", "/top #Green Tea", "/top DAY #green tea"):
        message = await program.ask(rosa, asked)
        assert "Of green tea" in (message.text or ""), asked
        assert "boats" not in (message.text or ""), asked
    for label in ("Year", "Rising", "1", "Back"):
        await program.tap(rosa, message, label)
        assert "boats" not in (message.text or "")
    assert "Rising" in (message.text or "")
    assert "green tea" in (message.text or "")
    assert "boats" in ((await program.ask(rosa, "/top rising")).text or "")
    nothing = (await program.ask(rosa, "/top #nosuchtag")).text or ""
    assert "nosuchtag" in nothing
    assert "7 days" in nothing


async def test_the_buttons_of_a_tag_that_could_not_be_noted_never_lead_to_all_articles(program: Program) -> None:
    rosa = program.scene.rosa
    await program.publish("Of boats", tags=("boats",))
    await read(program, rosa, await program.ask(rosa, "/latest"), 1)
    program.app.db.fault = StoreFault.FULL
    message = await program.ask(rosa, "/top boats")
    assert "Of boats" in (message.text or "")
    await program.tap(rosa, message, "Year")
    assert "expired" in (message.text or "")


async def test_one_reader_lifts_no_article_by_links_opened_again_and_again(program: Program) -> None:
    rosa, chiara = program.scene.rosa, program.scene.chiara
    liked = await program.publish("Liked by one")
    await program.publish("Read by two")
    for person in (rosa, chiara):
        listed = await program.ask(person, "/latest")
        await read(program, person, listed, 1)
    for _ in range(5):
        message = await program.start(rosa, f"a{liked.article_id}")
        await program.tap(rosa, message, "Back")
        await read(program, rosa, message, 2)
    text = (await program.ask(rosa, "/top week")).text or ""
    assert text.index("Read by two") < text.index("Liked by one")
    assert "2 reads" in text
    assert "1 read\n" in text + "\n"


async def test_reactions_in_a_channel_are_shown_beside_the_reads(program: Program) -> None:
    await connect(program, "Instant")
    submitted = await program.publish("Posted")
    await program.run_jobs()
    rosa, chiara, channel = program.scene.rosa, program.scene.chiara, program.scene.channel
    post = next(message for message in program.from_bot(channel.id) if "Posted" in (message.text or ""))
    people = program.telegram.people
    people.react(chiara, channel.id, post.id, "👍", "🔥")
    await program.start(rosa, f"a{submitted.article_id}")
    await program.idle()
    assert "1 read · 2 reactions" in ((await program.ask(rosa, "/top")).text or "")
    people.react(chiara, channel.id, post.id)
    await program.idle()
    assert "reaction" not in ((await program.ask(rosa, "/top")).text or "")


async def test_top_with_an_unknown_period_says_which_there_are(program: Program) -> None:
    text = (await program.ask(program.scene.rosa, "/top fortnight")).text or ""
    assert "fortnight" in text
    assert "month" in text


async def test_search_ignores_case_and_accents_and_marks_what_it_found(program: Program) -> None:
    await program.publish("The Café by the lighthouse", body="<p>Where the keeper drinks coffee.</p>")
    await program.publish("Bread", body="<p>Sourdough takes a day.</p>")
    rosa = program.scene.rosa
    found = await program.ask(rosa, "/search CAFE")
    assert "The Café by the lighthouse" in (found.text or "")
    assert "Sourdough" not in (found.text or "")
    assert any(entity["type"] == "bold" for entity in found.entities)
    phrase = await program.ask(rosa, '/search "keeper drinks"')
    assert "Café" in (phrase.text or "")
    without = (await program.ask(rosa, "/search takes -sourdough")).text or ""
    assert "Sourdough takes" not in without
    prefix = (await program.ask(rosa, "/search sourd*")).text or ""
    assert "Bread" in prefix


async def test_plain_words_in_private_are_a_search(program: Program) -> None:
    await program.publish("Bread", body="<p>Sourdough takes a day.</p>")
    assert "Bread" in ((await program.ask(program.scene.rosa, "sourdough")).text or "")


async def test_search_pages_work_after_a_restart(program: Program) -> None:
    for number in range(8):
        await program.publish(f"Tide {number}", body="<p>High water at noon.</p>")
    rosa = program.scene.rosa
    found = await program.ask(rosa, "/search water")
    await program.stop_bot()
    await program.start_bot()
    await program.tap(rosa, found, "Next")
    assert (found.text or "").count("Tide") == 3


@pytest.mark.parametrize("query", ["", "   ", "-", '"', "***", "🙂", "a" * 3000, "NOT (", "'; DROP TABLE article; --"])
async def test_an_empty_or_nonsense_search_gets_help_and_no_error(program: Program, query: str) -> None:
    await program.publish("Bread")
    answer = (await program.ask(program.scene.rosa, f"/search {query}")).text or ""
    assert answer
    assert "went wrong" not in answer


async def test_a_menu_of_another_version_or_person_has_expired(program: Program) -> None:
    await publish_many(program, 7)
    rosa, owen = program.scene.rosa, program.scene.owen
    listed = await program.ask(rosa, "/latest")
    mine = await program.ask(owen, "/latest")
    text = mine.text
    stolen = program.button(listed, "Next")["callback_data"]
    for data in (stolen, "0" + stolen[1:], "nonsense", "1" + "x" * 63):
        answer = await program.tap_data(owen, mine, data)
        assert answer.answered
        assert "expired" in (answer.text or "")
    assert mine.text == text


async def test_commands_for_another_bot_are_ignored(program: Program) -> None:
    rosa, group = program.scene.rosa, program.scene.group
    program.telegram.people.add_bot(program.scene.chiara, group.id, program.scene.bot)
    await program.idle()
    before = len(program.from_bot(group.id))
    program.telegram.people.send(rosa, group.id, "/latest@other_bot")
    await program.idle()
    assert len(program.from_bot(group.id)) == before
    await program.publish("Bread")
    answer = await program.ask(rosa, "/latest@paperboy_bot", group)
    assert "Bread" in (answer.text or "")


async def test_an_edited_command_is_not_answered_again(program: Program) -> None:
    rosa = program.scene.rosa
    await program.ask(rosa, "/help")
    sent = program.telegram.messages(rosa.id)[0]
    count = len(program.from_bot(rosa.id))
    program.telegram.people.edit(rosa, rosa.id, sent.id, "/latest")
    await program.idle()
    assert len(program.from_bot(rosa.id)) == count


async def test_a_link_opens_its_article_and_counts_a_read(program: Program) -> None:
    submitted = await program.publish("Linked")
    answer = await program.start(program.scene.rosa, f"a{submitted.article_id}")
    assert "About Linked." in (answer.text or "")
    key = reads.reader_key(program.app.key, program.scene.rosa.id)
    assert [row["reader"] for row in await program.app.db.read("SELECT reader FROM read")] == [key]


async def test_drafts_cannot_be_opened_by_guessing_their_link(program: Program) -> None:
    from bot.model import ArticleState

    draft = await program.publish("Secret", announce=False, state=ArticleState.DRAFT)
    answer = await program.start(program.scene.rosa, f"a{draft.article_id}")
    assert "Secret" not in (answer.text or "")


async def test_an_unknown_command_points_to_help(program: Program) -> None:
    answer = (await program.ask(program.scene.rosa, "/frobnicate")).text or ""
    assert "/frobnicate" in answer
    assert "/help" in answer


async def test_a_chat_goes_on_when_an_update_could_not_be_marked_as_handled(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa, mark, failures = program.scene.rosa, inbox.mark_handled, [StoreError("disk full")]

    async def mark_handled(db: Database, update_ids: Collection[int]) -> None:
        if failures:
            raise failures.pop()
        await mark(db, update_ids)

    monkeypatch.setattr(inbox, "mark_handled", mark_handled)
    await program.ask(rosa, "/help")
    assert not failures
    assert (await program.ask(rosa, "/latest")).text
