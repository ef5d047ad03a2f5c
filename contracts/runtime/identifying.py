"""Promises of a runtime that can tell who its cluster is."""

from __future__ import annotations

from submarine.contracts.runtime.kit import Open, RuntimeKit
from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.ports.runtime import Identifiable


class Identifying(RuntimeKit):
    """`Identifiable`."""

    async def test_a_cluster_is_known_again(self, stage: Stage, reopened: Open) -> None:
        """Whoever asks, and after every restart; what runs there changes nothing."""
        said = await ability(stage.runtime, Identifiable).identity()
        assert said
        await stage.submit(stage.programs.prints("here"))
        async with reopened() as again:
            assert await ability(again, Identifiable).identity() == said
        assert await ability(stage.runtime, Identifiable).identity() == said
