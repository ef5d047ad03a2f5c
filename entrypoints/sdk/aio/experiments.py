"""Experiments: hand them in, look at them, change their course."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, overload

from submarine.entrypoints.sdk import specs
from submarine.entrypoints.sdk.aio.artifacts import AsyncArtifacts
from submarine.entrypoints.sdk.aio.concurrency import run
from submarine.entrypoints.sdk.aio.following import AsyncFollowing
from submarine.entrypoints.sdk.aio.measuring import AsyncMeasuring, ref_of
from submarine.entrypoints.sdk.aio.transport import AsyncTransport
from submarine.entrypoints.sdk.errors import NotFound, SpecError
from submarine.entrypoints.sdk.packing import Progress, pack
from submarine.entrypoints.sdk.request import Request, get, path_of, send, upload
from submarine.entrypoints.sdk.values import Difference, Event, Experiment, Explanation, Plan, Project


def _path(ref: str | Experiment, *more: str) -> str:
    return path_of("experiments", ref_of(ref), *more)


class AsyncExperiments(AsyncFollowing, AsyncMeasuring):
    """``client.experiments``; a *ref* is an id, a name (the newest of that name) or an `Experiment`."""

    def __init__(self, transport: AsyncTransport) -> None:
        super().__init__(transport)
        self.artifacts = AsyncArtifacts(transport)

    @overload
    async def submit(
        self,
        spec: str | Path | specs.Spec,
        *,
        wait: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109
        dry_run: Literal[False] = False,
        base: Path | None = None,
        progress: Progress | None = None,
    ) -> Experiment: ...

    @overload
    async def submit(
        self,
        spec: str | Path | specs.Spec,
        *,
        wait: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109
        dry_run: Literal[True],
        base: Path | None = None,
        progress: Progress | None = None,
    ) -> Plan: ...

    async def submit(
        self,
        spec: str | Path | specs.Spec,
        *,
        wait: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - the blocking twin has the same signature
        dry_run: bool = False,
        base: Path | None = None,
        progress: Progress | None = None,
    ) -> Experiment | Plan:
        """Hand in *spec*, a mapping or the path of a file, and return the experiment.

        ``code.dir`` is packed and sent along, relative to *base*: the file's folder, else the current one.
        With *dry_run* nothing changes and the plan is returned; with *wait* see `wait`.
        """
        document, folder = await run(specs.read, spec)
        if self._transport.connection.project:
            document.setdefault("project", self._transport.connection.project)
        document = await self._with_code(document, base or folder, progress, store=not dry_run)
        if dry_run:
            return await self._plan(document)
        experiment = await self._ask(send("POST", "/experiments", document), Experiment)
        return await self.wait(experiment, timeout=timeout) if wait else experiment

    async def _plan(self, document: dict[str, Any]) -> Plan:
        """Return the plan for *document*; code that was not sent cannot be judged and is left out."""
        archive = document["code"] if "archive" in (document.get("code") or {}) else None
        asked = {k: v for k, v in document.items() if k != "code" or archive is None}
        plan = await self._ask(send("POST", "/experiments", asked, dry_run=True), Plan)
        if archive is None:
            return plan
        return Plan({**plan, "experiment": {**plan.get("experiment", {}), "code": archive}})

    async def _with_code(
        self, document: dict[str, Any], base: Path, progress: Progress | None, *, store: bool
    ) -> dict[str, Any]:
        code = document.get("code")
        if not isinstance(code, Mapping) or "dir" not in code:
            return document
        if not isinstance(code["dir"], str):
            raise SpecError("code.dir is not text", "Write the path of a folder, such as '.'.")
        with TemporaryDirectory(prefix="submarine-code-") as scratch:
            target = Path(scratch) / "code.tar.gz"
            archive = await run(pack, base / code["dir"], target, progress=progress)
            if store:
                project = document.get("project") or await self._only_project()
                document = {**document, "project": project}
                path = path_of("projects", str(project), "code", archive.digest)
                await self._store(path, archive.path)
        rest = {k: v for k, v in code.items() if k != "dir"}
        return {**document, "code": {**rest, "archive": {"digest": archive.digest, "size": archive.size}}}

    async def _store(self, path: str, archive: Path) -> None:
        try:
            await self._transport.send(Request(method="HEAD", path=path))
        except NotFound:
            await self._transport.send(upload(path, archive, "application/gzip"))

    async def _only_project(self) -> str:
        """Return the one project the caller has, as code is stored by project."""
        found = [p.ref async for p in self._all("/projects", Project, 20)]
        if len(found) != 1:
            offer = ", ".join(found) or "none"
            raise SpecError(
                f"the spec names no project, and you have {len(found)}: {offer}", "Set `project`."
            )
        return found[0]

    async def get(
        self, ref: str, *, project: str | None = None, fields: Iterable[str] | None = None
    ) -> Experiment:
        """Return the experiment, with only *fields* if they are given."""
        names = None if fields is None else list(fields)
        return await self._ask(get(_path(ref), project=project, fields=names), Experiment)

    def list(
        self,
        *,
        project: str | None = None,
        filter: str | None = None,  # noqa: A002 - the name in the API
        fields: Iterable[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Experiment]:
        """Yield experiments, the newest first, at most *limit*."""
        names = None if fields is None else list(fields)
        return self._all("/experiments", Experiment, limit, project=project, filter=filter, fields=names)

    async def update(
        self,
        ref: str | Experiment,
        *,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        etag: str | None = None,
    ) -> Experiment:
        """Set the description or all tags; with *etag*, only if nobody changed it since."""
        body: dict[str, Any] = {} if description is None else {"description": description}
        if tags is not None:
            body["tags"] = [*tags]
        return await self._ask(send("PATCH", _path(ref), body, etag=etag), Experiment)

    async def cancel(self, ref: str | Experiment, *, grace: float | None = None) -> Experiment:
        """Stop it, killing after *grace* seconds (None: those of its spec); an ended one stays as it is."""
        body = None if grace is None else {"grace": grace}
        return await self._ask(send("POST", _path(ref, "cancel"), body), Experiment)

    async def suspend(self, ref: str | Experiment) -> Experiment:
        """Pause it; raise `Conflict` where its runtime cannot."""
        return await self._ask(send("POST", _path(ref, "suspend")), Experiment)

    async def resume(self, ref: str | Experiment) -> Experiment:
        """Let a suspended one go on."""
        return await self._ask(send("POST", _path(ref, "resume")), Experiment)

    async def delete(self, ref: str | Experiment, *, etag: str | None = None) -> None:
        """Remove an ended one with its metrics, logs and artifacts."""
        await self._delete(_path(ref), etag)

    async def rerun(self, ref: str | Experiment) -> Experiment:
        """Run the same spec again, as a new experiment."""
        return await self._ask(send("POST", _path(ref, "rerun"), {}), Experiment)

    async def clone(self, ref: str | Experiment, changes: Mapping[str, Any] | None = None) -> Experiment:
        """Run its spec with *changes*, a merge patch (RFC 7386), as a new experiment."""
        return await self._ask(
            send("POST", _path(ref, "clone"), {"changes": dict(changes or {})}), Experiment
        )

    async def diff(self, ref: str | Experiment, other: str | Experiment) -> Difference:
        """Return what differs between two."""
        return await self._ask(get(_path(ref, "diff", ref_of(other))), Difference)

    async def explain(self, ref: str | Experiment) -> Explanation:
        """Return why it is where it is, since when, and what it waits for."""
        return await self._ask(get(_path(ref, "explain")), Explanation)

    def events(self, ref: str | Experiment) -> AsyncIterator[Event]:
        """Yield what has happened so far, the oldest first."""
        return self._all(_path(ref, "events"), Event)
