"""Deletes what is known about an experiment."""

from __future__ import annotations

from typing import Final

from submarine.core.metadata.artifacts import folder
from submarine.core.metadata.store import MetadataRecords
from submarine.core.ports.object_store import ObjectStore

STEP: Final = 10_000
"""Rows deleted in one transaction: others write in between."""


class Eraser:
    """Erases in bounded steps; a crash in the middle only means to erase again."""

    def __init__(self, records: MetadataRecords, objects: ObjectStore) -> None:
        self._records = records
        self._objects = objects

    async def erase(self, experiment: str, project: str) -> None:
        """Delete everything that is kept for *experiment*; twice is as good as once."""
        done = False
        while not done:
            async with self._records.begin() as tx:
                done = await tx.metadata.purge(experiment, STEP)
        async for entry in self._objects.list(folder(project, experiment)):
            await self._objects.delete(entry.key)
