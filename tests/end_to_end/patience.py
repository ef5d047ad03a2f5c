"""Waiting for what must come about, on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable

import submarine

PATIENCE = 120.0


def until(holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Return when *holds* says so; fail after *patience* seconds."""
    limit = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.05)


def ended(client: submarine.Client, id_: str, patience: float = PATIENCE) -> submarine.Experiment:
    """Return the experiment once it has ended."""
    until(lambda: client.experiments.get(id_).ended, patience)
    return client.experiments.get(id_)


def running(client: submarine.Client, id_: str) -> submarine.Experiment:
    """Return the experiment once it runs, or did."""
    until(lambda: client.experiments.get(id_).state not in {"accepted", "queued", "placing", "submitted"})
    return client.experiments.get(id_)


def all_ended(
    client: submarine.Client, names: set[str], patience: float = PATIENCE
) -> dict[str, submarine.Experiment]:
    """Return all of *names* by name, once each is there and has ended."""
    limit = time.monotonic() + patience
    while True:
        found = {e.name: e for e in client.experiments.list() if e.name in names}
        if found.keys() == names and all(e.ended for e in found.values()):
            return found
        waiting = {name: (e.state, e.reason, e.message) for name, e in found.items() if not e.ended}
        assert time.monotonic() < limit, f"{len(found)} of {len(names)} are there; waiting: {waiting}"
        time.sleep(0.2)
