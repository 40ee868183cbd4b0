"""How often one person may search."""

from datetime import timedelta

from bot.handlers.turns import AT_ONCE, EVERY, SILENCE, Turn, Turns
from tests.clock import START


def test_haste_is_told_once_then_ignored_for_a_moment() -> None:
    turns = Turns()
    taken = [turns.take(1, START) for _ in range(100)]
    assert taken == [Turn.GO] * AT_ONCE + [Turn.TELL] + [Turn.IGNORE] * (99 - AT_ONCE)
    assert turns.take(1, START + SILENCE) is Turn.GO


def test_one_persons_haste_is_nobody_elses() -> None:
    turns = Turns()
    for _ in range(100):
        turns.take(1, START)
    assert turns.take(2, START) is Turn.GO


def test_who_searches_at_the_pace_allowed_is_always_answered() -> None:
    turns = Turns()
    assert {turns.take(1, START + number * EVERY) for number in range(1000)} == {Turn.GO}


def test_a_pause_makes_good_for_haste() -> None:
    turns = Turns()
    for _ in range(AT_ONCE):
        turns.take(1, START)
    rested = START + timedelta(minutes=1)
    assert [turns.take(1, rested) for _ in range(AT_ONCE)] == [Turn.GO] * AT_ONCE


def test_the_silence_is_not_made_longer_by_what_is_said_in_it() -> None:
    turns = Turns()
    for number in range(200):
        turns.take(1, START + number * timedelta(milliseconds=10))
    assert turns.take(1, START + SILENCE + timedelta(milliseconds=10 * AT_ONCE + 10)) is Turn.GO
