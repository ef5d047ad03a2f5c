"""How much at once: whoever is too many is told when to come back, and the rest goes on."""

from __future__ import annotations

import asyncio

import pytest

from submarine.core.errors import BusyError
from submarine.entrypoints.http.throttle import Throttle
from submarine.entrypoints.settings import Limits
from tests.entrypoints.http.toys import ToyController, shop


async def test_a_request_too_many_is_503_and_probes_are_answered() -> None:
    controller = ToyController()
    async with shop(controller, limits=Limits(in_flight=1)) as found:
        call = asyncio.ensure_future(found.call("GET", "/wait"))
        await asyncio.wait_for(controller.began.wait(), 30)
        other = await found.call("GET", "/toys")
        assert (other.status_code, other.headers["retry-after"], other.json()["code"]) == (503, "1", "busy")
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await found.client.get(path)).status_code == 200
        controller.go_on.set()
        assert (await call).status_code == 200
        assert (await found.call("GET", "/toys")).status_code == 200


async def test_one_caller_s_flood_is_429_and_nobody_else_s() -> None:
    async with shop(ToyController(), limits=Limits(rate=0.01, burst=3)) as found:
        statuses = [(await found.call("GET", "/toys")).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = await found.call("GET", "/toys")
        assert int(refused.headers["retry-after"]) > 60
        bob = await found.call("GET", "/toys", headers={"Authorization": "Bearer bob"})
        assert bob.status_code == 200


def test_a_bucket_fills_again_and_forgets_names() -> None:
    at = [0.0]
    throttle = Throttle(rate=2, burst=2, clock=lambda: at[0])
    throttle.admit("a")
    throttle.admit("a")
    with pytest.raises(BusyError) as caught:
        throttle.admit("a")
    assert caught.value.retry_after == pytest.approx(0.5)
    at[0] = 0.5
    throttle.admit("a")
    for n in range(20_000):
        throttle.admit(f"attacker-{n}")
    assert len(throttle._buckets) == 10_000
    throttle.forgive("attacker-19999")
