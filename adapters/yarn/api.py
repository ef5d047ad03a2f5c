"""What is asked of a cluster, call by call: the ResourceManager, services, the timeline server and HDFS."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from submarine.adapters.yarn import names
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.objects import LIVE_STATES, App, Exit
from submarine.adapters.yarn.rest import Answer, Query, Rest
from submarine.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnavailableError
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.workload import Handle

T = TypeVar("T")

_NOT_FOUND: Final = 404
_BAD: Final = 400
_FORBIDDEN: Final = 403
_OK: Final = (200, 201, 202)
_DROPPED: Final = "resourceRequests,timeouts,appNodeLabelExpression,amNodeLabelExpression,resourceInfo"
_TYPE: Final = "yarn-service"
_APPS: Final = "/ws/v1/cluster/apps"


class Folder(NamedTuple):
    """The folder of an attempt: whose it is, and when something in it was last added or taken away."""

    owner: str
    changed: int


class Api:
    """The calls. All raise `UnavailableError` when the server concerned is away."""

    def __init__(self, config: YarnConfig, rest: Rest) -> None:
        self._config = config
        self._rest = rest
        self._root = config.folder

    # the ResourceManager

    async def living(self) -> list[App]:
        """Return the applications of ours that are not over."""
        return await self._apps({"states": ",".join(LIVE_STATES)})

    async def application(self, name: str, user: str) -> App | None:
        """Return the last application called *name*, over or not."""
        found = [app for app in await self._apps({"name": name}, user) if app.name == name]
        return max(found, key=lambda app: app.started, default=None)

    async def kill(self, application: str, user: str) -> None:
        """Have *application* killed; what is over already is no matter."""
        answer = await self._rm("PUT", f"{_APPS}/{application}/state", json={"state": "KILLED"}, user=user)
        if answer.status not in {*_OK, _BAD, _NOT_FOUND}:
            raise _refused("cannot kill an application", answer)

    async def signal(self, container: str, user: str) -> None:
        """Have SIGTERM sent to *container*; YARN does not say whether it arrives."""
        await self._rm("POST", f"/ws/v1/cluster/containers/{container}/signal/GRACEFUL_SHUTDOWN", user=user)

    async def cluster(self, path: str) -> dict[str, Any]:
        """Return what the ResourceManager says of *path*."""
        answer = await self._rm("GET", f"/ws/v1/cluster/{path}")
        if answer.status not in _OK:
            raise _refused(f"cannot ask for {path}", answer)
        return answer.json()

    async def setting(self, name: str) -> str | None:
        """Return a setting of the cluster."""
        answer = await self._rm("GET", "/conf", {"name": name})
        if answer.status not in _OK:
            return None
        found = answer.json().get("property")
        return str(found.get("value")) if isinstance(found, dict) else None

    # services

    async def start_service(self, spec: Mapping[str, Any], user: str) -> None:
        """Start a service; raise `ConflictError` if its name is taken, `InvalidError` if it is refused."""
        answer = await self._rm("POST", "/app/v1/services", json=spec, user=user)
        if answer.status in _OK:
            return
        said = answer.message
        if "already taken" in said or "already exists" in said:
            raise ConflictError(said)
        if answer.status == _NOT_FOUND:
            raise InvalidError("this cluster does not offer YARN services (yarn.webapp.api-service.enable)")
        if "SafeMode" in said or "ConnectException" in said or "StandbyException" in said:
            raise UnavailableError(f"YARN cannot start services now: {said}")
        raise InvalidError(f"YARN refuses it: {said}")

    async def delete_service(self, name: str, user: str) -> None:
        """Delete what is kept of a service that is over; what is gone already is no matter.

        Not by the services API: Hadoop 3.4.2 leaks a connection to ZooKeeper with every DELETE, and stands
        still after sixty, which is all that ZooKeeper grants one machine.
        """
        await self.erase(f"{self._config.services or f'/user/{user}/.yarn'}/services/{name}", user)

    # the timeline server

    async def exits(self, app: App, user: str) -> list[Exit]:
        """Return the containers of *app*; nothing where no timeline server is configured."""
        if self._config.timeline is None:
            return []
        base = (self._config.timeline,)
        root = f"/ws/v1/applicationhistory/apps/{app.id}/appattempts"
        answer = await self._rest.ask(base, "GET", root, user=user)
        if answer.status == _NOT_FOUND:
            return []
        found: list[Exit] = []
        for attempt in _rows(answer.json(), "appAttempt"):
            path = f"{root}/{attempt.get('appAttemptId')}/containers"
            answer = await self._rest.ask(base, "GET", path, user=user)
            if answer.status != _NOT_FOUND:
                rows = _rows(answer.json(), "container")
                found += _converted(rows, list[Exit])
        return found

    # HDFS

    async def folders(self) -> dict[Handle, Folder]:
        """Return the folders of all attempts; raise `UnavailableError` too where the root is missing."""
        answer = await self._hdfs("GET", self._root, {"op": "LISTSTATUS"})
        if answer.status == _NOT_FOUND:
            return {}
        return {
            Handle(row["pathSuffix"]): Folder(row["owner"], row["modificationTime"])
            for row in _statuses(answer)
            if row["type"] == "DIRECTORY" and not row["pathSuffix"].startswith(".")
        }

    async def folder(self, handle: Handle) -> Folder | None:
        """Return the folder of *handle*, None if there is none."""
        if not is_name(handle):
            return None
        answer = await self._hdfs("GET", f"{self._root}/{handle}", {"op": "GETFILESTATUS"})
        if answer.status == _NOT_FOUND:
            return None
        row = _fields(answer, "FileStatus")
        return Folder(row["owner"], row["modificationTime"])

    async def files(self, handle: Handle, user: str) -> dict[str, int]:
        """Return the files of *handle* and when each was written; none where there is no folder."""
        answer = await self._hdfs("GET", f"{self._root}/{handle}", {"op": "LISTSTATUS"}, user=user)
        if answer.status == _NOT_FOUND:
            return {}
        return {
            row["pathSuffix"]: row["modificationTime"]
            for row in _statuses(answer)
            if not row["pathSuffix"].startswith(".")
        }

    async def read(self, handle: str, name: str, user: str) -> bytes:
        """Return what the file *name* holds; raise `NotFoundError` if there is none."""
        path = "/".join(part for part in (self._root, handle, name) if part)
        answer = await self._hdfs("GET", path, {"op": "OPEN"}, user=user)
        if answer.status == _NOT_FOUND:
            raise NotFoundError(f"no file {name} of {handle}")
        if answer.status not in _OK:
            raise _refused(f"cannot read {name}", answer)
        return answer.body

    async def put(self, path: str, content: bytes, user: str) -> None:
        """Put *content* at *path* below the root, visible to nobody else."""
        query = {"op": "CREATE", "overwrite": "true", "permission": "600"}
        answer = await self._hdfs("PUT", f"{self._root}/{path}", query, data=content, user=user)
        if answer.status not in _OK:
            raise _refused(f"cannot write {path}", answer)

    async def write(self, handle: Handle, name: str, document: object, user: str) -> None:
        """Put *document* into the folder of *handle*, whole from the first moment it is seen.

        Raise `NotFoundError` if there is no such folder: what was removed does not come back.
        """
        await self._bring(handle, name, document, user, overwrite=True)

    async def create(self, handle: Handle, name: str, document: object, user: str) -> None:
        """Do as `write` does; raise `ConflictError` if *name* is there."""
        await self._bring(handle, name, document, user, overwrite=False)

    async def rename(self, source: str, target: str, user: str, *, overwrite: bool = False) -> None:
        """Move *source* to *target*, both below the root.

        Raise `ConflictError` if that is there, `NotFoundError` if *source* or the folder of *target* is not.
        """
        query = {
            "op": "RENAME",
            "destination": f"{self._root}/{target}",
            "renameoptions": "OVERWRITE" if overwrite else "NONE",
        }
        answer = await self._hdfs("PUT", f"{self._root}/{source}", query, user=user)
        if answer.exception == "FileAlreadyExistsException":
            raise ConflictError(answer.message)
        if answer.status == _NOT_FOUND or answer.exception in {
            "FileNotFoundException",
            "ParentNotDirectoryException",
        }:
            raise NotFoundError(answer.message)
        if answer.status not in _OK:
            raise _refused(f"cannot rename {source}", answer)

    async def make(self, path: str, user: str, *, permission: str = "700") -> None:
        """Make the folder *path* below the root, and those above it."""
        query = {"op": "MKDIRS", "permission": permission}
        answer = await self._hdfs("PUT", f"{self._root}/{path}".rstrip("/"), query, user=user)
        if answer.status not in _OK:
            raise _refused(f"cannot make the folder {path}", answer)

    async def exists(self, path: str, user: str) -> bool:
        """Tell whether there is something at *path* below the root."""
        answer = await self._hdfs("GET", f"{self._root}/{path}", {"op": "GETFILESTATUS"}, user=user)
        if answer.status == _NOT_FOUND:
            return False
        _fields(answer, "FileStatus")
        return True

    async def delete(self, path: str, user: str) -> None:
        """Delete what is at *path* below the root, and all below it."""
        await self.erase(f"{self._root}/{path}", user)

    async def erase(self, path: str, user: str) -> None:
        """Delete what is at the absolute *path*, and all below it; nothing there is no matter."""
        answer = await self._hdfs("DELETE", path, {"op": "DELETE", "recursive": "true"}, user=user)
        if answer.status not in {*_OK, _NOT_FOUND}:
            raise _refused(f"cannot delete {path}", answer)
        if answer.status in _OK:
            answer.json()

    async def _bring(
        self, handle: Handle, name: str, document: object, user: str, *, overwrite: bool
    ) -> None:
        scratch = f"{names.SCRATCH}/{handle}.{name}.{secrets.token_hex(4)}"
        await self.put(scratch, msgspec.json.encode(document), user)
        try:
            await self.rename(scratch, f"{handle}/{name}", user, overwrite=overwrite)
        except (ConflictError, NotFoundError):
            await self.delete(scratch, user)
            raise

    async def _apps(self, query: Query, user: str | None = None) -> list[App]:
        asked = {**query, "applicationTypes": _TYPE, "deSelects": _DROPPED}
        answer = await self._rm("GET", _APPS, asked, user=user)
        found = answer.json()
        if answer.status not in _OK or "apps" not in found:
            raise _refused("cannot list applications", answer)
        return _converted(_rows(found["apps"] or {}, "app"), list[App])

    async def _rm(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        *,
        json: object = None,
        user: str | None = None,
    ) -> Answer:
        return await self._rest.ask(self._config.resource_managers, method, path, query, json=json, user=user)

    async def _hdfs(
        self, method: str, path: str, query: Query, *, data: bytes | None = None, user: str | None = None
    ) -> Answer:
        answer = await self._rest.ask(self._config.webhdfs, method, quote(path), query, data=data, user=user)
        if answer.status == _NOT_FOUND:
            answer.json()  # a stranger's page for what is not there is no word of HDFS
        return answer


def _rows(found: Mapping[str, Any], key: str) -> Sequence[Any]:
    rows = found.get(key, ())
    return rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else ()


def _converted(rows: Sequence[Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(rows, type=kind, strict=False)
    except msgspec.MsgspecError as error:
        raise UnavailableError(f"YARN answered what nobody understands: {error}") from error


def _statuses(answer: Answer) -> Sequence[Mapping[str, Any]]:
    return _rows(_fields(answer, "FileStatuses"), "FileStatus")


def _fields(answer: Answer, key: str) -> Mapping[str, Any]:
    found = answer.json().get(key)
    if not isinstance(found, dict):
        raise _refused("HDFS cannot be read", answer)
    return found


def _refused(what: str, answer: Answer) -> Exception:
    if answer.status == _FORBIDDEN and "AccessControl" in answer.exception:
        return ForbiddenError(f"{what}: {answer.message}")
    return UnavailableError(f"{what}: {answer.status} {answer.message}")
