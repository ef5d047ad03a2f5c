"""Promises for streams that break in the middle: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from submarine.contracts.faults import Away, Cut, FaultyLink
from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import Readable
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.workload import Handle

LINES = tuple(f"{number:04} {'-' * 200}" for number in range(400))
"""More than any buffer on the way takes in at once: 82 KB."""


class Cuts(RuntimeKit):
    """Whoever listened knows that it broke off, and goes on where it did."""

    @pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
    async def test_a_log_that_is_cut_goes_on_where_it_broke(
        self, stage: Stage, link: FaultyLink, reset: bool
    ) -> None:
        """The cut is an error, never an end; from the byte after the last one all the rest comes."""
        readable = ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.prints(*LINES))
        await stage.ended(handle)
        got = bytearray()
        with link.suffering(Cut(answers=30_000, reset=reset)), pytest.raises(UnavailableError):
            await _hear(readable.logs(handle, "worker", 0), got)
        rest = await stage.text(handle, offset=len(got))
        assert got.decode() + rest == "".join(f"{line}\n" for line in LINES)

    async def test_a_log_that_is_followed_through_a_cut_is_whole(
        self, stage: Stage, link: FaultyLink
    ) -> None:
        """Also where the job still writes while nobody can read."""
        readable = ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.prints_twice("first", 4 * self.unit, "last"))
        await stage.says(handle, "first")
        output = readable.logs(handle, "worker", 0, follow=True)
        got = bytearray(await anext(output))
        async with asyncio.timeout(self.patience):
            with link.suffering(Cut(answers=0)), pytest.raises(UnavailableError):
                await _hear(output, got)
        rest = await stage.text(handle, offset=len(got), follow=True)
        assert got.decode() + rest == "first\nlast\n"

    async def test_a_watch_that_is_cut_misses_no_end(self, stage: Stage, link: FaultyLink) -> None:
        """It goes on by itself, or says so and is begun again; either way every end is heard of."""
        watch = stage.runtime.watch()
        handles = {await stage.submit(stage.programs.waits(2 * self.unit)) for _ in range(2)}
        begun = await self._heard(watch)
        assert begun is not None
        with link.suffering(Away()):
            hearing = asyncio.create_task(self._heard(watch))
            await asyncio.sleep(4 * self.unit)  # they end while nobody hears it
        ended: set[Handle] = set()
        while not handles <= ended:
            seen = await hearing
            if seen is None:
                watch = stage.runtime.watch()
            elif seen.phase.ended:
                ended.add(seen.handle)
            hearing = asyncio.create_task(self._heard(watch))
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing

    async def _heard(self, watch: AsyncIterator[Observation]) -> Observation | None:
        """Return what is told next, None if the watch is broken and says so."""
        try:
            async with asyncio.timeout(self.patience):
                return await anext(watch)
        except UnavailableError:
            return None
        except StopAsyncIteration:
            pytest.fail("the watch ended as if nothing could happen any more")
        except TimeoutError:
            pytest.fail(f"the watch told nothing within {self.patience:g} s")


async def _hear(output: AsyncIterator[bytes], heard: bytearray) -> None:
    """Add to *heard* what comes, as long as it comes."""
    async for chunk in output:
        heard += chunk
