"""Promises about the end that somebody asks for."""

from __future__ import annotations

import asyncio
import time

import pytest

from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.errors import NotFoundError
from submarine.core.ports.runtime import Readable
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Handle


class Ending(RuntimeKit):
    """How workloads are cancelled and removed."""

    async def test_cancelling_ends_it(self, stage: Stage) -> None:
        """All processes end, and the whole is cancelled, not failed."""
        handle = await stage.submit(stage.role(stage.programs.runs("up"), replicas=2))
        await stage.says(handle, "up")
        await stage.runtime.cancel(handle, 5.0)
        seen = await stage.ended(handle)
        assert (seen.phase, seen.reason) == (Phase.CANCELLED, "cancelled")
        assert all(r.phase is Phase.CANCELLED for r in seen.replicas)

    async def test_cancelling_twice_is_cancelling_once(self, stage: Stage) -> None:
        """A repetition, also at the same time, is no error and changes nothing."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        await asyncio.gather(*(stage.runtime.cancel(handle, 5.0) for _ in range(3)))
        await stage.runtime.cancel(handle, 5.0)
        first = await stage.ended(handle)
        await stage.runtime.cancel(handle, 5.0)
        again = await stage.look(handle)
        assert (again.phase, again.replicas) == (Phase.CANCELLED, first.replicas)

    async def test_a_process_may_say_goodbye(self, stage: Stage) -> None:
        """SIGTERM comes first; what a process does with its grace is kept, and it counts as cancelled."""
        ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.says_goodbye("up", "goodbye"))
        await stage.says(handle, "up")
        await stage.runtime.cancel(handle, self.patience)
        assert (await stage.ended(handle)).phase is Phase.CANCELLED
        assert (await stage.text(handle)).endswith("goodbye\n")

    async def test_cancel_returns_at_once_and_kills_after_the_grace(self, stage: Stage) -> None:
        """Whoever ignores SIGTERM has its grace, no less, and is killed then."""
        grace = 4 * self.unit
        handle = await stage.submit(stage.programs.ignores_sigterm("up"))
        await stage.says(handle, "up")
        began = time.monotonic()
        await stage.runtime.cancel(handle, grace)
        returned = time.monotonic() - began
        assert returned < grace
        assert not (await stage.look(handle)).phase.ended
        assert (await stage.ended(handle)).phase is Phase.CANCELLED
        assert time.monotonic() - began >= grace * 0.9

    async def test_a_shorter_grace_counts(self, stage: Stage) -> None:
        """Who cancels again in a hurry need not wait for the first grace."""
        handle = await stage.submit(stage.programs.ignores_sigterm("up"))
        await stage.says(handle, "up")
        await stage.runtime.cancel(handle, 100 * self.patience)
        await stage.runtime.cancel(handle, 0.0)
        assert (await stage.ended(handle)).phase is Phase.CANCELLED

    async def test_cancelling_what_has_ended_changes_nothing(self, stage: Stage) -> None:
        """A success stays a success."""
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.ended(handle)
        await stage.runtime.cancel(handle, 0.0)
        assert (await stage.look(handle)).phase is Phase.SUCCEEDED

    async def test_what_is_cancelled_before_it_is_submitted_never_starts(self, stage: Stage) -> None:
        """The answer to a submit may come after the cancel: nothing must be left running."""
        workload = stage.workload(stage.programs.runs("up"))
        await stage.runtime.cancel(workload.name, 0.0)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT
        await stage.runtime.submit(workload)
        await asyncio.sleep(self.unit)
        assert (await stage.look(workload.name)).phase in {Phase.CANCELLED, Phase.ABSENT}

    async def test_what_was_cancelled_never_starts_again(self, stage: Stage) -> None:
        """A late repetition of submit does not raise the dead."""
        workload = stage.workload(stage.programs.runs("up"))
        await stage.runtime.submit(workload)
        await stage.runtime.cancel(workload.name, 0.0)
        await stage.ended(workload.name)
        await stage.runtime.submit(workload)
        await asyncio.sleep(self.unit)
        assert (await stage.look(workload.name)).phase is Phase.CANCELLED

    async def test_what_starts_is_cancelled_too(self, stage: Stage) -> None:
        """A cancel that meets a submit on its way leaves nothing running."""
        workload = stage.workload(stage.role(stage.programs.runs("up"), replicas=2))
        await asyncio.gather(stage.runtime.submit(workload), stage.runtime.cancel(workload.name, 0.0))
        await stage.until(workload.name, lambda o: o.phase.ended, "the end")
        await asyncio.sleep(self.unit)
        assert (await stage.look(workload.name)).phase in {Phase.CANCELLED, Phase.ABSENT}

    async def test_removing_kills_and_forgets(self, stage: Stage) -> None:
        """When it returns nothing runs, and nothing is known."""
        handle = await stage.submit(stage.programs.ignores_sigterm("up"))
        await stage.says(handle, "up")
        await stage.runtime.remove(handle)
        assert (await stage.look(handle)).phase is Phase.ABSENT
        assert handle not in {o.handle for o in await stage.runtime.observe()}
        if isinstance(stage.runtime, Readable):
            with pytest.raises(NotFoundError):
                await stage.text(handle)

    async def test_removing_forgets_what_has_ended(self, stage: Stage) -> None:
        """The end and the log go together."""
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.ended(handle)
        await stage.runtime.remove(handle)
        assert (await stage.look(handle)).phase is Phase.ABSENT

    async def test_removing_what_is_absent_does_nothing(self, stage: Stage) -> None:
        """Nor does removing twice."""
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.runtime.remove(Handle("sub-nobody-1"))
        await asyncio.gather(*(stage.runtime.remove(handle) for _ in range(2)))
        await stage.runtime.remove(handle)
        assert (await stage.look(handle)).phase is Phase.ABSENT
