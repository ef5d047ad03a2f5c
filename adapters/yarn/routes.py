"""Where YARN's servers are: at their own addresses, or all behind a gateway such as Apache Knox.

Source: Knox' service definitions YARNUIV2 and WEBHDFS. The first passes everything that has a query to the
ResourceManager (the services API among it, which Knox' RESOURCEMANAGER leaves out), and by its route
``timeline`` to any other server, whose address is in the query, with the path as a part of the port. The
second carries the bytes of DataNodes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from yarl import URL

if TYPE_CHECKING:
    from submarine.adapters.yarn.config import YarnConfig

_SERVICE = "/yarnuiv2"


class Routes:
    """The ways to the servers that a configuration names, and to those which are learnt of."""

    def __init__(self, config: YarnConfig) -> None:
        self._config = config
        self._gateway = config.gateway

    @property
    def masters(self) -> Sequence[str]:
        """Return where the ResourceManagers are; a gateway finds the active one by itself."""
        return self._config.resource_managers if self._gateway is None else (self._gateway + _SERVICE,)

    @property
    def hdfs(self) -> Sequence[str]:
        """Return where WebHDFS is."""
        return self._config.name_nodes if self._gateway is None else (self._gateway,)

    @property
    def timeline(self) -> str | None:
        """Return where the timeline server is, to which a path is appended; None if there is none."""
        return None if self._config.timeline is None else str(self.to(self._config.timeline))

    def to(self, url: str) -> URL:
        """Return where *url* is reached, which one of the cluster's servers has told, or its beginning."""
        told = URL(url, encoded=True)
        if self._gateway is None or told.origin() == URL(self._gateway).origin():
            return told
        path = told.raw_path if url.rstrip("/") != str(told.origin()) else ""
        more = f"&{told.raw_query_string}" if told.raw_query_string else ""
        where = f"{self._gateway}{_SERVICE}/timeline?host={told.host}&port={told.port}{path}{more}"
        return URL(where, encoded=True)
