"""A workload where the services API is off: one application under the master of Hadoop's distributed shell.

That master knows no roles and brings nothing into its containers but one script. So the script carries the
launcher and its document with it, containers take replicas by themselves, and fetch from HDFS what they
need more.
"""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import msgspec

from submarine.adapters.hadoop.webhdfs import FileStatus
from submarine.adapters.yarn import acting, job, kit, names, records, script, shell
from submarine.adapters.yarn.cache import Attempt, Who
from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.credentials import tokens
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.objects import ABORTED, CONSIDERED, SHELL, App, Exit
from submarine.adapters.yarn.reasons import tidy
from submarine.adapters.yarn.records import Application, Plan
from submarine.core.errors import ConflictError, FullError, InvalidError, NotFoundError
from submarine.core.workloads.fitting import too_large
from submarine.core.workloads.workload import Archive, Remote, Workload, WorkloadKind

_WHY: Final = "as the services API is off"
_DEVICE: Final = re.compile(r"[\w./-]+")
"""What stands on the master's command line, which a shell reads."""
_PAUSES: Final = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between looks at an application that YARN is considering."""
_FULL: Final = "already has"
"""So many applications, says a queue that takes no more now."""


class Shell:
    """The distributed shell: equal containers, of which YARN starts another only where a node was lost."""

    name: str = "shell"
    type: str = SHELL
    signal: str = "OUTPUT_THREAD_DUMP"
    """SIGQUIT: the shells of YARN around the launcher ignore it, and would die of any other."""
    shared_kit: bool = False

    def offered(self, seen: Seen) -> bool:  # noqa: ARG002 - the protocol's
        """Suit every cluster."""
        return True

    def note(self, *, asked: bool) -> str:
        """Say so, and why."""
        return f"jobs run as distributed shell applications, {'as the settings say' if asked else _WHY}"

    def told(self, *, asked: bool) -> str:
        """Say so, and why."""
        return f"as a distributed shell application, {'as the settings say' if asked else _WHY}"

    def refusal(self, workload: Workload, config: YarnConfig, seen: Seen) -> str | None:
        """Refuse what equal containers cannot be for."""
        roles = workload.roles
        if any(dict(role.resources.extra) != dict(roles[0].resources.extra) for role in roles):
            return "its roles ask for different devices, and all containers of a distributed shell are alike"
        for name in roles[0].resources.extra:
            if not _DEVICE.fullmatch(config.resource_names.get(name, name)):
                return f"{name!r} is not the name of a device"
        if any(role.name in config.placement for role in roles):
            return "placement names one of its roles, and all containers of a distributed shell are alike"
        if workload.environment.image is not None:
            return f"a distributed shell runs no images ({workload.environment.image})"
        size = shell.largest(config, roles)
        return too_large(
            replace(workload, roles=tuple(replace(r, resources=size) for r in roles)), seen.nodes
        )

    def files(self, workload: Workload, config: YarnConfig) -> Mapping[str, bytes]:
        """Return the one script, with all that it needs behind its last line."""
        owner = acting.owner(config, workload)
        document = job.document(config, workload, owner) | {"brought": _brought(workload, config)}
        archive = io.BytesIO(kit.content())
        with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
            file.writestr(names.JOB, msgspec.json.encode(document))
        head = script.shell(workload.name, config.python).encode()
        return {f"{shell.SCRIPT}.sh": head + archive.getvalue()}

    async def start(self, cluster: Cluster, workload: Workload, attempt: Attempt) -> None:
        """Take an id and write it down, then submit under it: the same id is never submitted twice."""
        try:
            application = await self._application(cluster, attempt)
            given = await self._given(cluster, workload, attempt)
        except NotFoundError:
            return  # it was removed meanwhile
        body = shell.submission(cluster.config, workload, application, given)
        await cluster.manager.start_application(body, attempt.owner)
        await self._considered(cluster, attempt, application)

    async def made(self, cluster: Cluster, app: App) -> bool:
        """Look for the tag of our staging folder."""
        return shell.tag(cluster.config) in app.tags.split(",")

    def unheard(self, attempt: Attempt, plan: Plan) -> Mapping[Who, Exit]:
        """Tell by their seats which containers are whose; who had none was for any of the others.

        A container that ended well without a word had nothing left to do.
        """
        silent = {found.container: found for found in attempt.silent() if found.status != 0}
        unborn = [who for who in plan.replicas() if who not in attempt.runs]
        seated = {who: attempt.seats[who].container for who in unborn if who in attempt.seats}
        told = {who: silent[name] for who, name in seated.items() if name in silent}
        if not attempt.app_over():
            told = {w: found for w, found in told.items() if not _restarted(plan, found)}
        others = {seat.container for seat in attempt.seats.values()}
        loose = [f for name, f in silent.items() if name not in others and not _replaced(attempt, f)]
        return {**told, **dict(zip((w for w in unborn if w not in seated), loose, strict=False))}

    def replaces(self, plan: Plan, found: Exit | None) -> bool:
        """Begin again in the same container; in another only where there is no doubt whose it was."""
        return found is None or _restarted(plan, found)

    async def _application(self, cluster: Cluster, attempt: Attempt) -> str:
        """Return the id, that of whoever was first to write one down."""
        if attempt.application is not None:
            return attempt.application.id
        own = Application(await cluster.manager.new_application(attempt.owner))
        with suppress(ConflictError):
            await cluster.files.create(attempt.handle, names.APPLICATION, own, attempt.owner)
            return own.id
        content = await cluster.files.read(f"{attempt.handle}/{names.APPLICATION}", attempt.owner)
        return records.read(content, Application).id

    async def _considered(self, cluster: Cluster, attempt: Attempt, application: str) -> None:
        """Wait until YARN has it in a queue; raise `FullError` or `InvalidError` if no queue takes it."""
        for pause in _PAUSES:
            found = await cluster.manager.applications(attempt.handle, attempt.owner)
            app = next((app for app in found if app.id == application), None)
            if app is not None and app.state not in CONSIDERED:
                break
            await asyncio.sleep(pause)
        else:
            return  # what becomes of it is seen by whoever looks
        if app.refused:
            raise (FullError if _FULL in app.diagnostics else InvalidError)(
                f"YARN refuses it: {tidy(app.diagnostics)}"
            )

    async def _given(self, cluster: Cluster, workload: Workload, attempt: Attempt) -> shell.Given:
        config, files = cluster.config, cluster.files
        filesystem = config.filesystem or await cluster.manager.setting("fs.defaultFS")
        if filesystem is None:
            raise InvalidError("YARN does not tell its fs.defaultFS; name it by the setting filesystem")
        _check(workload, filesystem)
        path = f"{config.folder}/{workload.name}/{shell.SCRIPT}.sh"
        return shell.Given(
            filesystem=filesystem.rstrip("/"),
            tokens=await tokens(config, cluster.manager, files, filesystem, attempt.owner),
            classpath=await cluster.manager.setting("yarn.application.classpath") or shell.CLASSPATH,
            script=await files.status(path, attempt.owner),
            jar=await _jar(cluster, attempt.owner),
        )


async def _jar(cluster: Cluster, user: str) -> FileStatus | None:
    if (path := cluster.config.shell_jar) is None:
        return None
    try:
        return await cluster.files.status(path, user)
    except NotFoundError as error:
        raise InvalidError(f"there is no {path} on HDFS, which the setting shell_jar names") from error


def _replaced(attempt: Attempt, found: Exit) -> bool:
    """Tell whether the master starts another container in the place of *found*, which nobody had taken."""
    return found.status == ABORTED and not attempt.app_over()


def _restarted(plan: Plan, found: Exit) -> bool:
    """Tell whether the container that is started in the place of *found* takes its replica over."""
    return found.status == ABORTED and plan.kind == WorkloadKind.SERVICE and len(plan.replicas()) == 1


def _check(workload: Workload, filesystem: str) -> None:
    """Raise `InvalidError` if code lies on another HDFS than the one that containers read."""
    if isinstance(workload.source, Remote):
        found = urlsplit(workload.source.uri)
        if found.scheme == "hdfs" and found.netloc not in {"", urlsplit(filesystem).netloc}:
            raise InvalidError(
                f"containers read code from {filesystem} alone, not from {workload.source.uri}"
            )


def _brought(workload: Workload, config: YarnConfig) -> dict[str, str]:
    """Return what a launcher fetches from HDFS: the name there, by that in the container."""
    found: dict[str, str] = {}
    match workload.source:
        case Archive():
            found[names.CODE] = f"{config.folder}/{workload.name}/{names.CODE}"
        case Remote(uri=uri) if not uri.startswith(("http://", "https://")):
            found[names.CODE] = urlsplit(uri).path
    if config.environment is not None:
        found[names.ENVIRONMENT] = urlsplit(config.environment).path
    return found
