"""Promises about being seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage
from submarine.core.clock import now
from submarine.core.ports.runtime import Runtime
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle


class Observing(RuntimeKit):
    """What a runtime tells, asked or not."""

    async def test_what_is_not_there_is_absent(self, stage: Stage) -> None:
        """An unknown handle is an answer, never an error; nor are strange ones."""
        strange = [Handle("sub-nobody-1"), Handle("../../etc"), Handle(""), Handle("ü" * 300)]
        seen = await stage.runtime.observe(strange)
        assert {o.handle: o.phase for o in seen} == dict.fromkeys(strange, Phase.ABSENT)

    async def test_many_are_observed_at_once(self, stage: Stage) -> None:
        """One observation per handle asked for, and no other."""
        first = await stage.submit(stage.programs.runs())
        second = await stage.submit(stage.programs.runs())
        await stage.submit(stage.programs.runs())
        asked = [first, Handle("sub-nobody-1"), second]
        seen = await stage.runtime.observe(asked)
        assert sorted(o.handle for o in seen) == sorted(asked)
        assert await stage.runtime.observe([]) == type(seen)()

    async def test_all_that_is_ours_is_observed(self, stage: Stage) -> None:
        """Asked for nothing in particular, it names what runs and what has ended."""
        running = await stage.submit(stage.programs.runs())
        over = await stage.submit(stage.programs.prints("done"))
        await stage.ended(over)
        seen = {o.handle: o.phase for o in await stage.runtime.observe()}
        assert seen[over] is Phase.SUCCEEDED
        assert not seen[running].ended

    async def test_every_replica_is_seen(self, stage: Stage) -> None:
        """Roles in order, indexes from 0, each with a phase and times that make sense."""
        before = now() - 1000
        ps = stage.role(stage.programs.prints("a"), name="ps")
        seen = await stage.ended(await stage.submit(ps, stage.role(stage.programs.prints("b"), replicas=3)))
        assert [(r.role, r.index) for r in seen.replicas] == [("ps", 0), *(("worker", i) for i in range(3))]
        for replica in seen.replicas:
            assert before <= (replica.started or 0) <= (replica.ended or 0) <= now() + 1000

    async def test_an_observation_says_when_it_was_made(self, stage: Stage) -> None:
        """``at`` is now, also for what ended long ago."""
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.ended(handle)
        await asyncio.sleep(0.05)
        before = now()
        assert (await stage.look(handle)).at >= before

    async def test_the_end_is_final(self, stage: Stage) -> None:
        """However often and whoever asks: an end never changes."""
        handle = await stage.submit(stage.programs.prints("no", exit_code=1))
        first = await stage.ended(handle)
        await stage.runtime.cancel(handle, 0.0)
        await asyncio.sleep(self.unit)
        again = await stage.look(handle)
        assert (again.phase, again.reason, again.exit_code) == (first.phase, first.reason, first.exit_code)
        assert again.replicas == first.replicas

    async def test_watching_begins_with_what_is_there(self, stage: Stage) -> None:
        """Whoever begins to watch misses nothing that happened before."""
        running = await stage.submit(stage.programs.runs())
        over = await stage.submit(stage.programs.prints("done"))
        await stage.ended(over)
        seen = await self._watched(stage.runtime, lambda s: {running, over} <= s.keys())
        assert seen[over].phase is Phase.SUCCEEDED

    async def test_changes_are_told_to_all_who_watch(self, stage: Stage) -> None:
        """From the start to the end, by itself, to each of several watchers."""
        workload = stage.workload(stage.programs.waits(self.unit))

        def over(seen: dict[Handle, Observation]) -> bool:
            return workload.name in seen and seen[workload.name].phase.ended

        watchers = [asyncio.create_task(self._watched(stage.runtime, over)) for _ in range(2)]
        await asyncio.sleep(0.05)
        await stage.runtime.submit(workload)
        for seen in await asyncio.gather(*watchers):
            assert seen[workload.name].phase is Phase.SUCCEEDED

    async def test_a_slow_watcher_misses_no_end(self, stage: Stage) -> None:
        """Changes may be merged while nobody listens, but the last one arrives."""
        watch = stage.runtime.watch()
        handles = {await stage.submit(stage.programs.prints(str(i))) for i in range(3)}
        first = await self._next(watch)
        for handle in handles:
            await stage.ended(handle)
        ended = {first.handle} if first.phase.ended else set()
        while not handles <= ended:
            seen = await self._next(watch)
            ended |= {seen.handle} if seen.phase.ended else set()

    async def _watched(self, runtime: Runtime, enough: object) -> dict[Handle, Observation]:
        assert callable(enough)
        seen: dict[Handle, Observation] = {}
        watch = runtime.watch()
        while not enough(seen):
            observation = await self._next(watch)
            seen[observation.handle] = observation
        return seen

    async def _next(self, watch: AsyncIterator[Observation]) -> Observation:
        try:
            async with asyncio.timeout(self.patience):
                return await anext(watch)
        except TimeoutError:
            pytest.fail(f"the watch told nothing within {self.patience:g} s")
