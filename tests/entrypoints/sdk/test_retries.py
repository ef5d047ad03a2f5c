"""Asking again: later each time, not for ever, and never before the server said."""

from __future__ import annotations

from submarine.entrypoints.sdk.retries import Backoff


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pauses(budget: float, retry_after: float | None = None) -> list[float]:
    clock = Clock()
    backoff, found = Backoff(budget, clock), list[float]()
    while (pause := backoff.pause(retry_after)) is not None:
        found.append(pause)
        clock.now += pause
    return found


def test_all_pauses_together_stay_within_the_budget() -> None:
    for _ in range(50):
        assert sum(pauses(30)) <= 30


def test_pauses_grow_up_to_a_ceiling() -> None:
    found = pauses(1000)
    assert max(found) <= 15
    assert sum(found[:3]) < sum(found[-4:-1])


def test_no_budget_is_no_repeat() -> None:
    assert pauses(0) == []


def test_the_servers_wish_is_a_floor() -> None:
    assert all(p >= 5 for p in pauses(60, retry_after=5))
    assert pauses(4, retry_after=5) == []


def test_two_clients_do_not_come_back_together() -> None:
    assert len({pauses(30)[0] for _ in range(20)}) > 10
