"""Promises of a runtime whose cluster says what it does."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, cast

import pytest

from submarine.contracts.runtime.kit import Open, RuntimeKit
from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.clock import now
from submarine.core.ports.runtime import Remarking
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

_DAY_MS = 86_400_000


class Commenting(RuntimeKit):
    """`Remarking`."""

    async def test_a_cluster_says_what_it_does(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """Of each workload at least one word, with a sentence, a subject and a time; nothing of nobody."""
        remarking = self._remarking(stage, request)
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        said = await self._first(remarking, handle)
        assert min(len(said.reason), len(said.message), len(said.subject)) > 0
        assert said.replica in {"", "worker-0"}
        assert said.count >= 1
        assert abs(said.at - now()) < _DAY_MS

    async def test_who_listens_hears_what_comes(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """Also what is said after they began."""
        remarking = self._remarking(stage, request)
        first = await stage.submit(stage.programs.runs("up"))
        async with asyncio.timeout(self.patience), aclosing(cast("Any", remarking.remarks())) as remarks:
            second = None
            async for remark in remarks:
                if remark.handle == first and second is None:
                    second = await stage.submit(stage.programs.prints("done"))
                if remark.handle == second:
                    return

    async def test_what_was_said_is_said_again_in_the_same_words(
        self, stage: Stage, reopened: Open, request: pytest.FixtureRequest
    ) -> None:
        """To whoever asks, and after every restart; or it would be told twice."""
        remarking = self._remarking(stage, request)
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.ended(handle)
        said = await self._first(remarking, handle)
        async with (
            reopened() as again,
            asyncio.timeout(self.patience),
            aclosing(cast("Any", ability(again, Remarking).remarks())) as remarks,
        ):
            async for remark in remarks:
                if remark.words == said.words:
                    assert remark.count >= said.count
                    return

    def _remarking(self, stage: Stage, request: pytest.FixtureRequest) -> Remarking:
        if not isinstance(stage.runtime, Remarking):
            self.lack(request, "nobody here says anything of what runs")
        return stage.runtime

    async def _first(self, remarking: Remarking, handle: Handle) -> Remark:
        """Return the first that is said of *handle*."""
        async with asyncio.timeout(self.patience), aclosing(cast("Any", remarking.remarks())) as remarks:
            async for remark in remarks:
                if remark.handle == handle:
                    found: Remark = remark
                    return found
        raise AssertionError("the runtime says nothing more")
