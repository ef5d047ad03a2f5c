import asyncio
from collections.abc import AsyncIterator

import pytest

from submarine.core.jobs import judge, reconciler
from tests.core.jobs.site import PATIENCE, FaultyRuntime, Site, build, shared


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "BACKOFF_MS", 20)
    monkeypatch.setattr(reconciler, "INTERVAL_S", 0.2)
    monkeypatch.setattr(reconciler, "ABSENCE_MS", 300)
    monkeypatch.setattr("submarine.core.jobs.driver.AGAIN_MS", 50)
    monkeypatch.setattr("submarine.core.jobs.driver.FULL_MS", 20)
    monkeypatch.setattr("submarine.core.jobs.submitter.IDLE_S", 0.1)
    monkeypatch.setattr("submarine.core.jobs.monitor.AGAIN_S", 0.1)
    monkeypatch.setattr("submarine.core.jobs.chronicler.AGAIN_S", 0.1)
    monkeypatch.setattr("submarine.core.jobs.chronicler.TOGETHER_S", 0.02)
    monkeypatch.setattr("submarine.core.jobs.keeper.RENEW_S", 0.2)
    monkeypatch.setattr("submarine.core.jobs.keeper.LEASE_MS", 1000)
    monkeypatch.setattr("submarine.core.jobs.keeper.SOON_S", 0.02)
    monkeypatch.setattr("submarine.core.clusters.fleet.PROBE_S", 0.1)
    monkeypatch.setattr("submarine.core.clusters.elsewhere.LOOK_S", 0.1)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with shared() as (records, store):
        made = build(records, store, {"one": FaultyRuntime()})
        made.start()
        async with asyncio.timeout(PATIENCE):
            while not made.fleet.usable("one"):
                await asyncio.sleep(0.01)
        yield made
        await made.kill()
