"""Documents that maintainers send: a dry run first, then what they choose; and documents of strangers."""

import io
import json
import zipfile

import pytest

from bot.handlers import files as handlers
from bot.model import Role
from bot.sandbox.nouns import Message, Person
from bot.store import feeds
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts

LINES = "\n".join(
    json.dumps({"title": f"Story {number}", "url": f"https://example.org/{number}", "body": "<p>Text.</p>"})
    for number in range(3)
)
OPML = """<opml version="2.0"><body><outline text="News">
<outline text="Tides" xmlUrl="https://example.org/tides"/><outline text="Moon" xmlUrl="https://example.org/moon"/>
</outline></body></opml>"""


async def send(program: Program, person: Person, name: str, body: str | bytes) -> Message:
    """What the bot answers to the document."""
    data = body if isinstance(body, bytes) else body.encode()
    sent = program.telegram.people.send_document(person, person.id, name, data)
    return await program._answer(person.id, sent.id)


async def owner(program: Program) -> Person:
    await program.make_maintainer(program.scene.owen)
    await program.start(program.scene.owen)
    return program.scene.owen


def stands(program: Program, message: Message) -> str:
    """What the message says now."""
    [now] = [m for m in program.telegram.messages(message.chat.id) if m.id == message.id]
    return now.text or ""


async def titles(program: Program) -> list[str]:
    return [row["title"] for row in await program.app.db.read("SELECT title FROM article ORDER BY id")]


async def test_a_document_is_tried_first_and_imported_after_a_tap(program: Program) -> None:
    await connect(program)
    owen = await owner(program)
    answer = await send(program, owen, "news.jsonl", LINES + "\n{")
    assert "news.jsonl" in (answer.text or "")
    assert "3 new articles" in (answer.text or "")
    assert "1 that I cannot take:" in (answer.text or "")
    assert "news.jsonl line 4: not JSON at column" in (answer.text or "")
    assert "/tmp" not in (answer.text or "")
    assert await titles(program) == []
    await program.tap(owen, answer, "Import")
    assert "news.jsonl is imported." in stands(program, answer)
    assert await titles(program) == ["Story 0", "Story 1", "Story 2"]
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []


async def test_what_is_new_is_announced_after_a_second_question_that_says_how_much(program: Program) -> None:
    await connect(program)
    owen = await owner(program)
    answer = await send(program, owen, "news.jsonl", LINES)
    await program.tap(owen, answer, "Import and announce")
    assert "3 new articles are announced." in stands(program, answer)
    assert "1 chat has subscribed." in stands(program, answer)
    assert await titles(program) == []
    [now] = [m for m in program.telegram.messages(owen.id) if m.id == answer.id]
    data = program.button(now, "Announce them")["callback_data"]
    await program.tap_data(owen, now, data)
    await program.tap_data(owen, now, data)
    await program.run_jobs()
    assert "on its way to everyone" not in stands(program, answer)  # the second tap found nothing new
    assert len(posts(program, program.scene.channel)) == 3


async def test_a_list_of_feeds_is_followed(program: Program) -> None:
    owen = await owner(program)
    answer = await send(program, owen, "feeds.opml", OPML)
    assert "2 feeds to follow" in (answer.text or "")
    assert program.labels(answer) == ["Import", "Cancel"]
    await program.tap(owen, answer, "Import")
    assert "/feeds" in stands(program, answer)
    assert [(feed.title, feed.tags, feed.added_by) for feed in await feeds.list(program.app.db)] == [
        ("Tides", ("News",), owen.id),
        ("Moon", ("News",), owen.id),
    ]
    again = await send(program, owen, "feeds.opml", OPML)
    assert "2 that I have already" in (again.text or "")
    assert program.labels(again) == []


async def test_a_private_address_in_a_list_of_feeds_is_judged_by_the_same_guard_as_any_other(program: Program) -> None:
    owen = await owner(program)
    private = '<opml version="2.0"><body><outline text="X" xmlUrl="http://169.254.169.254/"/></body></opml>'
    answer = await send(program, owen, "feeds.opml", private)
    assert "169.254.169.254/ is not allowed" in (answer.text or "")
    assert "Import" not in " ".join(program.labels(answer))
    assert await feeds.list(program.app.db) == []


async def test_a_cancelled_document_leaves_nothing(program: Program) -> None:
    owen = await owner(program)
    answer = await send(program, owen, "news.jsonl", LINES)
    await program.tap(owen, answer, "Cancel")
    assert "is not imported" in stands(program, answer)
    assert await titles(program) == []


async def test_each_document_of_several_is_answered(program: Program) -> None:
    owen = await owner(program)
    for name in ("a.md", "b.md"):
        program.telegram.people.send_document(owen, owen.id, name, f"# {name}\n\nText".encode())
    await program.idle()
    answers = [text for text in program.shown(owen.id) if "1 new article" in text]
    assert len(answers) == 2


async def test_everything_that_was_refused_is_in_the_report(program: Program) -> None:
    owen = await owner(program)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.md", "# Good\n\nText")
        for number in range(20):
            archive.writestr(f"bad-{number:02}.md", "---\n- no keys\n---\nText")
    answer = await send(program, owen, "vault.zip", packed.getvalue())
    assert "20 that I cannot take:" in (answer.text or "")
    await program.tap(owen, answer, "Import")
    [report] = [m for m in program.from_bot(owen.id) if m.media is not None]
    assert report.media is not None
    assert "20 items that I could not take." in (report.caption or "")
    lines = program.telegram.files.read(report.media.file_id).decode().splitlines()
    assert len(lines) == 20
    assert lines[0] == "bad-00.md: its front matter holds no keys; expected lines such as `title: …`"


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("table.csv", "a,b\n1,2\n", "table.csv is a table (CSV), which is not taken; taken are JSON Lines"),
        ("book.pdf", "%PDF-1.7", "book.pdf is a PDF"),
        ("empty.md", "", "empty.md is empty"),
        ("../../evil.opml", "<opml", "not well-formed XML"),
        ("", "x" * 100, "is none of what is taken"),
    ],
)
async def test_what_cannot_be_read_is_answered_with_the_reason(
    program: Program, name: str, body: str, sentence: str
) -> None:
    owen = await owner(program)
    answer = await send(program, owen, name, body)
    assert "I cannot import" in (answer.text or "")
    assert sentence in (answer.text or "")
    assert "/tmp" not in (answer.text or "")


async def test_a_document_too_large_for_telegram_is_told_the_other_way(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "DOWNLOAD_LIMIT_BYTES", 20)
    owen = await owner(program)
    answer = await send(program, owen, "news.jsonl", LINES)
    assert "paperboy import news.jsonl" in (answer.text or "")


async def test_a_document_of_a_stranger_or_contributor_is_not_read(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    for role in (None, Role.CONTRIBUTOR):
        if role is not None:
            await program.make_maintainer(rosa, role)
        before = len(program.from_bot(rosa.id))
        program.telegram.people.send_document(rosa, rosa.id, "news.jsonl", LINES.encode())
        await program.idle()
        assert len(program.from_bot(rosa.id)) == before
    assert await titles(program) == []


async def test_who_is_no_longer_a_maintainer_cannot_import_what_they_sent(program: Program) -> None:
    owen = await owner(program)
    answer = await send(program, owen, "news.jsonl", LINES)
    await program.app.db.execute("DELETE FROM maintainer")
    refused = await program.tap(owen, answer, "Import")
    assert "maintainer" in (refused.text or "")
    assert await titles(program) == []


async def test_help_tells_maintainers_that_documents_can_be_sent(program: Program) -> None:
    owen = await owner(program)
    assert "Send me a document" in ((await program.ask(owen, "/help")).text or "")
    assert "Send me a document" not in ((await program.ask(program.scene.rosa, "/help")).text or "")


async def test_progress_is_told_in_the_same_message(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "TELL_EVERY", 1)
    owen = await owner(program)
    answer = await send(program, owen, "news.jsonl", LINES)
    seen: list[str] = []
    unlisten = program.telegram.listen(lambda _: seen.append(stands(program, answer)))
    await program.tap(owen, answer, "Import")
    unlisten()
    assert any("2 items so far." in text for text in seen)
    assert "is imported" in seen[-1]
