"""Runtimes that break one promise about what is seen each, and those that break one about outages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster
from submarine.core.clock import now
from submarine.core.errors import NotFoundError
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle
from tests.contracts.runtime_liars.liar import Liar


class MissesTheAbsent(Liar):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        for handle in handles or ():
            if len(handle) > 100 and handle not in self.cluster.runs:
                raise NotFoundError(f"no workload {handle!r}")
        return await super().observe(handles)


class TellsTooMuch(Liar):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        asked = list(handles or ())
        if len(asked) > 1:
            asked += [handle for handle in self.cluster.runs if handle not in asked]
        return await super().observe(None if handles is None else asked)


class ForgetsTheEnded(Liar):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        seen = await super().observe(handles)
        return [o for o in seen if handles is not None or not o.phase.ended]


class CountsFromOne(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        return replace(seen, replicas=tuple(replace(r, index=r.index + 1) for r in seen.replicas))


class TellsOldTimes(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        return replace(seen, at=max((r.ended or seen.at for r in seen.replicas), default=seen.at))


class ChangesItsMind(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.cancelled: set[Handle] = set()

    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        self.cancelled.add(handle)
        await super().cancel(handle, grace)

    @override
    def retell(self, seen: Observation) -> Observation:
        changes = seen.phase is Phase.FAILED and seen.handle in self.cancelled
        return replace(seen, phase=Phase.CANCELLED) if changes else seen


class TellsOnlyWhatIsNew(Liar):
    @override
    async def watch(self) -> AsyncIterator[Observation]:
        there = set(self.cluster.runs)
        async for seen in super().watch():
            if seen.handle in there:
                there.discard(seen.handle)
            else:
                yield seen


class TellsOneWatcherOnly(Liar):
    watched = False

    @override
    async def watch(self) -> AsyncIterator[Observation]:
        if self.watched:
            await asyncio.Event().wait()
        self.watched = True
        async for seen in super().watch():
            yield seen


class RemembersTwo(Liar):
    """Has room for two changes that nobody has heard yet; the others fall under the table."""

    @override
    async def watch(self) -> AsyncIterator[Observation]:
        watcher = self.cluster.watcher()
        try:
            watcher.changed.update(dict.fromkeys(self.cluster.runs))
            while True:
                while watcher.changed:
                    heard = list(watcher.changed)[-2:]
                    watcher.changed.clear()
                    for handle in heard:
                        yield self._look(handle)
                watcher.awake.clear()
                await watcher.awake.wait()
        finally:
            self.cluster.dismiss(watcher)


class FindsNothingWhenAway(Liar):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        if self.cluster.away:
            return [Observation(handle=h, phase=Phase.ABSENT, at=now()) for h in handles or ()]
        return await super().observe(handles)


class IsDeafAfterwards(Liar):
    deaf = False

    @override
    def cut_off(self) -> None:
        self.deaf = True

    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        if not self.deaf:
            await super().cancel(handle, grace)


LIARS: dict[str, type[Liar]] = {
    "test_what_is_not_there_is_absent": MissesTheAbsent,
    "test_many_are_observed_at_once": TellsTooMuch,
    "test_all_that_is_ours_is_observed": ForgetsTheEnded,
    "test_every_replica_is_seen": CountsFromOne,
    "test_an_observation_says_when_it_was_made": TellsOldTimes,
    "test_the_end_is_final": ChangesItsMind,
    "test_watching_begins_with_what_is_there": TellsOnlyWhatIsNew,
    "test_changes_are_told_to_all_who_watch": TellsOneWatcherOnly,
    "test_a_slow_watcher_misses_no_end": RemembersTwo,
    "test_while_the_backend_is_away_every_call_says_so": FindsNothingWhenAway,
    "test_after_an_outage_all_is_as_it_was": IsDeafAfterwards,
}
