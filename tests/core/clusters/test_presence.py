"""What a server reaches is known to the others before it begins anything there."""

from __future__ import annotations

import pytest

from submarine.core.access.principal import Principal
from submarine.core.clusters.cluster import Health
from submarine.core.errors import UnavailableError
from tests.core.jobs.site import FaultyRuntime, build, shared

ANYBODY = Principal(name="ada")


async def test_whoever_dies_with_its_first_job_is_known_with_its_cluster() -> None:
    """It never came to report at intervals."""
    async with shared() as (records, store):
        first = build(records, store, {"one": FaultyRuntime()}, owner="first")
        first.start()
        await first.in_state(await first.submit(), "running")
        await first.kill()
        second = build(records, store, {"two": FaultyRuntime()}, owner="second")
        found = {view.name: view for view in await second.clusters.list(ANYBODY)}
        assert "server first" in found["one"].status.reason
        assert found["one"].running == 1
        with pytest.raises(UnavailableError, match="cluster one is only reached by server first"):
            await second.presence.reaching("one")


async def test_a_cluster_is_not_used_while_nobody_can_be_told_of_it() -> None:
    async with shared() as (records, store):
        site = build(records, store, {"one": FaultyRuntime()})
        told = False

        async def announce() -> None:
            if not told:
                raise UnavailableError("the records are away")

        site.fleet.herald(announce)
        await site.fleet.probe("one")
        assert not site.fleet.usable("one")
        assert site.fleet.status("one").health is not Health.OK
        told = True
        await site.fleet.probe("one")
        assert site.fleet.usable("one")
        assert site.fleet.status("one").health is Health.OK
