"""Tells the other servers that this one is up, and finds the one that reaches a cluster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from submarine.core.clock import Clock, now
from submarine.core.errors import UnavailableError
from submarine.core.servers.server import Server, Sighting
from submarine.core.servers.store import ServerRecords

log = logging.getLogger(__name__)

REPORT_S: Final = 5.0
FORGET_MS: Final = 30 * 86_400_000
SKEW_MS: Final = 5_000
"""How far our clock may be from the database's before we say so."""


class Presence:
    """One server's; *myself* is asked at each report, for what it reaches may change."""

    def __init__(self, records: ServerRecords, myself: Callable[[], Server], clock: Clock = now) -> None:
        self._records = records
        self._myself = myself
        self._clock = clock
        self._skewed = False
        self._reporting = asyncio.Lock()
        self.urls: tuple[str, ...] = ()
        """Where the other servers that are up can be reached from here, as of the last report."""

    async def run(self) -> None:
        """Report at intervals until cancelled."""
        while True:
            try:
                async with asyncio.timeout(REPORT_S):
                    await self.report()
            except (TimeoutError, UnavailableError) as error:
                log.warning("no other server hears that this one is up: %s", str(error) or "no answer")
            except Exception:
                log.exception("this server's presence could not be reported; it is repeated")
            await asyncio.sleep(REPORT_S)

    async def report(self) -> None:
        """Report once, and compare clocks; one report at a time, so that the last one said stays."""
        before = self._clock()
        async with self._reporting, self._records.begin() as tx:
            at = await tx.servers.report(self._myself())
            await tx.servers.forget(FORGET_MS)
            sightings = await tx.servers.sightings()
        self._compare(before, at, self._clock())
        me = self._myself()
        self.urls = tuple(
            s.server.url for s in sightings if s.up and s.server.id != me.id and _reachable(s.server, me)
        )

    async def reaching(self, cluster: str) -> Server:
        """Return a server that is up and reaches *cluster*.

        Raise `UnavailableError` that names who could, and since when it is silent.
        """
        me = self._myself()
        async with self._records.read() as tx:
            others = [s for s in await tx.servers.sightings() if s.server.id != me.id]
        able = [s for s in others if cluster in s.server.clusters]
        for sighting in able:
            if sighting.up and _reachable(sighting.server, me):
                return sighting.server
        if not able:
            raise UnavailableError(f"no server that is known reaches cluster {cluster}")
        raise UnavailableError(f"cluster {cluster} is only reached by {_plight(able[0])}")

    def _compare(self, before: int, at: int, after: int) -> None:
        skew = at - after if at > after else min(at - before, 0)
        skewed = abs(skew) > SKEW_MS
        if skewed and not self._skewed:
            log.warning("this server's clock and the database's differ by %.1f s", -skew / 1000)
        self._skewed = skewed


def _reachable(server: Server, me: Server) -> bool:
    """Tell whether *server* can be asked from here: its own loopback address is another machine's too."""
    return bool(server.url) and (server.host == me.host or not _loopback(server.url))


def _loopback(url: str) -> bool:
    name = urlsplit(url).hostname or ""
    return name in {"localhost", "::1"} or name.startswith("127.")


def _plight(sighting: Sighting) -> str:
    if sighting.up:
        return f"{sighting.server.named}, which other servers cannot reach; set its [server] peer_url"
    return sighting.told
