"""What the next message's id tells: never that a message is missing which is there, or may still come."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.evidence import HOPE, QUIET, NotDelivered, Open, Seen, ask_at, weigh
from bot.model import Doubt
from tests.clock import START

DOUBT = Doubt(delivery_id=1, chat_id=-1, after_id=100, closed_at=START)


def seen(message_id: int, seconds: float, *, answered: bool = True) -> Seen:
    return Seen(message_id, START + timedelta(seconds=seconds), answered)


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        (seen(101, 60), NotDelivered()),
        (seen(101, 60, answered=False), NotDelivered()),
        (seen(101, 59), Open(101)),  # ours, but the doubtful one may still come
        (seen(101, 59, answered=False), Open(None)),  # it may be the doubtful one
        (seen(102, 3600), Open(None)),  # what is 101?
        (seen(100, 3600), Open(100)),  # known before
        (seen(7, 3600), Open(100)),
    ],
)
def test_only_the_very_next_id_of_a_later_message_is_proof(message: Seen, verdict: Open | NotDelivered) -> None:
    assert weigh(DOUBT, message) == verdict


def test_what_tells_nothing_any_more_tells_nothing_for_good() -> None:
    assert weigh(replace(DOUBT, after_id=None), seen(101, 3600)) == Open(None)


def test_somebody_is_asked_after_a_minute_where_ids_tell_nothing_and_after_ten_where_they_may() -> None:
    assert ask_at(replace(DOUBT, after_id=None)) == START + QUIET
    assert ask_at(DOUBT) == START + HOPE


@dataclass
class Channel:
    """What really stands in a channel, and when each message got there."""

    ids: dict[int, float]

    def post(self, at: float) -> int:
        number = max(self.ids) + 1
        self.ids[number] = at
        return number


events = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 30.0, 59.0, 61.0]),  # seconds since the one before
        st.sampled_from(["bot", "person", "unseen person"]),
        st.integers(0, 3),  # by how many others an update is overtaken
    ),
    max_size=8,
)


@settings(max_examples=500)
@given(events, st.none() | st.sampled_from([0.0, 0.5, 30.0, 59.9]), st.booleans())
def test_a_message_that_arrived_is_never_proved_missing(
    rest: list[tuple[float, str, int]], arrives: float | None, is_told: bool
) -> None:
    """`arrives`: seconds after its connection was closed; `is_told`: it comes as an update, as if somebody wrote it."""
    channel, told, now = Channel({100: -1.0}), list[tuple[float, Seen]](), 0.0
    arrived = False

    def arrive(until: float) -> None:
        nonlocal arrived
        if arrives is not None and not arrived and arrives <= until:
            arrived = True
            number = channel.post(arrives)
            if is_told:
                told.append((len(told), seen(number, arrives, answered=False)))

    for pause, who, late in rest:
        now += pause
        arrive(now)
        number = channel.post(now)
        if who != "unseen person":
            told.append((len(told) + (late if who == "person" else 0), seen(number, now, answered=who == "bot")))
    arrive(now + 60)
    doubt = DOUBT
    for _, message in sorted(told, key=lambda each: each[0]):
        match weigh(doubt, message):
            case NotDelivered():
                assert arrives is None
                return
            case Open(after_id):
                doubt = replace(doubt, after_id=after_id)
