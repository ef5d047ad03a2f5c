"""Which servers a cluster has: what a container says of its own address is believed only if YARN says so too.

Whoever writes into an attempt's folder could have us go anywhere, with a ticket of ours in the request, and
hand what is there to whoever reads a job's output or its port. So we go to no host that is not of the cluster
as its ResourceManager tells it, or as an operator has configured it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from yarl import URL

from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.manager import Manager
from submarine.core.errors import AdapterError, UnavailableError

_AGAIN_S: Final = 2.0
"""Seconds between two questions for the sake of an address that was not told before."""
_REMEMBERED_S: Final = 3600.0
"""Seconds after which a node that is told no more is a stranger; a ResourceManager that starts knows none."""
_POLICY: Final = "yarn.http.policy"
_LOG_SERVERS: Final = ("yarn.log.server.web-service.url", "yarn.log.server.url")
"""Where NodeManagers send whoever asks for what they have no more."""


class Nodes:
    """The nodes of a cluster, as its ResourceManager told them last."""

    def __init__(self, config: YarnConfig, manager: Manager) -> None:
        self._config = config
        self._manager = manager
        self._places: dict[str, float] = {}
        self._asked = -_REMEMBERED_S
        self._scheme: str | None = None
        self._servers: frozenset[URL] | None = None
        self._turn = asyncio.Lock()

    async def told(self) -> Sequence[Mapping[str, Any]]:
        """Ask the ResourceManager; return what it tells of each node."""
        found = (await self._manager.cluster("nodes")).get("nodes")
        rows = (found or {}).get("node", ()) if isinstance(found, dict | None) else None
        if not isinstance(rows, list | tuple):
            raise AdapterError("the ResourceManager does not tell its nodes")
        at = self._now()
        for row in rows:
            if (place := _place(str(row.get("nodeHTTPAddress") or ""))) is not None:
                self._places[place] = at
        self._asked = at
        self._places = {place: told for place, told in self._places.items() if at - told < _REMEMBERED_S}
        return rows

    async def web(self, place: str) -> str:
        """Return where the NodeManager's web server at *place*, ``host:port``, is.

        Raise `UnavailableError` if no node of the cluster has one there.
        """
        if not await self._asked_for(lambda: place in self._places):
            raise UnavailableError(f"no node of this cluster has its NodeManager at {place!r}")
        if self._scheme is None:
            self._scheme = await self._policy()
        return f"{self._scheme}://{place}"

    async def host(self, name: str) -> str:
        """Return *name*; raise `UnavailableError` if no node of the cluster is called so."""
        if not await self._asked_for(lambda: name in map(_host, self._places)):
            raise UnavailableError(f"no node of this cluster is called {name!r}")
        return name

    async def redirected(self, url: str) -> str:
        """Return *url*, to which one of the cluster's servers sends us.

        Raise `UnavailableError` if it is of none that the ResourceManager or the settings name.
        """
        try:
            origin = URL(url, encoded=True).origin()
        except ValueError as error:
            raise UnavailableError(f"sent to {url:.200}, which is no address") from error
        place = f"{origin.host}:{origin.port}"
        if place in self._places or origin in await self._log_servers():
            return url
        if await self._asked_for(lambda: place in self._places):
            return url
        raise UnavailableError(f"sent to {origin}, which is no server of this cluster")

    async def _policy(self) -> str:
        """Return the scheme that all servers of YARN have; a gateway finds it out by itself."""
        policy = await self._manager.setting(_POLICY)
        if policy is not None:
            return "https" if policy == "HTTPS_ONLY" else "http"
        masters = self._config.resource_managers
        return URL(masters[0]).scheme if masters else "http"

    async def _log_servers(self) -> frozenset[URL]:
        """Return the servers that an operator has told us of, and where nodes send one for old output."""
        if self._servers is None:
            config = self._config
            told = [await self._manager.setting(name) for name in _LOG_SERVERS]
            urls = [
                URL(url) for url in (*config.resource_managers, config.timeline, config.gateway, *told) if url
            ]
            self._servers = frozenset(url.origin() for url in urls if url.is_absolute() and url.host)
        return self._servers

    async def _asked_for(self, known: Callable[[], bool]) -> bool:
        """Tell whether it is *known*, now or once the ResourceManager was asked again."""
        if known():
            return True
        async with self._turn:
            if not known() and self._now() - self._asked >= _AGAIN_S:
                await self.told()
        return known()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _host(place: str) -> str:
    return place.rpartition(":")[0]


def _place(told: str) -> str | None:
    """Return ``host:port`` of what is told as a node's address, None if it has none.

    Source: Knox' rule ``YARNUIV2/yarnuiv2/nodeaddress``, by which it is an address at the gateway.
    """
    if "/" not in told:
        return told or None
    query = URL(told).query
    return f"{query['host']}:{query['port']}" if {"host", "port"} <= query.keys() else None
