"""A restart with much in the records."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

import submarine
from bench.lists import fill
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

RECORDED = 2_000
RUNNING = 50


@pytest.mark.timeout(300)
def test_a_restart_with_2000_jobs_recorded_and_50_running_is_reconciled_in_10_seconds(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    with submarine.Client(server.url, server.token) as client:
        sleeping = {"command": ["sleep", "600"], "grace": "0s"}
        running = [client.experiments.submit(sleeping) for _ in range(RUNNING)]
        ending = client.experiments.submit({"command": witness.command("ending", 1.0)})
        _until(lambda: _states(client, running) == {"running"}, 120)
        server.stop(signal.SIGKILL)
        asyncio.run(fill("sqlite", {"path": str(server.data / "records.db")}, RECORDED, 0))
        time.sleep(1.0)  # what was ending has ended now, and nobody saw it
        began = time.monotonic()
        server.start()
        _until(lambda: client.experiments.get(ending.id).state == "succeeded", 60)
        took = time.monotonic() - began
        assert _states(client, running) == {"running"}
        for experiment in running:
            client.experiments.cancel(experiment)
        _until(lambda: _states(client, running) == {"cancelled"}, 120)
    assert took < 10


def _states(client: submarine.Client, experiments: list[Any]) -> set[str]:
    wanted = {e.id for e in experiments}
    live = "state in ('accepted','queued','placing','submitted','running','cancelling','cancelled')"
    return {e.state for e in client.experiments.list(filter=live) if e.id in wanted}


def _until(holds: Callable[[], bool], patience: float) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)
