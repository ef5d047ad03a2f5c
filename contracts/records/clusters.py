"""Promises about clusters: what all servers must agree on."""

from __future__ import annotations

import asyncio

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.clusters.cluster import Orphan
from submarine.core.records import Records


def orphan(cluster: str, handle: str, seen: int = 5) -> Orphan:
    """Return an orphan."""
    return Orphan(cluster=cluster, handle=handle, first_seen=seen, reason="no record wants it")


class Clusters(RecordsKit):
    """What `ClusterStore` owes."""

    async def test_draining_twice_is_draining_once(self, stage: Stage, other: Records) -> None:
        """Every server knows, until the drain ends; ending it twice is as good."""
        near, far = stage.called("near"), stage.called("far")
        for drain in (True, True, False, False):
            async with stage.begin() as tx:
                await tx.clusters.set_drain(near, drain=drain)
            async with other.read() as tx:
                drained = list(await tx.clusters.drained())
            assert drained.count(near) == int(drain)
            assert far not in drained

    async def test_what_a_name_stands_for_is_recorded_once(self, stage: Stage, other: Records) -> None:
        """Of servers that say it at once the first is right, and all are told the same."""
        near, one, two, three = (stage.called(word) for word in ("near", "one", "two", "three"))

        async def identify(records: Records, identity: str) -> str:
            async with records.begin() as tx:
                return await tx.clusters.identify(near, identity)

        said = await asyncio.gather(identify(stage.records, one), identify(other, two))
        assert len(set(said)) == 1
        assert await identify(stage.records, three) == said[0]
        async with other.read() as tx:
            assert (await tx.clusters.identities())[near] == said[0]

    async def test_a_cluster_has_one_name(self, stage: Stage, other: Records) -> None:
        """Of servers that say two at once one is right, and the name of the other stands for nothing."""
        names, one = (stage.called("near"), stage.called("far")), stage.called("one")

        async def identify(records: Records, name: str) -> str:
            async with records.begin() as tx:
                return await tx.clusters.identify(name, one)

        said = await asyncio.gather(*map(identify, (stage.records, other), names))
        assert sorted(said) == ["", one]
        async with other.read() as tx:
            recorded = await tx.clusters.identities()
        assert [recorded.get(name, "") for name in names] == said

    async def test_a_name_stands_for_what_it_was_adopted_for(self, stage: Stage) -> None:
        """Whatever it stood for, if for anything."""
        near, far, one, two, three = (stage.called(word) for word in ("near", "far", "one", "two", "three"))
        async with stage.begin() as tx:
            await tx.clusters.identify(near, one)
            await tx.clusters.adopt(near, two)
            await tx.clusters.adopt(far, three)
            found = await tx.clusters.identities()
            assert (found[near], found[far]) == (two, three)
            assert await tx.clusters.identify(near, one) == two

    async def test_a_cluster_that_is_adopted_leaves_its_other_name(self, stage: Stage) -> None:
        """Which may stand for another cluster then."""
        near, far, one, two = (stage.called(word) for word in ("near", "far", "one", "two"))
        async with stage.begin() as tx:
            await tx.clusters.identify(near, one)
            await tx.clusters.adopt(far, one)
            await tx.clusters.adopt(far, one)
            found = await tx.clusters.identities()
            assert (found.get(near), found[far]) == (None, one)
            assert await tx.clusters.identify(near, one) == ""
            assert await tx.clusters.identify(near, two) == two

    async def test_orphans_are_listed_oldest_first(self, stage: Stage) -> None:
        """Every field, those of the cluster and of no other."""
        near, far = stage.called("near"), stage.called("far")
        noted = [orphan(near, "a", 30), orphan(near, "b", 10), orphan(near, "c", 20)]
        async with stage.begin() as tx:
            await tx.clusters.note_orphans(near, noted)
            await tx.clusters.note_orphans(far, [orphan(far, "a")])
        async with stage.read() as tx:
            assert list(await tx.clusters.orphans(near)) == [noted[1], noted[2], noted[0]]
            assert list(await tx.clusters.orphans(far)) == [orphan(far, "a")]
            assert list(await tx.clusters.orphans(stage.called("none"))) == []

    async def test_a_known_orphan_keeps_its_time(self, stage: Stage) -> None:
        """Or its grace would never end; new ones beside it are added."""
        near = stage.called("near")
        async with stage.begin() as tx:
            await tx.clusters.note_orphans(near, [orphan(near, "a", 10)])
            await tx.clusters.note_orphans(near, [orphan(near, "a", 99), orphan(near, "b", 99)])
            found = await tx.clusters.orphans(near)
        assert list(found) == [orphan(near, "a", 10), orphan(near, "b", 99)]

    async def test_orphans_that_are_gone_are_forgotten(self, stage: Stage) -> None:
        """Those named, on that cluster; one that was never there is no matter."""
        near, far = stage.called("near"), stage.called("far")
        async with stage.begin() as tx:
            await tx.clusters.note_orphans(near, [orphan(near, "a"), orphan(near, "b")])
            await tx.clusters.note_orphans(far, [orphan(far, "a")])
            await tx.clusters.forget_orphans(near, ["a", "never"])
            await tx.clusters.forget_orphans(near, [])
            assert list(await tx.clusters.orphans(near)) == [orphan(near, "b")]
            assert list(await tx.clusters.orphans(far)) == [orphan(far, "a")]
