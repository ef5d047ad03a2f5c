# Made from aio/experiments.py by mirror.py: edit it there.
# fmt: off
# ruff: noqa: E501, I001, RUF100, SIM117, UP028
"""Experiments: hand them in, look at them, change their course."""

from __future__ import annotations

from collections.abc import Iterator, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, overload

from submarine.entrypoints.sdk import specs
from submarine.entrypoints.sdk.sync.artifacts import Artifacts
from submarine.entrypoints.sdk.sync.concurrency import run
from submarine.entrypoints.sdk.sync.following import Following
from submarine.entrypoints.sdk.sync.measuring import Measuring, ref_of
from submarine.entrypoints.sdk.sync.transport import Transport
from submarine.entrypoints.sdk.errors import NotFound, SpecError
from submarine.entrypoints.sdk.packing import Progress, pack
from submarine.entrypoints.sdk.request import Request, get, path_of, send, upload
from submarine.entrypoints.sdk.values import Difference, Event, Experiment, Explanation, Plan, Project


def _path(ref: str | Experiment, *more: str) -> str:
    return path_of("experiments", ref_of(ref), *more)


class Experiments(Following, Measuring):
    """``client.experiments``; a *ref* is an id, a name (the newest of that name) or an `Experiment`."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.artifacts = Artifacts(transport)

    @overload
    def submit(
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
    def submit(
        self,
        spec: str | Path | specs.Spec,
        *,
        wait: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109
        dry_run: Literal[True],
        base: Path | None = None,
        progress: Progress | None = None,
    ) -> Plan: ...

    def submit(
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
        document, folder = run(specs.read, spec)
        if self._transport.connection.project:
            document.setdefault("project", self._transport.connection.project)
        document = self._with_code(document, base or folder, progress, store=not dry_run)
        if dry_run:
            return self._plan(document)
        experiment = self._ask(send("POST", "/experiments", document), Experiment)
        return self.wait(experiment, timeout=timeout) if wait else experiment

    def _plan(self, document: dict[str, Any]) -> Plan:
        """Return the plan for *document*; code that was not sent cannot be judged and is left out."""
        archive = document["code"] if "archive" in (document.get("code") or {}) else None
        asked = {k: v for k, v in document.items() if k != "code" or archive is None}
        plan = self._ask(send("POST", "/experiments", asked, dry_run=True), Plan)
        if archive is None:
            return plan
        return Plan({**plan, "experiment": {**plan.get("experiment", {}), "code": archive}})

    def _with_code(
        self, document: dict[str, Any], base: Path, progress: Progress | None, *, store: bool
    ) -> dict[str, Any]:
        code = document.get("code")
        if not isinstance(code, Mapping) or "dir" not in code:
            return document
        if not isinstance(code["dir"], str):
            raise SpecError("code.dir is not text", "Write the path of a folder, such as '.'.")
        with TemporaryDirectory(prefix="submarine-code-") as scratch:
            target = Path(scratch) / "code.tar.gz"
            archive = run(pack, base / code["dir"], target, progress=progress)
            if store:
                project = document.get("project") or self._only_project()
                document = {**document, "project": project}
                path = path_of("projects", str(project), "code", archive.digest)
                self._store(path, archive.path)
        rest = {k: v for k, v in code.items() if k != "dir"}
        return {**document, "code": {**rest, "archive": {"digest": archive.digest, "size": archive.size}}}

    def _store(self, path: str, archive: Path) -> None:
        try:
            self._transport.send(Request(method="HEAD", path=path))
        except NotFound:
            self._transport.send(upload(path, archive, "application/gzip"))

    def _only_project(self) -> str:
        """Return the one project the caller has, as code is stored by project."""
        found = [p.ref for p in self._all("/projects", Project, 20)]
        if len(found) != 1:
            offer = ", ".join(found) or "none"
            raise SpecError(
                f"the spec names no project, and you have {len(found)}: {offer}", "Set `project`."
            )
        return found[0]

    def get(
        self, ref: str, *, project: str | None = None, fields: Iterable[str] | None = None
    ) -> Experiment:
        """Return the experiment, with only *fields* if they are given."""
        names = None if fields is None else list(fields)
        return self._ask(get(_path(ref), project=project, fields=names), Experiment)

    def list(
        self,
        *,
        project: str | None = None,
        filter: str | None = None,  # noqa: A002 - the name in the API
        fields: Iterable[str] | None = None,
        limit: int | None = None,
    ) -> Iterator[Experiment]:
        """Yield experiments, the newest first, at most *limit*."""
        names = None if fields is None else list(fields)
        return self._all("/experiments", Experiment, limit, project=project, filter=filter, fields=names)

    def update(
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
        return self._ask(send("PATCH", _path(ref), body, etag=etag), Experiment)

    def cancel(self, ref: str | Experiment, *, grace: float | None = None) -> Experiment:
        """Stop it, killing after *grace* seconds (None: those of its spec); an ended one stays as it is."""
        body = None if grace is None else {"grace": grace}
        return self._ask(send("POST", _path(ref, "cancel"), body), Experiment)

    def suspend(self, ref: str | Experiment) -> Experiment:
        """Pause it; raise `Conflict` where its runtime cannot."""
        return self._ask(send("POST", _path(ref, "suspend")), Experiment)

    def resume(self, ref: str | Experiment) -> Experiment:
        """Let a suspended one go on."""
        return self._ask(send("POST", _path(ref, "resume")), Experiment)

    def delete(self, ref: str | Experiment, *, etag: str | None = None) -> None:
        """Remove an ended one with its metrics, logs and artifacts."""
        self._delete(_path(ref), etag)

    def rerun(self, ref: str | Experiment) -> Experiment:
        """Run the same spec again, as a new experiment."""
        return self._ask(send("POST", _path(ref, "rerun"), {}), Experiment)

    def clone(self, ref: str | Experiment, changes: Mapping[str, Any] | None = None) -> Experiment:
        """Run its spec with *changes*, a merge patch (RFC 7386), as a new experiment."""
        return self._ask(
            send("POST", _path(ref, "clone"), {"changes": dict(changes or {})}), Experiment
        )

    def diff(self, ref: str | Experiment, other: str | Experiment) -> Difference:
        """Return what differs between two."""
        return self._ask(get(_path(ref, "diff", ref_of(other))), Difference)

    def explain(self, ref: str | Experiment) -> Explanation:
        """Return why it is where it is, since when, and what it waits for."""
        return self._ask(get(_path(ref, "explain")), Explanation)

    def events(self, ref: str | Experiment) -> Iterator[Event]:
        """Yield what has happened so far, the oldest first."""
        return self._all(_path(ref, "events"), Event)
