"""A gateway before a whole Hadoop, which rewrites addresses by the rules that Apache Knox has for it.

Source: Knox' service definitions ``webhdfs`` and ``yarnuiv2`` (gateway-service-definitions). It asks for a
name and a password, and is the named user to the cluster, whatever the request says of users.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from typing_extensions import override
from yarl import URL

from tests.clusters.hadoop.gateway import BY_HOP, Gateway

TOPOLOGY: Final = "/gateway/sandbox"
_PEOPLE: Final = frozenset({"user.name", "doas", "doAs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who may come in."""

    user: str
    password: str


class Knox(Gateway):
    """Passes on what comes below the topology, as its one user."""

    kept_back = frozenset({*BY_HOP, "authorization"})

    def __init__(self, namenode: str, master: str, login: Login) -> None:
        super().__init__(namenode)
        self._hdfs = URL(namenode)
        self._master = URL(master)
        self._login = login
        self.passed: list[str] = []
        """What was asked for below the topology, without the query."""

    @override
    def _allowed(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        wanted = base64.b64encode(f"{self._login.user}:{self._login.password}".encode()).decode()
        return given == f"Basic {wanted}"

    @override
    def _target(self, request: web.Request) -> URL | None:
        path = request.url.raw_path
        if not path.startswith(f"{TOPOLOGY}/"):
            return None
        _, service, rest = path.removeprefix(TOPOLOGY).split("/", 2)
        self.passed.append(f"{service}/{rest}")
        query = [(name, said) for name, said in request.query.items() if name not in _PEOPLE]
        match service, rest.partition("/")[0]:
            case "webhdfs", "v1":
                return self._at(self._hdfs, f"/webhdfs/{rest}", query)
            case "webhdfs", "data":
                scheme, host, port, kept = json.loads(base64.urlsafe_b64decode(request.query["_"]))
                base = URL.build(scheme=scheme, host=host, port=port)
                # what was hidden holds who it is, and all else but what the NameNode could not know
                return self._with(base, "/" + rest.removeprefix("data/v1/"), [tuple(pair) for pair in kept])
            case "yarnuiv2", "timeline":
                return self._elsewhere(query)
            case "yarnuiv2", _ if request.query_string:
                return self._at(self._master, f"/{rest}", query)
            case "yarnuiv2", _:
                return self._at(self._master, f"/ui2/{rest}", query)
        return None

    @override
    def _here(self, request: web.Request, location: str) -> str:
        """Hide where a DataNode is; of YARN's servers Knox leaves it as it is."""
        if not request.path.startswith(f"{TOPOLOGY}/webhdfs/"):
            return location
        place = URL(location, encoded=True)
        told = [place.scheme, place.host, place.port, list(place.query.items())]
        hidden = base64.urlsafe_b64encode(json.dumps(told).encode()).decode()
        front = f"{request.scheme}://{request.host}{TOPOLOGY}"
        return f"{front}/webhdfs/data/v1{place.raw_path}?_={hidden}"

    def _elsewhere(self, query: list[tuple[str, str]]) -> URL:
        """Return whom the query names: ``host``, and ``port`` with the path."""
        told = dict(query)
        port, _, path = told.pop("port").partition("/")
        base = URL.build(scheme=self._master.scheme, host=told.pop("host"), port=int(port))
        return self._at(base, f"/{path}", list(told.items()))

    def _at(self, base: URL, raw_path: str, query: list[tuple[str, str]]) -> URL:
        return self._with(base, raw_path, [*query, ("user.name", self._login.user)])

    @staticmethod
    def _with(base: URL, raw_path: str, query: list[tuple[str, str]]) -> URL:
        return base.with_path(raw_path, encoded=True).with_query(query)
