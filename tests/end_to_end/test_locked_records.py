"""Another process, a careless backup, locks SQLite's file for longer than anyone waits."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

import submarine
from tests.end_to_end.patience import PATIENCE, all_ended, until
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

LOCKED_S = 12.0
"""The server gives a write 10 seconds."""


def test_while_the_records_are_locked_work_goes_on_and_is_recorded_afterwards(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    pid = server.pid
    headers = {"Authorization": f"Bearer {server.token}"}
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        client.experiments.submit({"name": "before", "command": witness.command("before", 1.0)})
        until(lambda: witness.begun()["before"])
        other = sqlite3.connect(server.data / "records.db", isolation_level=None, timeout=30)
        with ThreadPoolExecutor(1) as pool:
            other.execute("begin immediate")
            spec = {"name": "during", "command": witness.command("during", 0.2)}
            submitting = pool.submit(client.experiments.submit, spec)
            refused = httpx.post(
                f"{server.url}/api/v1/experiments", json={"command": ["true"]}, headers=headers, timeout=60
            )
            time.sleep(LOCKED_S - 10.0)
            other.execute("rollback")
            other.close()
            submitting.result(PATIENCE)
        assert refused.status_code in {429, 503}, "no turn to write, or no lock: both ask to come again"
        assert int(refused.headers["Retry-After"]) >= 1
        found = all_ended(client, {"before", "during"})
        assert {e.state for e in found.values()} == {"succeeded"}
        assert len(list(client.experiments.list())) == 2
    once = Counter(before=1, during=1)
    assert (witness.begun(), witness.ended()) == (once, once)
    assert server.pid == pid
