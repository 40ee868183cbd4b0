"""The command line: `paperboy …`. Exit codes: 0 done, 1 refused or failed (one line on stderr says what), 2 usage."""

import argparse
import asyncio
import dataclasses
import json
import logging
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import app, config, log
from bot.clock import utcnow
from bot.config import Config
from bot.errors import ConfigError, PaperboyError, RefusedFile, SearchFailed, StoreError

STALE = timedelta(seconds=60)  # a heartbeat older than this is no sign of life


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = _parser().parse_args(_with_words(sys.argv[1:] if argv is None else argv))
    try:
        code: int = asyncio.run(arguments.run(arguments))
        return code
    except ConfigError as error:
        for problem in error.problems:
            print(f"paperboy: {problem}", file=sys.stderr)
        return 1
    except (PaperboyError, OSError) as error:
        print(f"paperboy: {log.redact(' '.join(str(error).split()))}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(
            f"paperboy: the store does not work: {error}; is the disk full, or another command busy?", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        return 130


async def _demo(arguments: argparse.Namespace) -> int:
    from bot.demo import story  # the sandbox is an extra; only the demo needs it

    log.set_up("WARNING")
    await story.play(arguments.port)
    return 0


async def _sandbox(arguments: argparse.Namespace) -> int:
    from bot.sandbox import scene, server, world

    log.set_up("WARNING")
    telegram = world.Telegram(flood_control=not arguments.no_flood_control, journal=arguments.journal)
    shown = scene.default_scene(telegram)
    async with server.Server(telegram, port=arguments.port) as running:
        print(f"A Telegram in memory. Web chat: {running.url}/   Bot API: {running.url}   token: {shown.bot.token}")
        await app.until_signal()
    return 0


async def _run(arguments: argparse.Namespace) -> int:
    log.set_up()
    await app.run(config.load(arguments.config), say=print)
    return 0


async def _init(arguments: argparse.Namespace) -> int:
    path: Path = arguments.config
    if path.exists():
        raise PaperboyError(
            f"{path} is there already and is left as it is; edit it, or name another: init --config FILE"
        )
    print(f"This writes {path}. Enter takes what stands in brackets.")
    token = _ask("Token of the bot, from @BotFather [later]: ")
    owner = _ask("Your Telegram user id, if you know it [a link will be printed instead]: ")
    zone = _ask("Time zone, such as Europe/Berlin [UTC]: ") or "UTC"
    values: dict[str, object] = {"telegram__token": token, "articles__timezone": zone}
    if owner:
        values["telegram__owners"] = [int(owner) if owner.isdecimal() else owner]
    text = config.example(**values)
    config.load_text(text, path)  # raises what is wrong before anything is written
    with path.open("x", encoding="utf-8") as file:
        path.chmod(0o600)  # it holds the token
        file.write(text)
    print(f"{path} is written. Next: paperboy check, then paperboy run.")
    return 0


def _ask(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        print()
        return ""


async def _check(arguments: argparse.Namespace) -> int:
    loaded = config.load(arguments.config)
    problems, notes = await app.check(loaded, offline=arguments.offline)
    for note in notes:
        print(note)
    if problems:
        raise ConfigError(problems)
    print("All is well.")
    return 0


async def _import(arguments: argparse.Namespace) -> int:
    """Exit 1 when a file could not be read at all; a refused item is reported and stops nothing."""
    from tqdm import tqdm

    from bot.intake import imports, reading
    from bot.intake.address import Rules
    from bot.model import Source, SourceKind

    tally, failed, is_trial = imports.Tally(), False, arguments.dry_run
    async with _store(arguments, is_trial=is_trial) as (loaded, db):
        judge = Rules(loaded.intake.allow_private_networks, by_proxy=bool(loaded.intake.proxy)).judge
        with reading.Reader() as reader, tqdm(unit=" items", disable=None, leave=False) as progress:
            for path in arguments.files:
                progress.set_description(path.name)
                source, items = Source(SourceKind.FILE, path.name), reader.read(path, arguments.format)
                try:
                    async for outcome in imports.take(
                        db, items, source, announce=arguments.announce, judge=judge, is_trial=is_trial
                    ):
                        progress.update()
                        word = tally.count(outcome)
                        if outcome.change is None:
                            progress.write(f"paperboy: refused: {' '.join(outcome.reason.split())}", file=sys.stderr)
                        elif is_trial:
                            progress.write(f"would be {word}: {' '.join(outcome.title.split())}", file=sys.stdout)
                except RefusedFile as error:
                    progress.write(f"paperboy: {error}", file=sys.stderr)
                    failed = True
        if not is_trial:
            await _follow(loaded, db)
    counts = {name: getattr(tally, name) for name in ("added", "changed", "unchanged", "refused")}
    would = "would be " if is_trial else ""
    print(would + ", ".join(f"{name} {count}" for name, count in counts.items()))
    return 1 if failed else 0


async def _export(arguments: argparse.Namespace) -> int:
    from bot.intake import export

    chosen = arguments.format or export.format_for(arguments.file)
    async with _store(arguments, read_only=True) as (_, db):
        count = await export.export(db, arguments.file, chosen)
    print(f"{count} {'feeds' if chosen == 'opml' else 'articles'} written to {arguments.file}")
    return 0


async def _preview(arguments: argparse.Namespace) -> int:
    from bot.intake.parsing import Parsers
    from bot.intake.preview import preview

    loaded = config.load(arguments.config)
    failed = False
    async with AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(app.fetcher(loaded.intake))
        parsers = await stack.enter_async_context(Parsers())
        for target in arguments.targets:
            try:
                record = await preview(target, fetcher, parsers)
            except PaperboyError as error:
                failed = True
                record = {"error": " ".join(str(error).split())}
            except OSError as error:
                failed = True
                record = {"error": f"{target} cannot be read: {error.strerror or type(error).__name__}"}
            except Exception as error:  # one target stops no other
                logging.getLogger(__name__).exception("preview failed: target=%r", target)
                failed = True
                record = {"error": f"{target} cannot be read: {type(error).__name__}"}
            print(json.dumps(record, ensure_ascii=arguments.json, indent=None if arguments.json else 2), flush=True)
    return 1 if failed else 0


async def _search(arguments: argparse.Namespace) -> int:
    from bot.query import parse
    from bot.web import objects

    query = " ".join(map(str.strip, arguments.words))
    if wrong := parse(query).wrong:
        raise PaperboyError(f"{wrong[0]!r} is not a date; write a year, a month or a day: since:2026, until:2026-01-31")
    async with _store(arguments, read_only=True) as (loaded, db), _searching(loaded, db) as search:
        await search.catch_up(_progress("index"))
        found = await search.find(query, size=arguments.limit)
    if arguments.json:
        print(json.dumps(objects.found(found), ensure_ascii=False))
        return 0
    for teaser in found.teasers:
        print(f"{teaser.id:>6}  {teaser.published_at:%Y-%m-%d}  {teaser.title}  {teaser.url or ''}".rstrip())
    if not found.teasers:
        print(f"Nothing found for {query!r}.")
    if found.meant is not None:
        print(f"Did you mean {found.meant!r}?")
    if found.is_partial:
        print("Not every article can be found yet: the search index is being made anew.")
    return 0


async def _reindex(arguments: argparse.Namespace) -> int:
    """Also beside a running bot, which does it then."""
    async with _store(arguments) as (loaded, db), _searching(loaded, db) as search:
        articles = await search.reindex(_progress("index"))
    print(f"The search index is made anew: {articles} articles.")
    return 0


async def _follow(loaded: Config, db: Any) -> None:  # noqa: ANN401
    """The search index brought up to the store; a running bot does it itself."""
    try:
        async with _searching(loaded, db) as search:
            await search.catch_up(_progress("index"))
    except SearchFailed as error:
        print(
            f"paperboy: the search index is not up to date; the bot brings it up when it runs: {error}", file=sys.stderr
        )


@asynccontextmanager
async def _searching(loaded: Config, db: Any) -> Any:  # noqa: ANN401 (an async generator)
    from bot.store.search import Search

    search = Search(db, default_language=loaded.articles.language)
    try:
        yield search
    finally:
        await search.close()


def _progress(about: str) -> Callable[[int, int], None]:
    """A progress bar that is told (done, expected); none where nobody watches, nor for what is done at once."""
    from tqdm import tqdm

    bar = tqdm(desc=about, unit=" changes", disable=None, leave=False, delay=1)

    def progress(done: int, expected: int) -> None:
        bar.total = expected
        bar.update(done - bar.n)
        if done >= expected:
            bar.close()

    return progress


async def _stats(arguments: argparse.Namespace) -> int:
    from bot.store import stats

    async with _store(arguments, read_only=True) as (_, db):
        figures = dataclasses.asdict(await stats.stats(db))
    if arguments.json:
        print(json.dumps(figures, ensure_ascii=False))
        return 0
    for name, value in figures.items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        print(f"{name.replace('_', ' ')}: {shown or 'none'}")
    return 0


async def _backup(arguments: argparse.Namespace) -> int:
    from bot.store import backup

    path = config.load(arguments.config).store.path
    if not path.exists():
        raise _no_store(path)
    with _bytes("copying") as progress:
        made = await backup.write(path, arguments.file, now=utcnow(), progress=progress)
    rows = ", ".join(f"{table} {count}" for table, count in made.rows.items())
    print(f"{made.path} is written and verified: {made.size_bytes / 1e6:.1f} MB; rows: {rows}")
    return 0


async def _restore(arguments: argparse.Namespace) -> int:
    from bot.store import backup
    from bot.store.lock import StoreLock

    path = config.load(arguments.config).store.path
    with StoreLock.hold(path), _bytes("copying") as progress:
        done = await backup.restore(arguments.file, path, now=utcnow(), progress=progress)
    made_at = done.restored.made_at
    print(f"{path} is restored from {arguments.file}" + (f", made at {_instant(made_at)}." if made_at else "."))
    if done.kept is not None:
        print(f"What was there before is kept: {done.kept}")
    print(
        "It does not know what was sent since. Nothing is sent until an owner confirms: the bot asks the owners in "
        "Telegram when it runs; or use `paperboy resume`."
    )
    return 0


async def _resume(arguments: argparse.Namespace) -> int:
    from bot.store import restored

    async with _store(arguments) as (_, db):
        done = await restored.resume(db, drop=arguments.drop)
    if done is None:
        print("Nothing is held back: the bot sends.")
        return 0
    what = f"messages that were due {done.pushes}, articles to be announced {done.articles}"
    print(f"Dropped: {what}. The bot sends again." if arguments.drop else f"The bot sends again: {what}.")
    return 0


@contextmanager
def _bytes(about: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over bytes, told (done, expected); none where nobody watches."""
    from tqdm import tqdm

    with tqdm(desc=about, unit="B", unit_scale=True, disable=None, leave=False) as bar:

        def progress(done: int, expected: int) -> None:
            bar.total = expected
            bar.update(done - bar.n)

        yield progress


async def _migrate(arguments: argparse.Namespace) -> int:
    async with _store(arguments) as (loaded, _):
        print(f"{loaded.store.path} is up to date.")
    return 0


async def _health(arguments: argparse.Namespace) -> int:
    from bot.store import lock, restored, settings

    async with _store(arguments, read_only=True) as (loaded, db):
        beat, is_held = await settings.heartbeat_at(db), await restored.find(db) is not None
    holder = lock.who(loaded.store.path)
    if beat is None:
        raise PaperboyError("no bot has run on this store yet")
    age = utcnow() - beat
    if age > STALE and holder is not None:
        raise PaperboyError(
            f"{holder} holds the store, but has not been able to use it for {age.total_seconds():.0f} s: "
            "its log says why; perhaps the disk is full"
        )
    if age > STALE:
        raise PaperboyError(f"the bot gave its last sign of life {age.total_seconds():.0f} s ago, at {_instant(beat)}")
    print("healthy; restored, and sends nothing until an owner confirms: paperboy resume" if is_held else "healthy")
    return 0


@asynccontextmanager
async def _store(arguments: argparse.Namespace, *, read_only: bool = False, is_trial: bool = False) -> Any:  # noqa: ANN401 (an async generator)
    """The configuration and its store, also beside a running bot."""
    from bot.store.db import Database

    loaded: Config = config.load(arguments.config)
    if read_only and not loaded.store.path.exists():
        raise _no_store(loaded.store.path)
    with tempfile.TemporaryDirectory() as nowhere:  # a trial makes no store: without one it tries an empty one
        is_new = is_trial and not loaded.store.path.exists()
        path = Path(nowhere) / "trial.db" if is_new else loaded.store.path
        db = await Database.open(path, read_only=read_only)
        try:
            yield loaded, db
        finally:
            await db.close()


def _no_store(path: Path) -> StoreError:
    return StoreError(f"{path}: no such store yet; `paperboy run` or `paperboy import` makes it")


def _instant(moment: Any) -> str:  # noqa: ANN401
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[no-any-return]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="paperboy", description="A self-hosted Telegram bot that distributes articles."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], Awaitable[int]], about: str, *, has_config: bool = True
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        if has_config:
            added.add_argument("--config", type=Path, default=Path("config.toml"), metavar="FILE")
        return added

    demo = command("demo", _demo, "try it in a browser: no token, no set-up, nothing kept", has_config=False)
    demo.add_argument("--port", type=_port, default=8080)
    command("run", _run, "the bot")
    command("init", _init, "write config.toml, asking for what it needs")
    command("check", _check, "report everything that is wrong with configuration, token and store").add_argument(
        "--offline", action="store_true", help="do not ask Telegram"
    )
    take = command("import", _import, "articles and lists of feeds from files; pushed to nobody without --announce")
    take.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file, a zip, or a folder of such files")
    formats = ["auto", "jsonl", "feed", "wxr", "opml", "markdown", "html", "text"]
    take.add_argument("--format", choices=formats, default="auto")
    take.add_argument("--announce", action="store_true", help="push new articles to subscribers")
    take.add_argument("--dry-run", action="store_true", help="only say what would happen")
    give = command("export", _export, "every article, or with opml every feed, into a file that import takes")
    give.add_argument("file", type=Path, metavar="FILE")
    give.add_argument("--format", choices=["jsonl", "opml", "markdown"], help="else as the name of the file says")
    look = command("preview", _preview, "how a feed or page would be read; stores nothing")
    look.add_argument("targets", nargs="+", metavar="URL|FILE")
    look.add_argument("--json", action="store_true")
    find = command("search", _search, "the same engine as /search")
    find.add_argument("words", nargs="+", metavar="WORDS")
    find.add_argument("--limit", type=_positive, default=10)
    find.add_argument("--json", action="store_true")
    command("reindex", _reindex, "make the search index anew, also while the bot runs")
    command("stats", _stats, "counts, feed health and the outbox").add_argument("--json", action="store_true")
    command("backup", _backup, "a verified copy of the store, also while the bot runs").add_argument(
        "file", type=Path, metavar="FILE"
    )
    command(
        "restore", _restore, "a backup in the store's place; it sends nothing until an owner confirms"
    ).add_argument("file", type=Path, metavar="FILE")
    command("resume", _resume, "let a restored store send").add_argument(
        "--drop", action="store_true", help="drop what was due; only what comes from now on is sent"
    )
    command("migrate", _migrate, "bring the store to this version's schema")
    command("health", _health, "exit 0 when the running bot gave a sign of life within a minute")
    sandbox = command("sandbox", _sandbox, "only the Telegram in memory, for other bots and tests", has_config=False)
    sandbox.add_argument("--port", type=_port, default=8081)
    sandbox.add_argument("--no-flood-control", action="store_true")
    sandbox.add_argument(
        "--journal", type=Path, metavar="FILE", help="write each accepted message there, before the answer"
    )
    return parser


def _with_words(given: Sequence[str]) -> list[str]:
    """The arguments, where those of a search that are to be excluded (-word) are words, and no options."""
    if not given or given[0] != "search":
        return list(given)
    return [f" {each}" if each[:1] == "-" and each[1:2] not in ("-", "") and each != "-h" else each for each in given]


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; expected a number up to 65535, 0 for any free one")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000")
    return int(text)
