"""Feeds take turns: each once at a time, few of one host, and no host waits for another."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.address import host_of
from bot.intake.turns import Turns

_steps = st.lists(st.one_of(st.tuples(st.just("offer"), st.integers(0, 11)), st.tuples(st.just("take"), st.just(0)),
                            st.tuples(st.just("end"), st.integers(0, 11))), max_size=80)  # fmt: skip


def url(feed_id: int) -> str:
    return f"https://host{feed_id % 3}.example/{feed_id}"


@given(_steps)
def test_each_feed_is_under_way_once_and_two_of_a_host_at_most(steps: list[tuple[str, int]]) -> None:
    turns, waiting, under_way = Turns(2), set[int](), set[int]()
    for step, number in steps:
        match step:
            case "offer":
                turns.offer([(number, url(number))])
                if number not in under_way:
                    waiting.add(number)
            case "take":
                busy = Counter(url(feed_id).split("/")[2] for feed_id in under_way)
                free = {feed_id for feed_id in waiting if busy[url(feed_id).split("/")[2]] < 2}
                taken = turns.take()
                assert taken in free if free else taken is None
                if taken is not None:
                    waiting.remove(taken)
                    under_way.add(taken)
            case "end" if number in under_way:
                turns.end(number)
                under_way.remove(number)


def test_hosts_take_turns_and_a_hosts_feeds_come_in_order() -> None:
    turns = Turns(2)
    turns.offer([(number, "https://big.example/") for number in range(4)] + [(9, "https://small.example/")])
    assert [turns.take() for _ in range(4)] == [0, 9, 1, None]
    turns.end(9)
    assert turns.take() is None
    turns.end(0)
    assert [turns.take() for _ in range(2)] == [2, None]


def test_a_host_is_known_however_it_is_written() -> None:
    assert host_of("https://Example.ORG:8443/feed") == host_of("http://example.org/") == "example.org"
    assert host_of("https://[::1") == "https://[::1"
