"""A NameNode and a ResourceManager in few words, whose HTTP is that of Hadoop 3.4.2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from yarl import URL


class HadoopInMemory:
    """Files by their paths, and applications; folders are where files are."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.apps: list[dict[str, Any]] = []
        self.owners: dict[str, str] = {}
        """Whose a folder is, if not alice's."""
        self.modes: dict[str, str] = {}
        """What may be done with a folder, if not only by its owner."""
        self.refused = ""
        """Whom nobody may act for."""
        self.forbidden: set[str] = set()
        """For whom Hadoop lets nobody act."""
        self.open = True
        """Whether YARN shows everybody's applications to everybody."""
        self.asked: list[str] = []
        """For whom applications were asked for, by name of the user; nothing is for all."""
        self.frozen = False
        """Whether no change shows in the times of files and folders."""
        self.stuck: set[str] = set()
        """Files on nodes that never answer."""
        self.url = ""
        self.at_once = 0
        """How many calls that start a service were under way together, at most."""
        self._starting = 0
        self._made: set[str] = set()
        self.settings = {"fs.defaultFS": "hdfs://nn:8020"}
        self.waking = False
        """Whether the ResourceManager was just started, and has not read yet what it knew before."""
        self.refusing = ""
        """What queues say to every application, if anything."""
        self.nodes: list[str] = []
        """Where NodeManagers have their web servers."""
        self.listed = 0
        """How often nodes were asked for."""
        self.calls = 0
        """How often HDFS was asked for anything."""
        self._changes = 0
        self._numbers = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application(client_max_size=2**26, middlewares=[self._rule])
        app.router.add_get("/ws/v1/cluster/apps", self._listed)
        app.router.add_post("/app/v1/services", self._started)
        app.router.add_put("/ws/v1/cluster/apps/{id}/state", self._killed)
        app.router.add_post("/ws/v1/cluster/apps/new-application", self._numbered)
        app.router.add_post("/ws/v1/cluster/apps", self._submitted)
        app.router.add_get("/ws/v1/cluster/nodes", self._known)
        app.router.add_get("/conf", self._told)
        app.router.add_get("/ws/v1/cluster/info", self._described)
        app.router.add_route("*", "/webhdfs/v1{path:.*}", self._hdfs)
        async with TestServer(app) as server:
            self.url = str(server.make_url("")).rstrip("/")
            yield

    @web.middleware
    async def _rule(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return _impersonated(request) if _who(request) in self.forbidden else await handler(request)

    def start(self, name: str, number: int, state: str = "RUNNING", user: str = "alice") -> None:
        """Have an application *name*."""
        said = {"id": f"application_1_{number}", "name": name, "state": state, "startedTime": number}
        self.apps.append({**said, "user": user})

    def states(self) -> dict[str, str]:
        return {app["id"]: app["state"] for app in self.apps}

    async def _started(self, request: web.Request) -> web.Response:
        name = (await request.json())["name"]
        self._starting += 1
        self.at_once = max(self.at_once, self._starting)
        await asyncio.sleep(0.3)
        self._starting -= 1
        if any(app["name"] == name and app["user"] == _who(request) for app in self.apps):
            return web.json_response({"diagnostics": f"Service name {name} is already taken."}, status=500)
        self.start(name, len(self.apps) + 1, "ACCEPTED", _who(request))
        return web.json_response({"diagnostics": "Application ID: …"}, status=202)

    async def _listed(self, request: web.Request) -> web.Response:
        if request.query.get("doas", "") == self.refused != "":
            return _refused(403, "AuthorizationException")
        name, user = request.query.get("name"), request.query.get("user")
        if name is None:
            self.asked.append(user or "")
        seen = [app for app in self.apps if name in {None, app["name"]}]
        if user is None and not self.open:
            seen = [{**app, "startedTime": 0} for app in seen]
        return web.json_response({"apps": {"app": seen}})

    async def _killed(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["state"]
        for app in self.apps:
            if app["id"] == request.match_info["id"]:
                app["state"] = wanted
        return web.json_response({"state": wanted}, status=202)

    async def _numbered(self, _: web.Request) -> web.Response:
        self._numbers += 1
        return web.json_response({"application-id": f"application_1_{self._numbers}"})

    async def _submitted(self, request: web.Request) -> web.Response:
        told = await request.json()
        if told["application-id"] not in self.states():
            state = "FAILED" if self.refusing else "ACCEPTED"
            self.start(told["application-name"], int(told["application-id"].rpartition("_")[2]), state)
            self.apps[-1]["diagnostics"] = self.refusing
        return web.Response(status=202)

    async def _described(self, _: web.Request) -> web.Response:
        return web.json_response({"clusterInfo": {"haState": "INITIALIZING" if self.waking else "ACTIVE"}})

    async def _told(self, request: web.Request) -> web.Response:
        name = request.query["name"]
        if name not in self.settings:
            return web.Response(status=404)
        return web.json_response({"property": {"key": name, "value": self.settings[name]}})

    async def _known(self, _: web.Request) -> web.Response:
        self.listed += 1
        rows = [{"state": "RUNNING", "nodeHTTPAddress": place} for place in self.nodes]
        return web.json_response({"nodes": {"node": rows} if rows else None})

    async def _hdfs(self, request: web.Request) -> web.Response:
        path, operation = request.match_info["path"], request.query["op"]
        self.calls += 1
        match operation:
            case "CREATE" | "OPEN" if "data" not in request.query:
                return web.Response(status=307, headers={"Location": str(_to_data(self.url, request))})
            case "CREATE":
                self.files[path] = await request.read()
                self._own(path, request)
                return web.Response(status=201)
            case "OPEN" if path in self.files:
                return await self._opened(path)
            case "DELETE":
                gone = [each for each in self.files if each == path or each.startswith(f"{path}/")]
                for each in gone:
                    del self.files[each]
                return web.json_response({"boolean": bool(gone)})
            case "LISTSTATUS" | "LISTSTATUS_BATCH" | "GETFILESTATUS" if self._inside(path):
                return web.json_response(self._listing(operation, path))
            case "GETFILESTATUS" if path in {"/", *self.files}:
                return web.json_response(self._listing(operation, path))
            case "MKDIRS":
                self._made.add(path)
                self._own(path, request)
                return web.json_response({"boolean": True})
            case "RENAME":
                return self._renamed(path, request.query["destination"], request.query["renameoptions"])
        return _refused(404, "FileNotFoundException")

    def _renamed(self, path: str, target: str, options: str) -> web.Response:
        above = target.rpartition("/")[0]
        if path in self.files and not (self._inside(above) or above in self._made):
            return _refused(404, "FileNotFoundException")
        moved = [each for each in self.files if each == path or each.startswith(f"{path}/")]
        if not moved:
            return _refused(404, "FileNotFoundException")
        if (target in self.files or self._inside(target)) and options == "NONE":
            return _refused(403, "FileAlreadyExistsException")
        for each in moved:
            self.files[target + each.removeprefix(path)] = self.files.pop(each)
        for each in [each for each in self.owners if each == path or each.startswith(f"{path}/")]:
            self.owners[target + each.removeprefix(path)] = self.owners.pop(each)
        return web.Response()

    def _own(self, path: str, request: web.Request) -> None:
        if (who := _who(request)) != "alice":
            self.owners[path] = who

    async def _opened(self, path: str) -> web.Response:
        if path in self.stuck:
            await asyncio.sleep(60)
        return web.Response(body=self.files[path], content_type="application/octet-stream")

    def _listing(self, operation: str, path: str) -> dict[str, Any]:
        if operation == "GETFILESTATUS":
            return {"FileStatus": self._status("", path)}
        inside = sorted(self._inside(path))
        found = [self._status(name, f"{path}/{name}") for name in inside]
        listing = {"FileStatuses": {"FileStatus": found}}
        if operation == "LISTSTATUS":
            return listing
        return {"DirectoryListing": {"partialListing": listing, "remainingEntries": 0}}

    def _inside(self, folder: str) -> set[str]:
        begin = f"{folder}/"
        return {each.removeprefix(begin).split("/")[0] for each in self.files if each.startswith(begin)}

    def _status(self, name: str, path: str) -> dict[str, Any]:
        self._changes += not self.frozen
        return {
            "pathSuffix": name,
            "type": "DIRECTORY" if self._inside(path) else "FILE",
            "length": 1,
            "modificationTime": self._changes,
            "owner": self.owners.get(path, "alice"),
            "permission": self.modes.get(path, "700"),
        }


def _to_data(url: str, request: web.Request) -> URL:
    return URL(url).join(request.rel_url).update_query(data="1")


def _who(request: web.Request) -> str:
    return request.query.get("doas") or request.query.get("user.name", "alice")


def _impersonated(request: web.Request) -> web.Response:
    said = f"User: {request.query['user.name']} is not allowed to impersonate {_who(request)}"
    return web.json_response(
        {"RemoteException": {"exception": "AuthorizationException", "message": said}}, status=403
    )


def _refused(status: int, kind: str) -> web.Response:
    return web.json_response({"RemoteException": {"exception": kind, "message": "no"}}, status=status)
