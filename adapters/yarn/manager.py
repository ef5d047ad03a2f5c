"""What is asked of YARN, call by call: of the ResourceManager, its services, and the timeline server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from submarine.adapters.hadoop.pair import Pair
from submarine.adapters.hadoop.refusals import SERVICES, RefusedError
from submarine.adapters.hadoop.web import Web
from submarine.adapters.yarn.acting import acting
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.objects import LIVE_STATES, SERVICE, SHELL, App, Exit
from submarine.adapters.yarn.routes import Routes
from submarine.core.errors import AdapterError, ConflictError, FullError, InvalidError, UnavailableError

T = TypeVar("T")

_NOT_FOUND: Final = 404
_BAD: Final = 400
_SERVER_ERROR: Final = 500
_DROPPED: Final = "resourceRequests,timeouts,appNodeLabelExpression,amNodeLabelExpression,resourceInfo"
_TYPES: Final = f"{SERVICE},{SHELL}"
_APPS: Final = "/ws/v1/cluster/apps"
_JSON: Final = {"Accept": "application/json"}
_LATER: Final = (
    "SafeMode",
    "ConnectException",
    "StandbyException",
    "Retriable",
    "SocketTimeout",
    "EOFException",
)
"""What passes by itself, in the words of a service's refusal."""
_TAKEN: Final = (
    "already taken",
    "already exists",
    "does not have any open files",
    "LeaseExpired",
    "AlreadyBeingCreated",
    "this file lease is currently owned by",
    "is already the current lease holder",
)
"""What is said where another call starts the same service, or has: each takes the other's file away."""
_ABSENT: Final = "signal an absent container"
_FULL: Final = ("cannot accept submission of", "is exceeded: quota")
_NEVER: Final = (
    "Permission denied: user=",
    "Failed to submit application_",
    "does not have permission to submit",
    "is larger than configured max",
    "Invalid resource request",
    "ResourceRequestException",
)
"""What is said with status 500 where nothing was started, and never will be."""
_NO_SERVICES: Final = (
    "this cluster does not offer YARN services (yarn.webapp.api-service.enable), and an operator has to "
    'set form = "shell"'
)
_NO_SUCH_FILE: Final = re.compile(r"File does not exist: [^()\n]+")
"""One that the service names. With an inode it is YARN's own, which another call took away."""


class Manager:
    """The calls. All raise `UnavailableError` when the server concerned is away; *user* is for whom."""

    def __init__(self, config: YarnConfig, web: Web) -> None:
        self._me = config.me
        self._config = config
        routes = Routes(config)
        self._masters = Pair(web, routes.masters, "the ResourceManager")
        timeline = routes.timeline
        self._timeline = Pair(web, (timeline,), "the timeline server") if timeline is not None else None

    async def living(self, user: str) -> list[App]:
        """Return the applications of *user* that are not over."""
        return await self._apps({"states": ",".join(LIVE_STATES)}, user)

    async def living_of_all(self) -> list[App]:
        """Return the applications that are not over of all users whose we may see, asked for as ourselves."""
        rows = await self._rows({"states": ",".join(LIVE_STATES)}, self._me)
        # Of others' YARN may tell that they are, and nothing else: without a beginning too.
        return [app for app in rows if app.started]

    async def application(self, name: str, user: str) -> App | None:
        """Return an application called *name*, over or not: the last one, and rather one that lives."""
        found = await self.applications(name, user)
        return max(found, key=lambda app: (not app.over, app.started), default=None)

    async def applications(self, name: str, user: str) -> list[App]:
        """Return all applications of *user* called *name*, over or not."""
        return [app for app in await self._apps({"name": name}, user) if app.name == name]

    async def kill(self, application: str, user: str) -> None:
        """Have *application* killed; what is over already is no matter."""
        with _passing_over(_BAD, _NOT_FOUND):
            await self._ask("PUT", f"{_APPS}/{application}/state", user=user, json={"state": "KILLED"})

    async def prioritise(self, application: str, priority: int, user: str) -> None:
        """Give *application* a priority, as high as the cluster allows; what is over already is no matter."""
        with suppress(RefusedError):
            await self._ask("PUT", f"{_APPS}/{application}/priority", user=user, json={"priority": priority})

    async def signal(self, container: str, signal: str, user: str) -> None:
        """Have *signal* sent to *container*; YARN does not say whether it arrives."""
        try:
            await self._ask("POST", f"/ws/v1/cluster/containers/{container}/signal/{signal}", user=user)
        except RefusedError:
            return
        except UnavailableError as error:
            if _ABSENT not in str(error):  # said with status 500 of one that has just ended
                raise

    async def cluster(self, path: str) -> Mapping[str, Any]:
        """Return what the ResourceManager says of *path*."""
        return _mapping(await self._ask("GET", f"/ws/v1/cluster/{path}"))

    async def awake(self) -> bool:
        """Tell whether the ResourceManager knows all that it knew before it was started.

        One without a twin answers while it still reads that, and leaves out what it has not come to. Source:
        serviceStart of org.apache.hadoop.yarn.server.resourcemanager.ResourceManager.
        """
        found = _mapping((await self.cluster("info")).get("clusterInfo"))
        return bool(found.get("haState", "ACTIVE") == "ACTIVE")

    async def setting(self, name: str) -> str | None:
        """Return a setting of the cluster, None if it tells none."""
        try:
            found = _mapping(await self._ask("GET", "/conf", {"name": name})).get("property")
        except RefusedError:
            return None
        return str(found.get("value")) if isinstance(found, dict) else None

    async def new_application(self, user: str) -> str:
        """Return an id that no application has, nor will have but ours."""
        found = _mapping(await self._ask("POST", f"{_APPS}/new-application", user=user))
        return str(found.get("application-id") or _nonsense(found))

    async def start_application(self, submission: Mapping[str, Any], user: str) -> None:
        """Start an application under an id of `new_application`, once however often.

        Raise `InvalidError` if it is refused.
        """
        try:
            await self._ask("POST", _APPS, user=user, json=submission)
        except RefusedError as error:
            if error.status == _BAD and error.kind:
                raise InvalidError(f"YARN refuses it: {error.reason}") from error
            raise

    async def start_service(self, spec: Mapping[str, Any], user: str) -> None:
        """Start a service; raise `ConflictError` if its name is taken, or just being taken by another call.

        Raise `FullError` if its queue takes no more now, `InvalidError` only if YARN has not started it and
        never will.
        """
        try:
            await self._ask("POST", "/app/v1/services", user=user, json=spec)
        except RefusedError as error:
            raise _judged(error, str(spec.get("name"))) from error

    async def resize_service(self, name: str, sizes: Mapping[str, int], user: str) -> None:
        """Have the service *name*, which runs, have so many containers of each component.

        The ResourceManager writes that down first and tells the master then, so after any error it can be
        repeated, and comes to the same.
        """
        components = [{"name": each, "number_of_containers": size} for each, size in sizes.items()]
        flex = {"name": name, "state": "FLEX", "components": components}
        try:
            await self._ask("PUT", f"/app/v1/services/{name}", user=user, json=flex)
        except RefusedError as error:
            raise UnavailableError(f"YARN does not change the size of {name}: {error.reason}") from error

    async def exits(self, app: App, user: str) -> list[Exit]:
        """Return the containers of *app*; nothing where no timeline server is configured."""
        if self._timeline is None:
            return []
        root = f"/ws/v1/applicationhistory/apps/{app.id}/appattempts"
        found: list[Exit] = []
        for attempt in _rows(await self._history(root, user), "appAttempt"):
            path = f"{root}/{attempt.get('appAttemptId')}/containers"
            found += _converted(_rows(await self._history(path, user), "container"), list[Exit])
        return found

    async def _history(self, path: str, user: str) -> Mapping[str, Any]:
        assert self._timeline is not None  # noqa: S101 - asked before
        found: Any = {}
        with _passing_over(_NOT_FOUND):
            found = await self._timeline.ask("GET", path, user=self._as(user), headers=_JSON)
        return _mapping(found)

    async def _apps(self, query: Mapping[str, str], user: str) -> list[App]:
        # Names are per user: somebody else's of the same name is none of ours.
        return [
            msgspec.structs.replace(app, user=user)
            for app in await self._rows({**query, "user": user}, user)
            if app.user in {"", user}
        ]

    async def _rows(self, query: Mapping[str, str], user: str) -> list[App]:
        asked = {**query, "applicationTypes": _TYPES, "deSelects": _DROPPED}
        found = _mapping(await self._ask("GET", _APPS, asked, user=user))
        if "apps" not in found:
            raise AdapterError(f"the ResourceManager answers nonsense: {found!r:.200}")
        return _converted(_rows(_mapping(found["apps"] or {}), "app"), list[App])

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        user: str | None = None,
        **what: Any,
    ) -> Any:
        return await self._masters.ask(method, path, query, user=self._as(user), headers=_JSON, **what)

    def _as(self, user: str | None) -> str | None:
        return None if user is None else acting(self._config, user)


@contextmanager
def _passing_over(*statuses: int) -> Iterator[None]:
    """Pass over a refusal of Hadoop's own with one of these statuses; a stranger's is none."""
    try:
        yield
    except RefusedError as error:
        if error.status not in statuses or not error.kind:
            raise


def _judged(error: RefusedError, name: str) -> Exception:
    """Return what it means that the service *name* was refused."""
    said = error.reason
    if any(words in said for words in _TAKEN):
        return ConflictError(said)
    if any(word in said for word in _LATER):
        return UnavailableError(f"YARN cannot start services now: {said}")
    if any(words in said for words in _FULL):
        return FullError(f"YARN takes no more now: {said}")
    if error.kind == SERVICES:
        never = error.status < _SERVER_ERROR or any(words in said for words in _NEVER)
        if never or (_NO_SUCH_FILE.fullmatch(said) and f"/{name}/" not in said):
            return InvalidError(f"YARN refuses it: {said}")
        return UnavailableError(f"YARN does not start it: {said}")
    if error.status == _NOT_FOUND:
        return InvalidError(_NO_SERVICES)
    return error


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else _nonsense(found)


def _nonsense(found: object) -> NoReturn:
    raise AdapterError(f"Hadoop answers nonsense: {found!r:.200}")


def _rows(found: Mapping[str, Any], key: str) -> Sequence[Any]:
    rows = found.get(key, ())
    return rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else ()


def _converted(rows: Sequence[Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(rows, type=kind, strict=False)
    except msgspec.MsgspecError as error:
        raise AdapterError(f"YARN answers nonsense: {error}") from error
