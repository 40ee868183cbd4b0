"""The screens of a subscription's quiet hours and limits, and of a chat's ledger, in every state."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.model import (
    Chat,
    DeliveryKind,
    DeliveryState,
    Effect,
    LedgerEntry,
    Mode,
    Restraint,
    Subscription,
    Topic,
    Unedited,
    Wait,
)
from bot.render import ledger, report, restraint
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def restraints(
    chat: Chat, one: Subscription, words: Words, menu: Menu, now: datetime
) -> Iterator[tuple[str, Outgoing]]:
    limits = [Restraint(), Restraint(time(22), time(7), 1, 15), Restraint(time(0), time(5), 20, 240)]
    for i, each in enumerate(limits):
        held = replace(one, restraint=each)
        for until in (None, now + timedelta(hours=i)):
            yield f"restraint {i} {until}", restraint.restraint(chat, held, words, menu, now=now, held_until=until)
            digest = replace(held, mode=Mode.DIGEST)
            yield f"limits {i} {until}", restraint.restraint(chat, digest, words, menu, now=now, held_until=until)
    yield "quiet from", restraint.ask_begin(chat, one, words, menu)
    yield "quiet until", restraint.ask_end(chat, one, 22, words, menu)


def ledgers(chat: Chat, words: Words, menu: Menu, now: datetime) -> Iterator[tuple[str, Outgoing]]:
    sent = LedgerEntry(7, chat.id, 0, DeliveryKind.POST, DeliveryState.SENT, None, None, "", "Чай", None, now, (5, 6))
    entries = [replace(sent, state=state) for state in DeliveryState]
    entries += [replace(sent, state=DeliveryState.PENDING, wait=wait, error="429") for wait in Wait]
    entries += [
        replace(sent, state=DeliveryState.CANCELLED, error=reason)
        for reason in ("withdrawn", "unsubscribed", "missed", "dropped")
    ]
    edit = replace(sent, kind=DeliveryKind.EDIT)
    entries += [replace(edit, effect=effect) for effect in Effect]
    entries += [replace(edit, effect=Effect.IMPOSSIBLE, error=reason) for reason in Unedited]
    entries += [replace(edit, state=state) for state in (DeliveryState.PENDING, DeliveryState.CANCELLED)]
    entries += [
        replace(sent, is_gone=True, message_ids=()),
        replace(sent, title="", digest_date=date(2026, 3, 2)),
        replace(sent, title="Ж" * 300, error="Щ" * 900, state=DeliveryState.REFUSED),
        replace(sent, title=""),
    ]
    for i, one in enumerate(entries):
        times = None if i % 4 == 3 else i % 4
        yield f"ledger entry {i}", ledger.entry(chat, one, words, menu, now=now, times_again=times)
        page = [replace(one, id=n) for n in range(1, 9)]
        yield f"ledger {i}", ledger.ledger(chat, page, words, menu, now=now, has_next=bool(i % 2), before=i)
    for wanted in (True, False):
        yield f"ledger {wanted}", ledger.ledger(chat, [], words, menu, now=now, is_reported=wanted)
        yield f"report {wanted}", report.decided(chat, words, menu, wanted=wanted)
    figures = {"first": "2026-03-02", "timezone": "Europe/Berlin", "reactions": 1}
    few = {**figures, "posts": [0, 0, 1, 0, 0, 0, 0], "reads": [0] * 7, "best_hour": None}
    many = {**figures, "posts": [3, 1, 9, 4, 2, 0, 0], "reads": [400, 3, 2, 1, 0, 900, 899], "best_hour": 23}
    yield "report of little", report.weekly(chat, few, words, menu)
    yield "report of much", report.weekly(chat, many, words, menu)
    topics: dict[int, Topic | None] = {8: Topic(17, "")}
    yield "ledger by topic", ledger.ledger(chat, [replace(sent, id=8)], words, menu, now=now, topics=topics)
    yield "empty ledger", ledger.ledger(chat, [], words, menu, now=now)
    yield "end of the ledger", ledger.ledger(chat, [], words, menu, now=now, before=2)
    yield "again?", ledger.ask_again(chat, sent, words, menu, before=3, number=2)
    note = restraint.waits(now + timedelta(hours=8), now, words)
    yield "again, later?", ledger.ask_again(chat, sent, words, menu, before=3, number=2, note=note)
    yield "gone", ledger.gone(chat, words, menu)
