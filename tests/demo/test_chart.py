"""The demo's chart shows each value in its place."""

from __future__ import annotations

import math

import pytest

from demo.chart import chart


def test_a_falling_curve_falls() -> None:
    drawn = chart("loss", [math.exp(-x / 10) for x in range(60)], width=50, height=8, until=60)
    title, *rows, axis = drawn.splitlines()
    ink = [[column for column, letter in enumerate(row[11:]) if letter != "\u2800"] for row in rows]
    assert title.strip() == "loss 0.0027"
    assert all(len(line) == 50 for line in (*rows, axis))
    assert ink[0][0] == 0
    assert ink[-1][-1] == 38
    assert [max(columns) for columns in ink] == sorted(max(columns) for columns in ink)


def test_the_axis_names_lowest_and_highest() -> None:
    rows = chart("accuracy", [0.5, 0.75, 0.875], width=40, height=5, until=10).splitlines()
    assert rows[1].split()[0] == "0.875"
    assert rows[5].split()[0] == "0.5"
    assert rows[-1].endswith("epoch 10")


@pytest.mark.parametrize("values", [[], [0.3], [0.3, 0.3, 0.3]])
def test_it_draws_before_there_is_a_curve(values: list[float]) -> None:
    assert len(chart("loss", values, width=30, height=4, until=1).splitlines()) == 6
