"""Runtimes behind a link that break one promise about its faults each; some by their backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from typing import ClassVar

from typing_extensions import override

from submarine.adapters.memory.cluster import Run
from submarine.adapters.memory.runtime import MemoryRuntime
from submarine.core.clock import now
from submarine.core.errors import AdapterError, NotFoundError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle, Workload
from tests.contracts.wired.runtime import WiredRuntime


class Wired(WiredRuntime):
    """Honest in all that a subclass does not twist."""

    backend: ClassVar[type[MemoryRuntime]] = MemoryRuntime


class EndsWhatIsInDoubt(Wired):
    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.doubted: set[Handle] = set()

    @override
    async def submit(self, workload: Workload) -> None:
        if workload.name in self.doubted:
            await self.cancel(workload.name, 0.0)
        try:
            await super().submit(workload)
        except UnavailableError:
            self.doubted.add(workload.name)
            raise


class TakesSilenceForYes(Wired):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        try:
            await super().cancel(handle, grace)
        except UnavailableError:
            return


class MissesWhatIsGone(Wired):
    @override
    async def remove(self, handle: Handle) -> None:
        (seen,) = await self.observe([handle])
        await super().remove(handle)
        if seen.phase in {Phase.ABSENT, Phase.CANCELLED}:
            raise NotFoundError(f"no workload {handle!r}")


class HasTwins(MemoryRuntime):
    """A backend that starts one more of a name that is there."""

    @override
    async def submit(self, workload: Workload) -> None:
        if workload.name not in self.cluster.runs:
            await super().submit(workload)
        else:
            twin = self.cluster.runs[Handle(f"{workload.name}'")] = Run(workload, self.cluster)
            twin.start()


class LooksBeforeItSubmits(Wired):
    """What is there is not submitted; but what comes twice was looked for once."""

    backend = HasTwins

    @override
    async def submit(self, workload: Workload) -> None:
        (seen,) = await self.observe([workload.name])
        if seen.phase is Phase.ABSENT:
            await super().submit(workload)


class ScalesWhatIsInDoubtOnceMore(Wired):
    """Who was not answered asks for one more the next time, to be on the safe side."""

    doubt = 0

    @override
    async def scale(self, workload: Workload) -> None:
        (role,) = workload.roles
        try:
            await super().scale(
                replace(workload, roles=(replace(role, replicas=role.replicas + self.doubt),))
            )
        except UnavailableError:
            self.doubt = 1
            raise


class BlamesTheCancelled(MemoryRuntime):
    """A backend that takes a second cancel for a crash."""

    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        run = self.cluster.runs[handle]
        if run.cancelled:
            run.cancelled = False
            for process in run.processes.values():
                process.phase = Phase.FAILED
        await super().cancel(handle, grace)


class BlamesOnTheSecondCancel(Wired):
    backend = BlamesTheCancelled


class EndsALogQuietly(Wired):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        try:
            async for chunk in super().logs(handle, role, index, offset=offset, follow=follow):
                yield chunk
        except UnavailableError:
            return


class FollowsFromNow(Wired):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        if follow and offset:
            await asyncio.sleep(0.3)
            offset = len(b"".join([chunk async for chunk in super().logs(handle, role, index)]))
        async for chunk in super().logs(handle, role, index, offset=offset, follow=follow):
            yield chunk


class EndsAWatchQuietly(Wired):
    @override
    async def watch(self) -> AsyncIterator[Observation]:
        try:
            async for seen in super().watch():
                yield seen
        except UnavailableError:
            return


class BlocksTheLoop(Wired):
    @override
    async def capacity(self) -> Capacity:
        try:
            return await super().capacity()
        except UnavailableError:
            time.sleep(1.5)  # noqa: ASYNC251 - the lie
            raise


class HasNoPatience(Wired):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        try:
            async with asyncio.timeout(0.05):
                return await super().observe(handles)
        except TimeoutError as error:
            raise UnavailableError("too slow") from error


class TakesGarbageForAbsence(Wired):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        try:
            return await super().observe(handles)
        except AdapterError:
            return [Observation(handle=handle, phase=Phase.ABSENT, at=now()) for handle in handles or ()]


class LetsBareErrorsOut(Wired):
    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        try:
            return await super().observe(handles)
        except UnavailableError as error:
            raise error.__cause__ or error from None


LIARS: dict[str, type[Wired]] = {
    "test_a_submit_whose_answer_is_cut_off_is_adopted": EndsWhatIsInDoubt,
    "test_a_cancel_whose_answer_is_cut_off_can_be_repeated": TakesSilenceForYes,
    "test_a_remove_whose_answer_is_cut_off_can_be_repeated": MissesWhatIsGone,
    "test_a_submit_that_is_delivered_twice_starts_once": LooksBeforeItSubmits,
    "test_a_new_size_whose_answer_is_cut_off_can_be_repeated": ScalesWhatIsInDoubtOnceMore,
    "test_an_end_that_is_delivered_twice_is_one_end": BlamesOnTheSecondCancel,
    "test_a_log_that_is_cut_goes_on_where_it_broke": EndsALogQuietly,
    "test_a_log_that_is_followed_through_a_cut_is_whole": FollowsFromNow,
    "test_a_watch_that_is_cut_misses_no_end": EndsAWatchQuietly,
    "test_a_backend_that_hangs_is_unavailable_in_time": BlocksTheLoop,
    "test_a_slow_backend_is_only_slow": HasNoPatience,
    "test_garbage_is_no_verdict": TakesGarbageForAbsence,
    "test_half_an_answer_is_no_answer": LetsBareErrorsOut,
}
