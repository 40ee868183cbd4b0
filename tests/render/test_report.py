"""Bars as high as their numbers."""

from hypothesis import given
from hypothesis import strategies as st

from bot.render.report import LEVELS, bars


def test_bars_show_nothing_the_highest_and_what_lies_between() -> None:
    assert bars([0, 1, 2, 3, 4, 5, 6, 7]) == LEVELS
    assert bars([0, 0, 0]) == "▁▁▁"
    assert bars([0, 1, 1000]) == "▁▂█"
    assert bars([]) == ""


@given(st.lists(st.integers(0, 10**9), max_size=40))
def test_a_higher_number_has_no_lower_bar(counts: list[int]) -> None:
    drawn = bars(counts)
    assert len(drawn) == len(counts)
    order = sorted(range(len(counts)), key=counts.__getitem__)
    assert sorted(drawn) == [drawn[i] for i in order]
