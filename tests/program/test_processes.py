"""The real program in processes of its own: the command line beside a running bot, and a bot that is killed."""

import asyncio
import gc
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot import app, config
from bot.sandbox.faults import FaultKind
from bot.sandbox.nouns import Chat
from bot.sandbox.scene import Scene, default_scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from bot.store.merging import ITEMS_LIMIT
from tests.intake.site import item, rss

ARTICLES = 200
ONE_BY_ONE = "burst = 0\nchat_limits = false"


@dataclass
class Machine:
    """A folder with a configuration, and a Telegram that outlives the bots."""

    folder: Path
    telegram: Telegram
    scene: Scene
    server: Server

    async def paperboy(self, *arguments: str) -> tuple[int, str, str]:
        """A command run to its end: exit code, stdout, stderr."""
        process = await self.spawn(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), err.decode()

    async def spawn(self, *arguments: str) -> Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PAPERBOY__")}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments, cwd=self.folder, env=environment, stdout=PIPE, stderr=PIPE
        )

    async def run_bot(self) -> Process:
        process = await self.spawn("run")
        await self.until(lambda: self.scene.bot.poll is not None)
        return process

    async def until(self, condition: object, seconds: float = 60) -> None:
        assert callable(condition)
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    def write_articles(self, count: int) -> Path:
        path = self.folder / "articles.jsonl"
        lines = (
            json.dumps({"title": f"Story {number:03}", "url": f"https://example.org/{number}", "body": "<p>Text.</p>"})
            for number in range(count)
        )
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def stories(self, chat: Chat) -> list[int]:
        """The numbers of the stories that stand in the chat, alone or in digests, in their order."""
        texts = [message.text or message.caption or "" for message in self.telegram.messages(chat.id)]
        return [int(number) for text in texts for number in re.findall(r"Story (\d{3})", text)]

    def configure(self, lines: str) -> None:
        """Adds to the section [delivery]."""
        path = self.folder / "config.toml"
        path.write_text(path.read_text(encoding="utf-8") + lines + "\n", encoding="utf-8")

    async def outbox_when_idle(self) -> dict[str, int]:
        """The counts when nothing waits any more, and nothing has for longer than a planning takes to come by."""
        quiet = 0
        async with asyncio.timeout(90):
            while quiet < 3:
                outbox: dict[str, int] = json.loads((await self.paperboy("stats", "--json"))[1])["outbox"]
                quiet = quiet + 1 if outbox["pending"] + outbox["sending"] == 0 else 0
                await asyncio.sleep(0.5)
        return outbox


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    telegram = Telegram(flood_control=False)
    scene = default_scene(telegram)
    async with Server(telegram) as server:
        (tmp_path / "config.toml").write_text(
            f'[telegram]\ntoken = "{scene.bot.token}"\napi_url = "{server.url}"\n'
            f"owners = [{scene.owen.id}]\n[delivery]\nmessages_per_second = 1000\n",
            encoding="utf-8",
        )
        yield Machine(tmp_path, telegram, scene, server)


async def subscribed_channels(machine: Machine, count: int) -> list[Chat]:
    """Channels of Chiara's whose cards she answered with Instant."""
    people, scene = machine.telegram.people, machine.scene
    people.start(scene.chiara, scene.bot)
    channels = [scene.channel] + [machine.telegram.add_channel(scene.chiara, f"Pier {n}") for n in range(1, count)]
    for channel in channels:
        people.add_bot(scene.chiara, channel.id, scene.bot)

    def cards() -> list[tuple[int, str]]:
        return [
            (message.id, button["callback_data"])
            for message in machine.telegram.messages(scene.chiara.id)
            for row in (message.reply_markup or {}).get("inline_keyboard", [])
            for button in row
            if button["text"].endswith("Instant")
        ]

    await machine.until(lambda: len(cards()) == count)
    for message_id, data in cards():
        answer = await people.tap(scene.chiara, scene.chiara.id, message_id, data)
        assert answer.answered
    async with asyncio.timeout(20):
        while json.loads((await machine.paperboy("stats", "--json"))[1])["subscriptions"] != {"instant": count}:
            await asyncio.sleep(0.05)
    return channels


async def stop(process: Process) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, err.decode()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("lines", ["", ONE_BY_ONE], ids=["as digests", "one by one"])
async def test_a_kill_in_the_middle_repeats_nothing_and_leaves_at_most_one_uncertain_a_channel(
    machine: Machine, lines: str
) -> None:
    machine.configure(lines)
    bot = await machine.run_bot()
    channels = await subscribed_channels(machine, 3)
    code, out, err = await machine.paperboy("import", str(machine.write_articles(ARTICLES)), "--announce")
    assert (code, err) == (0, "")
    assert f"added {ARTICLES}" in out
    await machine.until(lambda: sum(len(machine.stories(channel)) for channel in channels) >= ARTICLES)
    bot.kill()
    await bot.wait()
    assert any(len(machine.stories(channel)) < ARTICLES for channel in channels), "killed too late to show anything"

    bot = await machine.run_bot()
    outbox = await machine.outbox_when_idle()
    code, log = await stop(bot)
    assert code == 0, log

    assert outbox["uncertain"] <= 3
    incomplete = 0
    for channel in channels:
        stories = machine.stories(channel)
        assert stories == sorted(set(stories)), "each once, in order"
        assert ARTICLES - len(stories) <= (1 if lines else ITEMS_LIMIT), "what one message holds"
        incomplete += len(stories) < ARTICLES
    assert incomplete <= outbox["uncertain"]
    assert outbox["merged"] == 0 if lines else outbox["merged"] >= 3 * (ARTICLES - 6)


async def test_two_hundred_articles_reach_three_channels_within_telegrams_limits_each_once_in_order(
    machine: Machine,
) -> None:
    bot = await machine.run_bot()
    channels = await subscribed_channels(machine, 3)
    machine.telegram.flood.enabled = True
    before = len(machine.telegram.calls)
    await machine.paperboy("import", str(machine.write_articles(ARTICLES)), "--announce")
    everything = list(range(ARTICLES))
    await machine.until(lambda: all(machine.stories(channel) == everything for channel in channels), seconds=45)
    code, log = await stop(bot)
    assert code == 0, log
    answers = [call.answer for call in machine.telegram.calls[before:] if call.method == "sendMessage"]
    assert all(answer is not None and answer["ok"] for answer in answers), "nobody was told to wait"
    assert len(answers) <= 3 * 20


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seconds", [2, 30], ids=["in time", "never"])
async def test_sigterm_waits_for_answers_claims_nothing_more_and_repeats_nothing(
    machine: Machine, seconds: float
) -> None:
    machine.configure(ONE_BY_ONE)
    bot = await machine.run_bot()
    channels = await subscribed_channels(machine, 3)
    slow = machine.telegram.faults.add(FaultKind.SLOW_ANSWER, method="sendMessage", delay=seconds)
    await machine.paperboy("import", str(machine.write_articles(10)), "--announce")
    await machine.until(lambda: all(machine.stories(channel) for channel in channels))
    if seconds == 2:  # somebody who is being answered meanwhile keeps nothing claiming
        rosa = machine.scene.rosa
        machine.telegram.people.send(rosa, rosa.id, "/help")
        await machine.until(lambda: len(machine.telegram.messages(rosa.id)) > 1)
    before = [machine.stories(channel) for channel in channels]
    started = asyncio.get_running_loop().time()
    code, log = await stop(bot)
    assert code == 0, log
    assert asyncio.get_running_loop().time() - started <= 10 + 5, "the read timeout and 5 s"
    assert [machine.stories(channel) for channel in channels] == before, "nothing was begun after the signal"
    outbox = json.loads((await machine.paperboy("stats", "--json"))[1])["outbox"]
    ended = "sent" if seconds == 2 else "uncertain"
    assert (outbox["sending"], outbox[ended]) == (0, sum(map(len, before)))

    machine.telegram.faults.remove(slow)
    bot = await machine.run_bot()
    await machine.until(lambda: all(len(machine.stories(channel)) >= 10 for channel in channels))
    await stop(bot)
    assert [machine.stories(channel) for channel in channels] == [list(range(10))] * 3


async def test_an_archive_is_stored_beside_a_running_bot_and_pushed_to_nobody(machine: Machine) -> None:
    bot = await machine.run_bot()
    [channel] = await subscribed_channels(machine, 1)
    path = machine.write_articles(20)
    code, out, _ = await machine.paperboy("import", str(path))
    assert code == 0
    assert "added 20" in out
    code, out, _ = await machine.paperboy("import", str(path))
    assert "added 0" in out
    assert "unchanged 20" in out
    machine.telegram.people.send(machine.scene.chiara, machine.scene.chiara.id, "/latest")
    await machine.until(lambda: "Story" in (machine.telegram.messages(machine.scene.chiara.id)[-1].text or ""))
    code, log = await stop(bot)
    assert code == 0, log
    assert machine.stories(channel) == []


async def test_a_dry_run_says_what_would_happen_and_makes_no_store(machine: Machine) -> None:
    code, out, _ = await machine.paperboy("import", "--dry-run", str(machine.write_articles(3)))
    stories = [f"would be added: Story {number:03}" for number in range(3)]
    assert (code, out.splitlines()) == (0, [*stories, "would be added 3, changed 0, unchanged 0, refused 0"])
    assert not (machine.folder / "paperboy.db").exists()


async def test_files_of_every_kind_go_in_and_come_out_again(machine: Machine) -> None:
    vault = machine.folder / "vault"
    vault.mkdir()
    (vault / "tides.md").write_text("---\ntags: [sea]\n---\n# Tides\n\nOut and in.", encoding="utf-8")
    (vault / "bad.md").write_text("---\ntitle: a: b\n---\nText", encoding="utf-8")
    (machine.folder / "feeds.opml").write_bytes(
        '<?xml version="1.0" encoding="utf-16"?><opml version="2.0"><body><outline text="Sea">'
        '<outline text="Приливы" xmlUrl="https://example.org/f"/></outline></body></opml>'.encode("utf-16")
    )
    (machine.folder / "table.csv").write_text("title,url\na,b\n", encoding="utf-8")
    code, out, err = await machine.paperboy("import", "vault", "table.csv", "feeds.opml")
    assert (code, out) == (1, "added 2, changed 0, unchanged 0, refused 1\n")
    assert [line.partition(";")[0] for line in err.splitlines()] == [
        "paperboy: refused: bad.md: line 2: its front matter is not YAML (mapping values are not allowed here",
        "paperboy: table.csv is a table (CSV), which is not taken",
    ]
    assert (await machine.paperboy("import", "vault", "feeds.opml"))[1].startswith("added 0, changed 0, unchanged 2,")
    assert (await machine.paperboy("export", "out.opml"))[1] == "1 feeds written to out.opml\n"
    assert (await machine.paperboy("export", "out.zip"))[1] == "1 articles written to out.zip\n"
    (machine.folder / "paperboy.db").unlink()
    code, out, err = await machine.paperboy("import", "out.opml", "out.zip")
    assert (code, out, err) == (0, "added 2, changed 0, unchanged 0, refused 0\n", "")


async def test_articles_are_imported_where_the_search_index_cannot_be_written(machine: Machine) -> None:
    (machine.folder / "paperboy.db.search").write_text("where the folder of the index should be", encoding="utf-8")
    code, out, err = await machine.paperboy("import", str(machine.write_articles(3)))
    assert (code, out) == (0, "added 3, changed 0, unchanged 0, refused 0\n")
    assert err.startswith("paperboy: the search index is not up to date; the bot brings it up when it runs: ")


async def test_what_is_imported_with_announce_arrives_without_a_restart(machine: Machine) -> None:
    bot = await machine.run_bot()
    [channel] = await subscribed_channels(machine, 1)
    await machine.paperboy("import", str(machine.write_articles(3)), "--announce")
    await machine.until(lambda: machine.stories(channel) == [0, 1, 2], seconds=10)
    await stop(bot)


async def test_a_second_bot_on_the_same_store_refuses_and_says_who_holds_it(machine: Machine) -> None:
    bot = await machine.run_bot()
    code, _, err = await machine.paperboy("run")
    assert code == 1
    assert str(bot.pid) in err
    assert err.count("\n") == 1
    code, out, _ = await machine.paperboy("health")
    assert (code, out) == (0, "healthy\n")
    await stop(bot)


async def test_a_store_is_backed_up_beside_its_bot_and_restored_without_it_and_then_waits(machine: Machine) -> None:
    bot = await machine.run_bot()
    [channel] = await subscribed_channels(machine, 1)
    await machine.paperboy("import", str(machine.write_articles(3)), "--announce")
    await machine.until(lambda: machine.stories(channel) == [0, 1, 2], seconds=10)
    code, out, err = await machine.paperboy("backup", "safe.db")
    assert (code, err) == (0, "")
    assert "safe.db is written and verified" in out
    assert "article 3, chat 2" in out
    code, _, err = await machine.paperboy("backup", "safe.db")
    assert (code, err.count("\n")) == (1, 1)
    assert "is there already" in err
    code, _, err = await machine.paperboy("restore", "safe.db")
    assert (code, err.count("\n")) == (1, 1)
    assert f"process {bot.pid} " in err
    await stop(bot)

    code, out, err = await machine.paperboy("restore", "safe.db")
    assert (code, err) == (0, "")
    assert "paperboy.db.before-restore-" in out
    assert "paperboy resume" in out
    bot = await machine.run_bot()
    path = machine.write_articles(4)
    await machine.paperboy("import", str(path), "--announce")
    await asyncio.sleep(2.5)  # longer than a running bot needs to notice
    assert machine.stories(channel) == [0, 1, 2]
    code, out, _ = await machine.paperboy("health")
    assert (code, out) == (0, "healthy; restored, and sends nothing until an owner confirms: paperboy resume\n")
    code, out, _ = await machine.paperboy("resume")
    assert (code, out) == (0, "The bot sends again: messages that were due 0, articles to be announced 1.\n")
    await machine.until(lambda: machine.stories(channel) == [0, 1, 2, 3], seconds=10)
    code, out, _ = await machine.paperboy("resume")
    assert (code, out) == (0, "Nothing is held back: the bot sends.\n")
    await stop(bot)


async def test_updates_taken_before_a_kill_are_handled_after_it(machine: Machine) -> None:
    bot = await machine.run_bot()
    rosa = machine.scene.rosa
    for _ in range(50):
        machine.telegram.people.send(rosa, rosa.id, "/help")
    await machine.until(lambda: len(machine.telegram.messages(rosa.id)) > 55)
    bot.kill()
    await bot.wait()
    bot = await machine.run_bot()

    def answers() -> int:
        return sum(message.from_ is machine.scene.bot for message in machine.telegram.messages(rosa.id))

    await machine.until(lambda: answers() >= 50)
    await stop(bot)
    assert answers() <= 52  # the one under way at the kill, and one whose mark was still on its way to the disk


async def test_a_wrong_token_ends_the_bot_with_one_line_that_does_not_hold_it(machine: Machine) -> None:
    token = "123456789:" + "x" * 35
    path = machine.folder / "config.toml"
    path.write_text(path.read_text().replace(machine.scene.bot.token, token))
    code, out, err = await machine.paperboy("run")
    assert code == 1
    assert "telegram.token" in err
    assert token not in out + err


async def test_a_preview_is_a_line_for_each_and_goes_on_after_what_cannot_be_read(machine: Machine) -> None:
    (machine.folder / "feed.xml").write_bytes(rss(item(1, title="Tea\u2028time")))
    (machine.folder / "junk").write_bytes(bytes(range(256)) * 20)
    (machine.folder / "empty").write_bytes(b"")
    targets = ("missing", ".", "junk", "empty", "/proc/self/mem", "https://[", "https://10.0.0.1/", "feed.xml")
    code, out, err = await machine.paperboy("preview", *targets, "--json")
    *refused, read = [json.loads(line) for line in out.splitlines()]
    assert (code, err, len(refused)) == (1, "", 7)
    assert [list(record) for record in refused] == [["error"]] * 7
    assert all(target in record["error"] for target, record in zip(targets[:5], refused, strict=False))
    assert list(read) == ["feed", "entries"]
    assert set(read["feed"]) == {
        *("title", "link", "id", "author", "updated", "published", "summary", "language"),
    }
    assert set(read["entries"][0]) == {
        *("title", "link", "id", "author", "published", "updated", "summary", "content"),
    }
    assert await machine.paperboy("preview", "feed.xml", "--json") == (0, out.splitlines()[-1] + "\n", "")


async def test_what_a_bot_is_made_of_is_not_looked_through_for_garbage_again_and_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(machine.folder)
    before = gc.get_freeze_count()
    running = asyncio.create_task(app.run(config.load(machine.folder / "config.toml"), say=print))
    try:
        await machine.until(lambda: running.done() or gc.get_freeze_count() > before + 50_000)
        assert not running.done()
        os.kill(os.getpid(), signal.SIGTERM)
        await running
    finally:
        gc.unfreeze()


async def test_the_list_api_and_search_json_give_the_same_and_sigterm_ends_both_soon(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    machine.configure(f'[web]\nlisten = "127.0.0.1:{port}"')
    assert f"web.listen: 127.0.0.1:{port} is free" in (await machine.paperboy("check"))[1]
    bot = await machine.run_bot()
    await machine.paperboy("import", str(machine.write_articles(30)))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as site:
        path = '/api/search?q=story "text" -017&limit=10'
        async with asyncio.timeout(30):
            while (answer := (await site.get(path)).json())["total"] < 29:
                await asyncio.sleep(0.05)
        code, out, err = await machine.paperboy("search", "--json", "--limit", "10", "--", 'story "text" -017')
        assert (code, json.loads(out), err) == (0, answer, "")
        code, out, err = await machine.paperboy("search", "--json", "--limit=10", "story", '"text"', "-017")
        assert (code, json.loads(out), err) == (0, answer, "")
        assert len(answer["articles"]) == 10
        begun = asyncio.get_running_loop().time()
        code, log = await stop(bot)
        assert code == 0, log
        assert asyncio.get_running_loop().time() - begun < 5
    assert f"listening: http://127.0.0.1:{port}" in log
    assert "-017" not in log
    assert "ERROR" not in log
