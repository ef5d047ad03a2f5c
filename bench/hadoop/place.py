"""The cluster, and what is asked of its ResourceManager beside our server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.clusters.hadoop.cluster import HadoopCluster, start_cluster
from tests.clusters.hadoop.settings import yarn_table

RUNNING: Final = "SUBMARINE_BENCH_HADOOP"
"""Names the run directory of a cluster of the profile ``plain`` that runs already."""
OURS: Final = "submarine"
THEIRS: Final = "bob"
_OWN: Final = "/tmp/submarine-hadoop-bench"
_LIVE: Final = "NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING"
_REQUEST: Final = b"requests.resourcemanager"
_OUR_AGENT: Final = b"aiohttp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster; ``session`` does not say that it is aiohttp's, so that our server's requests can be told."""

    cluster: HadoopCluster
    session: aiohttp.ClientSession

    @property
    def table(self) -> str:
        """Return the table of the cluster for our server's configuration."""
        return yarn_table(self.cluster, user=OURS, timeout=60.0)

    def calls(self) -> int:
        """Return how many requests of our server the ResourceManager has answered, by its own log."""
        said = (self.cluster.run_dir / "logs" / "rm1.log").read_bytes()
        return sum(_REQUEST in line and _OUR_AGENT in line for line in said.splitlines())

    async def living(self, user: str) -> list[Mapping[str, Any]]:
        """Return the applications of *user* that are not over."""
        query = {"states": _LIVE, "user": user, "deSelects": "resourceRequests"}
        found = (await self.ask("GET", "/ws/v1/cluster/apps", user, query))["apps"] or {}
        return list(found.get("app", ()))

    async def over(self, application: str, user: str) -> bool:
        """Tell whether the ResourceManager knows how *application* has ended."""
        found = await self.ask("GET", f"/ws/v1/cluster/apps/{application}", user)
        return bool(found["app"]["finalStatus"] != "UNDEFINED")

    async def kill(self, user: str) -> None:
        """Kill all applications of *user*."""
        for app in await self.living(user):
            await self.ask("PUT", f"/ws/v1/cluster/apps/{app['id']}/state", user, body={"state": "KILLED"})

    async def ask(
        self,
        method: str,
        path: str,
        user: str,
        query: Mapping[str, str] | None = None,
        *,
        body: object = None,
    ) -> Any:
        """Return what the ResourceManager answers."""
        url = self.cluster.endpoints["resourcemanagers"][0] + path
        asked = {**(query or {}), "user.name": user}
        async with self.session.request(method, url, params=asked, json=body) as response:
            said = await response.read()
            if response.status not in {200, 202}:
                raise RuntimeError(f"{method} {path}: {response.status} {said[:300]!r}")
            return json.loads(said)


@contextmanager
def cluster() -> Iterator[HadoopCluster]:
    """Start a cluster, unless one runs; raise `CannotStartError` if that cannot be."""
    if running := os.environ.get(RUNNING):
        yield HadoopCluster(Path(running))
        return
    own = start_cluster(Path(_OWN), "plain")
    try:
        yield own
    finally:
        own.down()
