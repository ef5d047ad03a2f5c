"""The quick reader says what the careful one says, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from submarine.core.metadata.metrics import Columns
from submarine.entrypoints.http.resources.metric_reading import quickly
from submarine.entrypoints.http.resources.metrics import MetricsIn

careful = TypeAdapter(MetricsIn)
texts = st.text(max_size=5)
odd = st.none() | st.booleans() | st.integers() | st.floats() | texts
points = st.fixed_dictionaries(
    {"key": texts, "value": st.floats() | st.integers()},
    optional={"step": st.integers(), "at": st.integers() | st.none()},
)
odd_points = st.dictionaries(st.sampled_from(["key", "value", "step", "at", "other"]), odd)
bodies = st.fixed_dictionaries(
    {"points": st.lists(points | odd_points, max_size=3)},
    optional={"writer": odd, "sequence": odd, "other": odd},
)


@given(bodies)
def test_what_is_read_quickly_is_what_is_read_carefully(body: dict[str, object]) -> None:
    data = json.dumps(body).encode()
    if (quick := quickly(data)) is None:
        return
    said = careful.validate_json(data)
    assert (quick.writer, quick.sequence) == (said.writer, said.sequence)
    found, expected = Columns.of(quick.measured()), Columns.of(said.measured())
    assert repr(found) == repr(expected)  # not a number is not equal to itself


def test_what_jobs_send_is_read_quickly() -> None:
    body = {"points": [{"key": "loss", "value": 0.5, "step": 3, "at": 1}], "writer": "w", "sequence": 0}
    assert quickly(json.dumps(body).encode()) is not None


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b'{"points": [{"key": "\xff", "value": 1}]}', b"[" * 100_000, b'{"points": 1}']
)
def test_what_is_odd_is_left_to_the_careful(data: bytes) -> None:
    assert quickly(data) is None
