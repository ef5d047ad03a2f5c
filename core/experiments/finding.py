"""Finds experiments for callers: what they may not see is not there for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import InvalidError, NotFoundError
from submarine.core.experiments.doorway import Doorway
from submarine.core.experiments.experiment import Experiment
from submarine.core.experiments.filtering import FIELDS
from submarine.core.experiments.store import ExperimentRecords, ExperimentTransaction, Query
from submarine.core.filters.parser import parse
from submarine.core.pages import Page

LIMIT: Final = 500
METRICS: Final = 100
"""How many metrics of an experiment are shown with it; all of them are a list of their own."""


class Finder:
    """Asks who may see what, then the records."""

    def __init__(self, records: ExperimentRecords, doorway: Doorway, clock: Clock = now) -> None:
        self._records = records
        self._doorway = doorway
        self._clock = clock

    async def list(
        self,
        principal: Principal,
        *,
        project: str | None = None,
        filter: str | None = None,  # noqa: A002 - its name on the wire
        cursor: str | None = None,
        limit: int = 50,
        fields: Collection[str] = (),
    ) -> Page[Experiment]:
        """Return a page of what the caller may see, newest first."""
        if not 1 <= limit <= LIMIT:
            raise InvalidError.of("limit", f"{limit} is out of range", f"1 to {LIMIT}")
        projects = await self._doorway.visible(principal)
        if project is not None:
            projects = [(await self._doorway.resolve(principal, project)).id]
        if principal.job is not None:
            return Page([])
        query = Query(
            projects=projects,
            filter=parse(filter, FIELDS, self._clock()) if filter else None,
            before=cursor,
            limit=limit + 1,
            replicas="replicas" in fields,
            spec="spec" in fields,
        )
        async with self._records.read() as tx:
            found = await tx.experiments.page(query)
            page = await annotated(tx, found[:limit])
        return Page(page, page[-1].id if len(found) > limit else None)

    async def locate(
        self, principal: Principal, ref: str, project: str | None, role: Role, scope: Scope
    ) -> Experiment:
        """Return the experiment with id or name *ref*, narrowed by *project*, if the caller may.

        Raise `NotFoundError` if there is none that the caller may see, `ForbiddenError` if they see it
        but have less than *role* or *scope*. A job's own token finds its own job.
        """
        if principal.job is not None:
            if ref != principal.job:
                raise NotFoundError(f"no experiment {ref!r} for this job's token")
            projects: Collection[str] | None = None
        else:
            projects = await self._doorway.visible(principal)
            if project is not None:
                projects = [(await self._doorway.resolve(principal, project)).id]
        async with self._records.read() as tx:
            id_ = await tx.experiments.find(ref, projects)
            found = await tx.experiments.get(id_) if id_ else None
            if found is None:
                raise NotFoundError(f"no experiment {ref!r}")
            found = (await annotated(tx, [found]))[0]
        if principal.job is None:
            owner = await self._doorway.project(found.project_id)
            self._doorway.require(principal, owner, role, scope)
        return found

    async def own(self, principal: Principal, ref: str) -> Experiment:
        """Return the experiment if the caller may change it: their own as member, any as maintainer."""
        if principal.job is not None:
            raise NotFoundError(f"no experiment {ref!r} that a job's token may change")
        found = await self.locate(principal, ref, None, Role.MEMBER, Scope.WRITE)
        if found.created_by != principal.name:
            owner = await self._doorway.project(found.project_id)
            self._doorway.require(principal, owner, Role.MAINTAINER, Scope.WRITE)
        return found


async def annotated(tx: ExperimentTransaction, found: Sequence[Experiment]) -> list[Experiment]:
    """Return *found* with tags, params and metrics: three statements, however many there are."""
    ids = [experiment.id for experiment in found]
    if not ids:
        return []
    tags = await tx.metadata.tags_of(ids)
    params = await tx.metadata.params_of(ids)
    metrics = await tx.metadata.latest_metrics(ids, METRICS)
    return [
        replace(
            e,
            tags=tuple(tags.get(e.id, ())),
            params=params.get(e.id, {}),
            metrics=metrics.get(e.id, {}),
            spec=None
            if e.spec is None
            else shown(e.spec, e.name, e.project, e.description, tags.get(e.id, ())),
        )
        for e in found
    ]


def shown(
    document: Mapping[str, Any], name: str, project: str, description: str, tags: Sequence[str]
) -> Mapping[str, Any]:
    """Return the stored *document* of a job with what its experiment adds, as somebody would submit it."""
    said: dict[str, Any] = {"kind": "experiment", "name": name, "project": project}
    if description:
        said["description"] = description
    if tags:
        said["tags"] = list(tags)
    return {**said, **document}
