"""Experiments over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from submarine.core.access.principal import Principal
from submarine.core.errors import InvalidError
from submarine.core.experiments.diff import Difference
from submarine.core.experiments.manager import ExperimentManager
from submarine.core.experiments.patch import merge_patch
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.pages import Page
from submarine.entrypoints.documents.experiment import parse_experiment, read_experiment
from submarine.entrypoints.http.answers import Answer
from submarine.entrypoints.http.bodies import Document
from submarine.entrypoints.http.byte_stream import ByteStream
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.idempotency import Idempotency
from submarine.entrypoints.http.preconditions import IfMatch
from submarine.entrypoints.http.projection import Fields
from submarine.entrypoints.http.resources.experiment_views import (
    DifferenceView,
    DiffView,
    EventView,
    ExperimentView,
    ExplanationView,
    PlanView,
)
from submarine.entrypoints.http.routing import Keeping, route

_BASE: Final = "/api/v1/experiments"
_LOCATION: Final = _BASE + "/{id}"
_SPEC: Final = ("application/json", "application/yaml", "application/x-yaml", "text/yaml")

_LARGE: Final = 65_536
"""Bytes from which a spec is read beside the event loop: a hostile one of 1 MiB takes 0.4 s."""

Limit = Annotated[int, Field(ge=1, le=500)]


class ExperimentPatch(BaseModel, frozen=True, extra="forbid"):
    """What may change of an experiment that was accepted; tags have a route of their own."""

    description: str = Field(max_length=10_000)


class Nothing(BaseModel, frozen=True, extra="forbid"):
    """An empty object."""


class CancelRequest(BaseModel, frozen=True, extra="forbid"):
    """How the end comes: ``grace`` seconds after the signal what is left is killed."""

    grace: float | None = Field(default=None, ge=0, le=86_400)


class CloneRequest(BaseModel, frozen=True, extra="forbid"):
    """What the clone is to say differently: a merge patch (RFC 7386) of the spec."""

    changes: dict[str, Any] = Field(default_factory=dict)


class ExperimentsController:
    """Translates between HTTP and `ExperimentManager`."""

    def __init__(self, experiments: ExperimentManager, frameworks: tuple[str, ...], spec_limit: int) -> None:
        self._experiments = experiments
        self._frameworks = frameworks
        self._spec_limit = spec_limit

    @route(
        "POST",
        _BASE,
        status=201,
        tag="experiments",
        size="spec",
        consumes=_SPEC,
        location=_LOCATION,
        keeping=Keeping.HANDLER,
        also={200: PlanView},
    )
    async def submit_experiment(
        self,
        principal: Principal,
        document: Document,
        promise: Idempotency | None,
        request_id: RequestId,
        *,
        dry_run: bool = False,
    ) -> Answer[ExperimentView | PlanView]:
        """Submit an experiment.

        The body is a spec, as JSON or YAML. With `dry_run=true` nothing is changed, and the answer tells
        what would run where.
        """
        spec = await self._parsed(document)
        if dry_run:
            return Answer(PlanView.of(await self._experiments.submissions.plan(principal, spec)), status=200)
        found = await self._submit(principal, spec, promise, request_id)
        return Answer(found.value, replayed=found.replayed)

    @route("GET", _BASE, tag="experiments", sparse=("spec", "replicas"))
    async def list_experiments(
        self,
        principal: Principal,
        fields: Fields,
        *,
        project: str | None = None,
        filter_: str | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Page[ExperimentView]:
        """List experiments, newest first."""
        page = await self._experiments.finder.list(
            principal, project=project, filter=filter_, limit=limit, cursor=cursor, fields=fields
        )
        return Page([ExperimentView.of(e) for e in page.items], page.cursor)

    @route("GET", _BASE + "/{ref}", tag="experiments")
    async def show_experiment(
        self, principal: Principal, ref: str, fields: Fields, *, project: str | None = None
    ) -> ExperimentView:
        """Show one experiment, by id or by name (the newest of that name)."""
        return ExperimentView.of(await self._experiments.get(principal, ref, project))

    @route("PATCH", _BASE + "/{ref}", tag="experiments")
    async def edit_experiment(
        self, principal: Principal, ref: str, body: ExperimentPatch, match: IfMatch, request_id: RequestId
    ) -> ExperimentView:
        """Change the description."""
        found = await self._experiments.describe(
            principal, ref, body.description, version=match.version, request=request_id
        )
        return ExperimentView.of(found)

    @route("DELETE", _BASE + "/{ref}", tag="experiments")
    async def delete_experiment(
        self, principal: Principal, ref: str, match: IfMatch, request_id: RequestId
    ) -> None:
        """Delete an ended experiment with its metrics, logs and artifacts."""
        await self._experiments.delete(principal, ref, version=match.version, request=request_id)

    @route("POST", _BASE + "/{ref}/cancel", tag="experiments")
    async def cancel_experiment(
        self, principal: Principal, ref: str, request_id: RequestId, body: CancelRequest | None = None
    ) -> ExperimentView:
        """Cancel; an ended experiment stays as it is."""
        grace = body.grace if body else None
        found = await self._experiments.cancel(principal, ref, grace=grace, request=request_id)
        return ExperimentView.of(found)

    @route("POST", _BASE + "/{ref}/suspend", tag="experiments")
    async def suspend_experiment(
        self, principal: Principal, ref: str, request_id: RequestId, body: Nothing | None = None
    ) -> ExperimentView:
        """Pause a running experiment, where its cluster can."""
        del body
        return ExperimentView.of(await self._experiments.suspend(principal, ref, request=request_id))

    @route("POST", _BASE + "/{ref}/resume", tag="experiments")
    async def resume_experiment(
        self, principal: Principal, ref: str, request_id: RequestId, body: Nothing | None = None
    ) -> ExperimentView:
        """Let a suspended experiment go on."""
        del body
        return ExperimentView.of(await self._experiments.resume(principal, ref, request=request_id))

    @route(
        "POST",
        _BASE + "/{ref}/rerun",
        status=201,
        tag="experiments",
        location=_LOCATION,
        keeping=Keeping.HANDLER,
    )
    async def rerun_experiment(
        self,
        principal: Principal,
        ref: str,
        promise: Idempotency | None,
        request_id: RequestId,
        body: Nothing | None = None,
    ) -> Answer[ExperimentView]:
        """Submit the same spec again, as a new experiment."""
        del body
        key, fingerprint = _key(promise)
        found, replayed = await self._experiments.submissions.rerun(
            principal, ref, key=key, fingerprint=fingerprint, request=request_id
        )
        return Answer(ExperimentView.of(found), replayed=replayed)

    @route(
        "POST",
        _BASE + "/{ref}/clone",
        status=201,
        tag="experiments",
        size="spec",
        location=_LOCATION,
        keeping=Keeping.HANDLER,
    )
    async def clone_experiment(
        self,
        principal: Principal,
        ref: str,
        body: CloneRequest,
        promise: Idempotency | None,
        request_id: RequestId,
    ) -> Answer[ExperimentView]:
        """Submit a changed copy of the spec, as a new experiment."""
        found = await self._experiments.get(principal, ref)
        spec = read_experiment(merge_patch(dict(found.spec or {}), body.changes), self._frameworks)
        return await self._submit(principal, spec, promise, request_id, rerun_of=found.id)

    @route("GET", _BASE + "/{ref}/diff/{other}", tag="experiments")
    async def diff_experiments(self, principal: Principal, ref: str, other: str) -> DiffView:
        """Compare the specs, parameters and newest metrics of two experiments."""
        a, b, found = await self._experiments.diff(principal, ref, other)
        spec: list[Difference] = found["spec"]
        return DiffView(
            a=a.id,
            b=b.id,
            spec=_differences([d for d in spec if not d.path.startswith("params.") and d.path != "params"]),
            params=_differences([d for d in spec if d.path.startswith("params.")]),
            metrics=_differences(found["metrics"]),
        )

    @route("GET", _BASE + "/{ref}/explain", tag="experiments")
    async def explain_experiment(self, principal: Principal, ref: str) -> ExplanationView:
        """Tell why an experiment is where it is, and what it waits for."""
        return ExplanationView.of(await self._experiments.explain(principal, ref))

    @route("GET", _BASE + "/{ref}/events", tag="experiments")
    async def list_experiment_events(
        self, principal: Principal, ref: str, fields: Fields, *, limit: Limit = 500, cursor: str | None = None
    ) -> Page[EventView]:
        """List what happened to an experiment, oldest first."""
        events = await self._experiments.events(principal, ref, cursor=cursor or "", limit=limit)
        last = events[-1].cursor if len(events) == limit else None
        return Page([EventView.of(event) for event in events], last)

    @route("GET", _BASE + "/{ref}/logs", tag="experiments")
    async def read_experiment_logs(
        self,
        principal: Principal,
        ref: str,
        *,
        role: str | None = None,
        index: Annotated[int, Field(ge=0)] = 0,
        attempt: Annotated[int | None, Field(ge=1)] = None,
        offset: Annotated[int, Field(ge=0, le=2**62)] = 0,
        tail: Annotated[int | None, Field(ge=0, le=100_000)] = None,
        follow: bool = False,
    ) -> ByteStream:
        """Read the output of one replica from a byte offset on, or its last lines.

        The header `Submarine-Log-Offset` is the offset of the first byte. With `follow=true` the answer
        goes on until the replica has ended; when it breaks, ask again with the offset you have reached.
        """
        if tail is not None and offset:
            raise InvalidError.of("tail", "is given beside offset", "one of the two")
        start, source = await self._experiments.logs(
            principal, ref, role=role, index=index, attempt=attempt, offset=offset, tail=tail, follow=follow
        )
        return ByteStream(
            source if follow else await _begun(source),
            content_type="text/plain; charset=utf-8",
            headers={"Submarine-Log-Offset": str(start)},
        )

    @route("GET", _BASE + "/{ref}/code", tag="experiments")
    async def download_experiment_code(
        self, principal: Principal, ref: str, *, project: str | None = None
    ) -> ByteStream:
        """Download the archive that was uploaded as the code of an experiment."""
        archive, source = await self._experiments.code(principal, ref, project=project)
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return ByteStream(source, content_type="application/gzip", length=archive.size, headers=headers)

    async def _parsed(self, document: Document) -> ExperimentSpec:
        """Return the spec; a large document is read in a thread, so that others are answered meanwhile."""
        said = document.data, document.content_type, self._frameworks, self._spec_limit
        if len(document.data) < _LARGE:
            return parse_experiment(*said)
        return await asyncio.to_thread(parse_experiment, *said)

    async def _submit(
        self,
        principal: Principal,
        spec: ExperimentSpec,
        promise: Idempotency | None,
        request_id: str,
        rerun_of: str | None = None,
    ) -> Answer[ExperimentView]:
        key, fingerprint = _key(promise)
        found, replayed = await self._experiments.submissions.submit(
            principal, spec, key=key, fingerprint=fingerprint, request=request_id, rerun_of=rerun_of
        )
        return Answer(ExperimentView.of(found), replayed=replayed)


def _key(promise: Idempotency | None) -> tuple[str, str]:
    return (f"{promise.scope} {promise.key}", promise.fingerprint) if promise else ("", "")


def _differences(found: list[Difference]) -> list[DifferenceView]:
    return [DifferenceView(path=d.path, a=d.a, b=d.b) for d in found]


async def _begun(source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return *source* once its first bytes are there: what is wrong before them can still be a problem."""
    first = await anext(source, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in source:
            yield chunk

    return whole()
