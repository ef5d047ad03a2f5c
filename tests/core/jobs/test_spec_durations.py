"""Lengths of time, read and shown."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.errors import InvalidError
from submarine.core.jobs.durations import DurationLaw, parse_duration, show_duration

EXPECTED = "a length of time such as 30s, 45m, 1h30m or 2d, or a number of seconds"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30s", 30),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("1d12h", 129_600),
        ("1w", 604_800),
        ("1.5h", 5400),
        ("250ms", 0.25),
        (90, 90),
        ("90", 90),
        (0.5, 0.5),
        (0, 0),
        (" 5m ", 300),
    ],
)
def test_a_duration_is_read_in_seconds(value: object, seconds: float) -> None:
    assert parse_duration(value) == seconds


@pytest.mark.parametrize(
    ("value", "reason", "expected"),
    [
        ("30min", "unit 'min' is not one of time", "30m"),
        ("2 hours", "unit 'hours' is not one of time", "2h"),
        ("5sec", "unit 'sec' is not one of time", "5s"),
        ("3 fortnights", "unit 'fortnights' is not one of time", EXPECTED),
        ("30m1h", "'30m1h' does not go from the greater unit to the smaller", EXPECTED),
        ("1h1h", "'1h1h' does not go from the greater unit to the smaller", EXPECTED),
        ("1:30", "'1:30' is not a length of time", EXPECTED),
        ("-5m", "'-5m' is negative", EXPECTED),
        (-5, "-5 is negative", EXPECTED),
        ("", "'' is not a length of time", EXPECTED),
        ("soon", "'soon' is not a length of time", EXPECTED),
        ("1h" * 100, f"'{('1h' * 29)[:57]}...' is not a length of time", EXPECTED),
        (True, "is the boolean true, not a length of time", EXPECTED),
        (None, "is nothing (null), not a length of time", EXPECTED),
        ([], "is a list, not a length of time", EXPECTED),
        (float("inf"), "is inf, not a length of time", EXPECTED),
        (float("nan"), "is nan, not a length of time", EXPECTED),
    ],
)
def test_a_wrong_duration_is_told_what_would_be_right(value: object, reason: str, expected: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_duration(value)
    assert (caught.value.faults[0].reason, caught.value.faults[0].expected) == (reason, expected)


@pytest.mark.parametrize("value", [10**400, 1e300, "9" * 40, "9" * 38 + "w"])
def test_eternity_is_refused(value: object) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_duration(value)
    assert "longer than anything lasts" in caught.value.faults[0].reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [("0s", "'0s' is too short"), ("3d", "'3d' is too long"), ("99999d", "'99999d' is too long")],
)
def test_bounds_are_named(value: object, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        DurationLaw(1, 86_400)(value)
    assert reason in caught.value.faults[0].reason
    assert caught.value.faults[0].expected == "between 1s and 1d"


@given(st.integers(0, 400 * 86_400_000))
def test_what_is_shown_is_read_back(milliseconds: int) -> None:
    assert parse_duration(show_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.text(max_size=50))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidError):
        assert parse_duration(text) >= 0
