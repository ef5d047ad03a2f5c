"""Times on the wire are exact to the millisecond, near and far."""

from __future__ import annotations

import pytest

from submarine.entrypoints.http.resources.times import iso


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_764_093_843_120, "2025-11-25T18:04:03.120Z"),
        (76_431_915_308_558, "4392-01-12T15:35:08.558Z"),  # a float of seconds ends in .557
    ],
)
def test_a_time_is_said_in_utc_with_its_milliseconds(milliseconds: int, said: str) -> None:
    assert iso(milliseconds) == said
