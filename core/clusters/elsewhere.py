"""The clusters that only other servers on these records reach, as those last said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from submarine.core.clusters.store import ClusterRecords
from submarine.core.errors import SubmarineError
from submarine.core.servers.server import Sighting

log = logging.getLogger(__name__)

LOOK_S: Final = 3.0


class Elsewhere:
    """``known`` maps the name of each such cluster to the server that was last seen with it."""

    def __init__(self, records: ClusterRecords, here: Collection[str]) -> None:
        self._records = records
        self._here = here
        self.known: Mapping[str, Sighting] = MappingProxyType({})

    async def run(self) -> None:
        """Look at intervals until cancelled."""
        while True:
            try:
                await self.look()
            except SubmarineError:
                log.warning("the records do not say what other servers reach")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> Mapping[str, Sighting]:
        """Look now, and return what is `known`."""
        async with self._records.read() as tx:
            sightings = await tx.servers.sightings()
        found: dict[str, Sighting] = {}
        for sighting in sightings:  # the latest first
            for name in sighting.server.clusters:
                if name not in self._here:
                    found.setdefault(name, sighting)
        self.known = MappingProxyType(found)
        return self.known
