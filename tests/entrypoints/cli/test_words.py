"""Ages, sizes and durations as people say them, and text that cannot harm a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.entrypoints.cli import ages
from submarine.entrypoints.cli.durations import DURATION
from submarine.entrypoints.cli.experiment_list import quoted
from submarine.entrypoints.cli.screen import printable, width


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (61, "1m1s"),
        (600, "10m"),
        (601, "10m"),
        (7800, "2h10m"),
        (3600, "1h"),
        (86400 * 3 + 7200, "3d2h"),
        (86400 * 400, "400d"),
        (-5, "0s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert ages.duration(seconds) == text


def test_ages() -> None:
    now = datetime.now(UTC)
    assert ages.ago((now - timedelta(minutes=3)).isoformat()) == "3m ago"
    assert ages.ago((now + timedelta(days=2, hours=1)).isoformat()).startswith("in 2d")
    assert ages.ago(int(now.timestamp() * 1000) - 7_200_000) == "2h ago"
    assert [ages.ago(v) for v in (None, "", "nonsense", 1e300)] == ["-"] * 4


def test_sizes() -> None:
    assert [ages.size(v) for v in (0, 1023, 1536, 50 << 20, 3 << 40, None)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "50 MiB",
        "3.0 TiB",
        "-",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45", 45), ("45s", 45), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), ("0.5s", 0.5)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "h", "5x", "-5", "1m1h", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not a duration"):
        DURATION.convert(text, None, None)


@given(st.text())
def test_nothing_that_is_printed_moves_the_cursor(text: str) -> None:
    assert not {"\x1b", "\r", "\b", "\x9b", "\u202e"} & set(printable(text))


def test_wide_letters_take_two_columns() -> None:
    assert (width("abc"), width("日本"), width("e\u0301")) == (3, 4, 1)


def test_quotes_in_a_filter_are_doubled() -> None:
    assert quoted("it's") == "'it''s'"
