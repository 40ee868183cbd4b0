"""Owners back the store up from Telegram, and say what becomes of what was due in a restored one."""

import sqlite3
from contextlib import closing

import pytest

from bot.handlers import backup as handlers
from bot.model import Role
from bot.sandbox.faults import FaultKind
from bot.store import backup
from tests.program.harness import Program


async def test_the_owner_gets_the_store_as_a_document_and_no_copy_stays(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    await program.start(owen)
    await program.publish("Kept")
    await program.ask(owen, "/backup")
    [sent] = [message for message in program.from_bot(owen.id) if message.media]
    assert sent.media is not None
    assert "keep it to yourself" in (sent.caption or "")
    copy = program.folder / "copy.db"
    copy.write_bytes(program.telegram.files.read(sent.media.file_id))
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT title FROM article").fetchall() == [("Kept",)]
    assert list(program.folder.glob("*backup*")) == []


@pytest.mark.parametrize("why", ["too large", "refused"])
async def test_what_telegram_does_not_take_lies_beside_the_store(
    program: Program, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    await program.start(owen)
    if why == "too large":
        monkeypatch.setattr(handlers, "UPLOAD_LIMIT_BYTES", 1000)
    else:
        program.telegram.faults.add(FaultKind.SERVER_ERROR, method="sendDocument")
    await program.ask(owen, "/backup")
    [file] = program.folder.glob("paperboy-backup-20260302T120000Z.db")
    assert str(file) in program.shown(owen.id)[-1]


async def test_nobody_but_an_owner_gets_a_backup(program: Program) -> None:
    for person, role in ((program.scene.chiara, Role.EDITOR), (program.scene.rosa, None)):
        if role is not None:
            await program.make_maintainer(person, role)
        await program.start(person)
        answer = await program.ask(person, "/backup")
        assert answer.text == "Only owners of this bot can do that."
    assert list(program.folder.glob("*backup*")) == []


async def restore_a_backup(program: Program) -> None:
    """A channel is subscribed and an article due; the store is backed up, lost and restored, a day later."""
    owen, store = program.scene.owen, program.folder / "paperboy.db"
    await program.make_maintainer(owen)
    await program.start(owen)
    program.telegram.people.start(program.scene.chiara, program.scene.bot)
    program.telegram.people.add_bot(program.scene.chiara, program.scene.channel.id, program.scene.bot)
    await program.idle()
    await program.run_jobs()
    [card] = [m for m in program.from_bot(program.scene.chiara.id) if "Instant" in " ".join(program.labels(m))]
    await program.tap(program.scene.chiara, card, "Instant")
    await program.publish("Due then")
    await backup.write(store, program.folder / "safe.db", now=program.clock())
    await program.run_jobs()
    await program.stop_bot()
    program.clock.move(days=1)
    await backup.restore(program.folder / "safe.db", store, now=program.clock())
    await program.start_bot()


@pytest.mark.parametrize(
    ("button", "copies"), [("Resume sending", 2), ("Drop what was due, then resume", 1)], ids=["resume", "drop"]
)
async def test_a_restored_bot_sends_nothing_until_its_owner_has_answered(
    program: Program, button: str, copies: int
) -> None:
    channel, owen = program.scene.channel.id, program.scene.owen
    await restore_a_backup(program)
    await program.publish("Announced since")
    await program.run_jobs()
    assert [text.split("\n")[0] for text in program.shown(channel)] == ["Due then"], "as before the restoration"
    answer = await program.ask(program.scene.rosa, "/latest")
    assert "Announced since" in (answer.text or ""), "who asks is answered"

    question = program.from_bot(owen.id)[-1]
    assert "The backup was 1 day old." in (question.text or "")
    await program.tap(owen, question, button)
    await program.publish("New")
    await program.run_jobs()
    posted = [text.split("\n")[0] for text in program.shown(channel)]
    assert posted.count("Due then") == copies
    assert posted.count("Announced since") == copies - 1
    assert posted.count("New") == 1


async def test_the_second_owner_reads_that_it_was_answered_and_an_editor_may_not(program: Program) -> None:
    owen = program.scene.owen
    await restore_a_backup(program)
    await program.run_jobs()
    question = program.from_bot(owen.id)[-1]
    await program.make_maintainer(owen, Role.EDITOR)
    answer = await program.tap(owen, question, "Resume sending")
    assert answer.text == "Only owners of this bot can do that."
    await program.make_maintainer(owen)
    data = program.button(question, "Resume sending")["callback_data"]
    await program.tap(owen, question, "Drop")
    await program.tap_data(owen, question, data)
    assert "Somebody has answered this already" in program.shown(owen.id)[-1]
