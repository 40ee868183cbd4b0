"""The weekly report of a chat to who looks after it: what was posted there in a week, and how it was read."""

import logging
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bot import localtime
from bot.clock import from_ms, to_ms
from bot.model import ChatState, NoticeKind
from bot.store import admins, chats, notices
from bot.store.db import Database, Store, Transaction

log = logging.getLogger(__name__)

AT = time(9)  # on Mondays
DAYS = 7
CHUNK = 100
_DUE = """SELECT id FROM chat
    WHERE kind <> 'private' AND weekly_report = 1
        AND coalesce(reported_at, 0) < :monday
    LIMIT :limit"""

# What was posted in the week, and the articles that it showed.
_SHOWN = """WITH posted AS (
        SELECT d.article_id, d.digest_run_id, d.ended_at FROM delivery d
        WHERE d.state = 'sent' AND d.chat_id = :chat_id AND d.kind = 'post'
            AND d.ended_at >= :begin AND d.ended_at < :end),
    shown AS (
        SELECT article_id FROM posted WHERE article_id IS NOT NULL
        UNION
        SELECT i.article_id FROM posted JOIN digest_item i ON i.digest_run_id = posted.digest_run_id)"""
_QUARTER_MS = 900_000  # zones differ by no less


async def report_due(db: Database, zone: ZoneInfo) -> int:
    """How many chats' admins are told of the week that ended on the last Monday, once; not where nothing was posted.

    What was due while the bot was down is told when it is back.
    """
    monday = last_monday(db.now(), zone)
    told = 0
    while due := await db.read(_DUE, {"monday": to_ms(_nine(monday, zone)), "limit": CHUNK}):
        for row in due:
            told += await db.write(partial(_report, row["id"], monday, zone))
    return told


def last_monday(now: datetime, zone: ZoneInfo) -> date:
    """The last one whose nine o'clock has come."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    return monday if _nine(monday, zone) <= now else monday - timedelta(days=DAYS)


async def is_wanted(store: Store, chat_id: int) -> bool:
    """Whether a weekly report is sent."""
    row = await store.read_one("SELECT weekly_report FROM chat WHERE id = :id", {"id": chat_id})
    return row is not None and bool(row["weekly_report"])


async def want(store: Store, chat_id: int, wanted: bool) -> None:
    """From now on it is sent, or not; no week that has ended is told of later."""
    await store.execute(
        "UPDATE chat SET weekly_report = :wanted, reported_at = :now WHERE id = :id AND weekly_report <> :wanted",
        {"id": chat_id, "wanted": wanted, "now": to_ms(store.now())},
    )


async def _report(chat_id: int, monday: date, zone: ZoneInfo, tx: Transaction) -> bool:
    """Notes that this week is told of, and tells it, at once. A chat that is new begins with the week it is in."""
    row = await tx.read_one("SELECT reported_at FROM chat WHERE id = :id", {"id": chat_id})
    await tx.execute("UPDATE chat SET reported_at = :now WHERE id = :id", {"id": chat_id, "now": to_ms(tx.now())})
    if row is None or row["reported_at"] is None:
        return False
    figures = await week(tx, chat_id, monday - timedelta(days=DAYS), zone)
    if not any(figures["posts"]):
        return False
    chat = await chats.get(tx, chat_id)
    told = [person for person in await admins.looking_after(tx, chat) if await _is_reached(tx, person)]
    for person_id in told:
        await notices.add(tx, person_id, NoticeKind.WEEKLY_REPORT, notices.about(chat) | figures)
    return bool(told)


async def _is_reached(store: Store, person_id: int) -> bool:
    """Whether they can be written to: for who cannot, no pile of old weeks is kept."""
    person = await chats.find(store, person_id)
    return person is not None and person.started and person.state is ChatState.ACTIVE


async def week(store: Store, chat_id: int, first: date, zone: ZoneInfo) -> dict[str, Any]:
    """The data of its notice: of the seven local days from `first` on.

    Reads are those of the articles posted there that week, wherever they were opened.
    """
    begin, end = (localtime.moment(day, time(0), zone) for day in (first, first + timedelta(days=DAYS)))
    params = {"chat_id": chat_id, "begin": to_ms(begin), "end": to_ms(end), "quarter": _QUARTER_MS}
    posted = await store.read(f"{_SHOWN} SELECT ended_at FROM posted", params)
    posts = Counter(from_ms(row["ended_at"]).astimezone(zone).date() for row in posted)
    reads: Counter[date] = Counter()
    hours: Counter[int] = Counter()
    for row in await store.read(
        f"""{_SHOWN} SELECT r.read_at / :quarter * :quarter AS at, count(*) AS reads
            FROM shown CROSS JOIN read r  -- in this order: else all that was read that week is looked through
            WHERE r.article_id = shown.article_id AND r.read_at >= :begin AND r.read_at < :end
            GROUP BY 1""",
        params,
    ):
        local = from_ms(row["at"]).astimezone(zone)
        reads[local.date()] += row["reads"]
        hours[local.hour] += row["reads"]
    reactions = await store.read_one(
        f"""{_SHOWN} SELECT coalesce(sum(reactions), 0) AS reactions FROM reaction_count
            WHERE chat_id = :chat_id AND article_id IN (SELECT article_id FROM shown)""",
        params,
    )
    days = [first + timedelta(days=n) for n in range(DAYS)]
    return {
        "first": first.isoformat(),
        "timezone": zone.key,
        "posts": [posts[day] for day in days],
        "reads": [reads[day] for day in days],
        "reactions": 0 if reactions is None else int(reactions["reactions"]),
        "best_hour": max(hours, key=lambda hour: (hours[hour], -hour)) if hours else None,
    }


def _nine(monday: date, zone: ZoneInfo) -> datetime:
    return localtime.moment(monday, AT, zone)
