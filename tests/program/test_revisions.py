"""A correction or a withdrawal reaches what was posted, and who made it is told what became of the copies."""

from bot.intake.submit import submit
from bot.model import ArticleState, Source, SourceKind, Submission
from bot.sandbox.nouns import Message
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def newsroom(program: Program, title: str = "Harbour opens") -> Message:
    """Owen is a maintainer; the article stands in the channel. Returns it as Owen opened it."""
    owen = program.scene.owen
    await program.make_maintainer(owen)
    await connect(program)
    await program.publish(title)
    await program.run_jobs()
    return await program.start(owen, "a1")


async def test_an_article_is_corrected_after_a_preview_and_its_copy_follows(program: Program) -> None:
    owen, channel = program.scene.owen, program.scene.channel
    opened = await newsroom(program)
    preview = await program.ask(owen, "/edit Harbour opens at six\nBring a coat.", reply_to=opened.id)
    assert "Harbour opens at six\n\nBring a coat." in (preview.text or "")
    await program.run_jobs()
    assert "six" not in posts(program, channel)[0]
    data = program.button(preview, "Apply")["callback_data"]
    for _ in range(2):
        await program.tap_data(owen, preview, data)
        assert "Changed. The copy that was posted follows now" in (preview.text or "")
    for _ in range(2):
        await program.run_jobs()
    [post] = posts(program, channel)
    assert post.startswith("Harbour opens at six\n\nBring a coat.")
    reports = [text for text in program.shown(owen.id) if text.startswith("Changed:")]
    assert reports == ["Changed: Harbour opens at six\n\n• 1 copy edited"]
    assert "1 copy edited" in ((await program.ask(owen, "/stats")).text or "")
    assert await program.app.db.read("SELECT id FROM article WHERE state = 'draft'") == []


async def test_a_title_alone_keeps_the_text_and_formatting_is_kept(program: Program) -> None:
    owen = program.scene.owen
    await newsroom(program)
    preview = await program.ask(owen, "/edit 1 Another title")
    assert "Another title\n\nAbout Harbour opens." in (preview.text or "")
    bold = [{"type": "bold", "offset": 12, "length": 4}, {"type": "bot_command", "offset": 0, "length": 5}]
    preview = await program.ask(owen, "/edit 1 T\nA word", entities=bold)
    await program.tap(owen, preview, "Apply")
    rows = await program.app.db.read("SELECT title, body, url FROM article WHERE state = 'published'")
    assert [tuple(row) for row in rows] == [("T", "<p>A <b>word</b></p>", "https://example.org/harbour-opens")]


async def test_a_discarded_correction_changes_nothing(program: Program) -> None:
    owen = program.scene.owen
    await newsroom(program)
    preview = await program.ask(owen, "/edit 1 Another title")
    await program.tap(owen, preview, "Discard")
    assert "stays as it is" in (preview.text or "")
    await program.run_jobs()
    assert posts(program, program.scene.channel)[0].startswith("Harbour opens")


async def test_cancel_discards_a_correction_too(program: Program) -> None:
    owen = program.scene.owen
    await newsroom(program)
    preview = await program.ask(owen, "/edit 1 Another title")
    await program.ask(owen, "/cancel")
    await program.tap(owen, preview, "Apply")
    [row] = await program.app.db.read("SELECT title, revision FROM article")
    assert tuple(row) == ("Harbour opens", 1)


async def test_a_withdrawn_article_is_asked_about_once_and_its_copies_go(program: Program) -> None:
    owen, channel = program.scene.owen, program.scene.channel
    opened = await newsroom(program)
    asked = await program.ask(owen, "/delete", reply_to=opened.id)
    assert "Withdraw “Harbour opens”, for ever?" in (asked.text or "")
    assert "posted 1 time" in (asked.text or "")
    await program.run_jobs()
    assert len(posts(program, channel)) == 1
    data = program.button(asked, "Yes")["callback_data"]
    for _ in range(2):
        await program.tap_data(owen, asked, data)
    for _ in range(2):
        await program.run_jobs()
    assert posts(program, channel) == []
    reports = [text for text in program.shown(owen.id) if text.startswith("Withdrawn:")]
    assert reports == ["Withdrawn: Harbour opens\n\n• 1 copy deleted"]
    assert "No articles yet" in ((await program.ask(owen, "/latest")).text or "")
    assert "no published article" in ((await program.ask(owen, "/delete 1")).text or "")


async def test_the_buttons_of_an_opened_article_lead_to_both_and_readers_have_none(program: Program) -> None:
    owen, rosa = program.scene.owen, program.scene.rosa
    opened = await newsroom(program)
    await program.tap(owen, opened, "Edit")
    assert "/edit 1 and the new text" in program.shown(owen.id)[-1]
    await program.tap(owen, opened, "Delete")
    assert "for ever?" in (opened.text or "")
    await program.tap(owen, opened, "No, keep it")
    assert "Harbour opens" in (opened.text or "")
    theirs = await program.start(rosa, "a1")
    assert not {"Edit", "Delete"} & set(program.labels(theirs))


async def test_who_is_no_maintainer_corrects_and_withdraws_nothing(program: Program) -> None:
    owen, rosa = program.scene.owen, program.scene.rosa
    opened = await newsroom(program)
    for command in ("/edit 1 Mine", "/delete 1"):
        assert "maintainer" in ((await program.ask(rosa, command)).text or "")
    preview = await program.ask(owen, "/edit 1 Late")
    asked = await program.ask(owen, "/delete 1")
    await program.app.db.execute("DELETE FROM maintainer")
    for message, label in ((preview, "Apply"), (asked, "Yes"), (opened, "Edit"), (opened, "Delete")):
        assert "maintainer" in ((await program.tap(owen, message, label)).text or "")
    [row] = await program.app.db.read("SELECT title, state FROM article WHERE state <> 'draft'")
    assert tuple(row) == ("Harbour opens", "published")


async def test_without_an_article_or_a_text_both_say_how(program: Program) -> None:
    owen = program.scene.owen
    await newsroom(program)
    for text in ("/edit", "/edit 1", "/edit words without a number"):
        assert "its first line is the title" in ((await program.ask(owen, text)).text or "")
    assert "number" in ((await program.ask(owen, "/delete")).text or "")
    for text in ("/edit 99 X", "/delete 99", "/delete 0"):
        assert "no published article" in ((await program.ask(owen, text)).text or "")


async def test_the_text_may_be_in_the_message_replied_to(program: Program) -> None:
    owen = program.scene.owen
    await newsroom(program)
    await program.ask(owen, "From elsewhere\nWith a body.")
    written = next(m for m in program.telegram.messages(owen.id) if (m.text or "").startswith("From elsewhere"))
    preview = await program.ask(owen, "/edit 1", reply_to=written.id)
    assert "From elsewhere\n\nWith a body." in (preview.text or "")


async def test_a_sources_revision_edits_its_copies_and_leaves_a_maintainers_words_alone(program: Program) -> None:
    owen, channel = program.scene.owen, program.scene.channel
    await newsroom(program)
    source = Source(SourceKind.FILE, "test")
    item = Submission(title="Harbour closes", url="https://example.org/harbour-opens", guid="h")
    known = Submission(title="Harbour opens", url=item.url, guid="h", body="<p>Other words.</p>")
    await submit(program.app.db, known, source, announce=True)
    await program.run_jobs()
    assert "Other words." in posts(program, channel)[0]
    preview = await program.ask(owen, "/edit 1 Harbour is busy")
    await program.tap(owen, preview, "Apply")
    await submit(program.app.db, item, source, announce=True)
    await program.run_jobs()
    [post] = posts(program, channel)
    assert post.startswith("Harbour is busy")


async def test_a_source_that_says_withdrawn_takes_the_copies_back(program: Program) -> None:
    channel = program.scene.channel
    await newsroom(program)
    item = Submission(
        title="Harbour opens",
        url="https://example.org/harbour-opens",
        body="<p>About Harbour opens.</p>",
        state=ArticleState.WITHDRAWN,
    )
    await submit(program.app.db, item, Source(SourceKind.FILE, "test"), announce=False)
    await program.run_jobs()
    assert posts(program, channel) == []
    assert not any(text.startswith("Withdrawn") for text in program.shown(program.scene.owen.id))


async def test_a_restart_between_plan_and_edit_loses_nothing(program: Program) -> None:
    owen, channel = program.scene.owen, program.scene.channel
    await newsroom(program)
    await program.tap(owen, await program.ask(owen, "/edit 1 Another title"), "Apply")
    await program.stop_bot()
    await program.start_bot()
    for job in program.app.jobs:
        if job.name == "plan":
            await job.run()
    await program.stop_bot()
    await program.start_bot()
    for _ in range(2):
        await program.run_jobs()
    [post] = posts(program, channel)
    assert post.startswith("Another title")
    assert len([text for text in program.shown(owen.id) if text.startswith("Changed:")]) == 1
