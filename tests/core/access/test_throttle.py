from __future__ import annotations

import pytest

from submarine.core.access.throttle import Throttle
from submarine.core.errors import BusyError


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_few_tries_are_free_and_then_one_at_a_time() -> None:
    time = Time()
    throttle = Throttle(3, every=10.0, clock=time)
    for _ in range(3):
        throttle.check("a", "tries")
        throttle.count("a")
    with pytest.raises(BusyError, match="too many tries") as caught:
        throttle.check("a", "tries")
    assert caught.value.retry_after == pytest.approx(10)
    throttle.check("b", "tries")
    time.now += 10
    throttle.check("a", "tries")
    throttle.count("a")
    with pytest.raises(BusyError):
        throttle.check("a", "tries")


def test_what_was_given_back_and_forgiven_counts_again() -> None:
    throttle = Throttle(1, every=10.0, clock=Time())
    throttle.count("a")
    throttle.give_back("a")
    throttle.check("a", "tries")
    throttle.count("a")
    throttle.forgive("a")
    throttle.check("a", "tries")


def test_giving_back_never_gives_more_than_there_was() -> None:
    throttle = Throttle(2, every=10.0, clock=Time())
    for _ in range(5):
        throttle.give_back("a")
    for _ in range(2):
        throttle.check("a", "tries")
        throttle.count("a")
    with pytest.raises(BusyError):
        throttle.check("a", "tries")


def test_many_names_cost_bounded_memory() -> None:
    throttle = Throttle(1, every=10.0, clock=Time())
    for n in range(25_000):
        throttle.count(f"n{n}")
    assert len(throttle._buckets) <= 10_000
