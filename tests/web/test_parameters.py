"""What stands in a query string is understood, or refused with a sentence that says what it may be."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import to_text
from bot.model import Period
from bot.web import parameters
from bot.web.parameters import WrongParameter


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("42", 42),
        ("2026-11-24T09:00:00Z", (datetime(2026, 11, 24, 9, tzinfo=UTC), 0)),
        ("2026-11-24T09:00:00.250Z,42", (datetime(2026, 11, 24, 9, 0, 0, 250_000, tzinfo=UTC), 42)),
        ("2026-11-24T09:00:00 01:00", (datetime(2026, 11, 24, 9, tzinfo=timezone(timedelta(hours=1))), 0)),
        ("2026-11-24", (datetime(2026, 11, 24, tzinfo=UTC), 0)),
    ],
)
def test_a_place_is_a_moment_perhaps_with_an_id_or_an_id(text: str, found: object) -> None:
    assert parameters.place({"before": text}) == found


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-11-24T09:00:00Z,", "2026-11-24,x", ",3", "-1", "2026-02-30", "9" * 19]
)
def test_another_place_is_named_with_what_it_may_be(text: str) -> None:
    with pytest.raises(WrongParameter, match=r"before: found '.+', expected what an answer gave as `next`, a time"):
        parameters.place({"before": text})


@pytest.mark.parametrize("text", ["0", "101", "-1", "1.5", "ten", "١٠", " 5", "1e2", "9" * 5000])
def test_a_number_out_of_bounds_is_named_with_the_bounds(text: str) -> None:
    with pytest.raises(WrongParameter, match=r"limit: found '.+', expected a number from 1 to 100"):
        parameters.number({"limit": text}, "limit", 20, 1, 100)


def test_what_is_left_out_or_empty_has_its_default() -> None:
    for given_ in ({}, {"limit": "", "period": "", "tag": " # ", "before": " "}):
        assert parameters.number(given_, "limit", 20, 1, 100) == 20
        assert parameters.period(given_) is Period.WEEK
        assert (parameters.tag(given_), parameters.place(given_)) == (None, None)


def test_a_period_that_is_none_is_named_with_those_there_are() -> None:
    assert parameters.period({"period": "Month"}) is Period.MONTH
    with pytest.raises(
        WrongParameter, match="period: found 'decade', expected one of day, week, month, year, all, rising"
    ):
        parameters.period({"period": "decade"})


def test_of_parameters_that_stand_twice_the_last_counts_and_too_many_are_refused() -> None:
    assert parameters.fields(b"q=a&q=%D1%87&x=%ff&=&&") == {"q": "ч", "x": "\ufffd", "": ""}
    assert parameters.fields("q=чай".encode()) == {"q": "чай"}
    with pytest.raises(WrongParameter, match="more than 20 parameters"):
        parameters.fields(b"&a" * 80_000)


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(["limit", "before", "period", "tag"]), st.text()))
def test_nothing_else_is_ever_raised(query: bytes, given_: dict[str, str]) -> None:
    for asked in (
        lambda: parameters.fields(query),
        lambda: parameters.number(given_, "limit", 20, 1, 100),
        lambda: parameters.place(given_),
        lambda: parameters.period(given_),
        lambda: parameters.tag(given_),
    ):
        with suppress(WrongParameter):
            asked()


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 10**15))
def test_a_place_that_an_answer_gives_is_understood(moment: datetime, article_id: int) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert parameters.place({"before": f"{to_text(moment)},{article_id}"}) == (moment, article_id)
