"""Alive, ready, and how it is doing."""

from __future__ import annotations

import asyncio

from submarine.core.errors import UnavailableError
from submarine.entrypoints.http.health import HealthController
from submarine.entrypoints.http.metrics import new_registry
from tests.entrypoints.http.toys import ToyController, shop


async def _good() -> None:
    return


async def _away() -> None:
    raise UnavailableError("the records do not answer")


async def _bug() -> None:
    raise RuntimeError("postgresql://user:password@host")


async def _hangs() -> None:
    await asyncio.Event().wait()


async def test_a_server_whose_backends_answer_is_ready() -> None:
    async with shop(ToyController(), checks={"records": _good}) as found:
        assert (await found.client.get("/healthz")).json() == {"status": "ok"}
        assert (await found.client.get("/readyz")).json() == {"status": "ok"}
        for query in ("verbose", "verbose=1", "verbose=true"):
            check = (await found.client.get(f"/readyz?{query}")).json()["checks"][0]
            assert (check["name"], check["ok"], check["detail"]) == ("records", True, "")


async def test_a_server_is_alive_but_unready_while_a_backend_is_away() -> None:
    async with shop(ToyController(), checks={"records": _away, "store": _bug, "fine": _good}) as found:
        assert (await found.client.get("/healthz")).status_code == 200
        answer = await found.client.get("/readyz?verbose")
        assert answer.status_code == 503
        details = {check["name"]: check["detail"] for check in answer.json()["checks"]}
        assert details == {"records": "the records do not answer", "store": "RuntimeError", "fine": ""}


async def test_a_backend_that_hangs_does_not_hang_the_probe() -> None:
    health = HealthController({"records": _hangs}, new_registry(), timeout=0.05)
    answer = await asyncio.wait_for(health.readyz("1"), 30)
    assert answer.status == 503
    assert b"no answer within 0.05 s" in (answer.body or b"")  # type: ignore[operator]


async def test_many_probes_ask_a_backend_once() -> None:
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1

    async with shop(ToyController(), checks={"records": count}) as found:
        await asyncio.gather(*(found.client.get("/readyz") for _ in range(10)))
        assert asked <= 2  # more than a second may pass on a busy machine


async def test_metrics_count_by_route_and_keep_labels_few() -> None:
    async with shop(ToyController()) as found:
        for n in range(3):
            await found.call("GET", f"/toys/{n}")
            await found.client.get(f"/unknown/{n}")
            await found.client.request("PROPFIND", "/open")
        answer = await found.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        lines = answer.text.splitlines()
        assert 'submarine_http_requests_total{method="GET",route="/toys/{name}",status="200"} 3.0' in lines
        assert 'submarine_http_requests_total{method="GET",route="unmatched",status="404"} 3.0' in lines
        assert 'submarine_http_requests_total{method="OTHER",route="unmatched",status="405"} 3.0' in lines
        assert any(line.startswith("submarine_http_request_seconds_bucket") for line in lines)
        assert any(line.startswith("submarine_http_streams_open 0") for line in lines)
        assert any(line.startswith("process_resident_memory_bytes") for line in lines)
