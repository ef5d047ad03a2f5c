"""The MetadataManager: what a user, or a job, can say and ask about an experiment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError, InvalidError, NotFoundError
from submarine.core.jobs.faults import short
from submarine.core.jobs.interpolation import Scalar, show_scalar
from submarine.core.metadata.locator import Located, Locator
from submarine.core.metadata.metrics import Accepted, Latest, MetricBatch, Reported, Sample
from submarine.core.metadata.params import Spelled, spell
from submarine.core.metadata.recorder import MetricRecorder
from submarine.core.metadata.store import MetadataRecords
from submarine.core.metadata.tags import check_changes
from submarine.core.metadata.trail import audit
from submarine.core.pages import Page

MOST_SAMPLES: Final = 10_000
"""Samples of one page, and the finest thinning."""

_REMEMBERED: Final = 10_000


class MetadataManager:
    """Authorises, then records or reads; jobs write with their own token, to their own experiment."""

    def __init__(
        self, records: MetadataRecords, locator: Locator, recorder: MetricRecorder, clock: Clock = now
    ) -> None:
        self._records = records
        self._locator = locator
        self._recorder = recorder
        self._clock = clock
        self._jobs: set[str] = set()

    # metrics

    async def log_metrics(
        self,
        principal: Principal,
        ref: str,
        points: Sequence[Reported],
        *,
        writer: str | None = None,
        sequence: int | None = None,
        project: str | None = None,
    ) -> Accepted:
        """Record *points*; on return they are safe. A *sequence* not above the writer's last counts nothing.

        A *writer* makes one call at a time, and repeats one that failed before it makes the next.
        """
        experiment = await self._reported(principal, ref, project)
        return await self._recorder.record(MetricBatch(experiment, points, writer, sequence))

    async def metrics(
        self, principal: Principal, ref: str, *, project: str | None = None
    ) -> Sequence[Latest]:
        """Return all metrics in short, by key."""
        found = await self._located(principal, ref, project, Role.VIEWER)
        async with self._records.read() as tx:
            return await tx.metadata.latest(found.id)

    async def history(
        self,
        principal: Principal,
        ref: str,
        key: str,
        *,
        cursor: str | None = None,
        limit: int = 1000,
        max_points: int | None = None,
        project: str | None = None,
    ) -> Page[Sample]:
        """Return a page of the values of the metric *key*, in order of arrival.

        With *max_points*, return the whole metric thinned to so many, evenly, by step. Raise
        `NotFoundError` if there is no such metric.
        """
        after = _place(cursor)
        _check_count("limit", limit)
        if max_points is not None:
            _check_count("max_points", max_points)
            if cursor is not None:
                raise InvalidError.of(
                    "cursor", "a thinned metric has one page", "cursor or max_points, not both"
                )
        found = await self._located(principal, ref, project, Role.VIEWER)
        async with self._records.read() as tx:
            if max_points is not None:
                page = Page(await tx.metadata.thinned(found.id, key, max_points))
            else:
                some = await tx.metadata.history(found.id, key, after=after, limit=limit + 1)
                page = Page(some[:limit], str(some[limit - 1].place) if len(some) > limit else None)
            if not page.items and cursor is None:
                raise _no_metric(found, key, await tx.metadata.latest(found.id))
            return page

    # parameters and tags

    async def set_params(
        self,
        principal: Principal,
        ref: str,
        params: Mapping[str, Scalar],
        *,
        project: str | None = None,
        request: str = "",
    ) -> None:
        """Set *params*, all or none; raise `ConflictError` if one has another value already."""
        spelled = spell(params)
        found = await self._located(principal, ref, project, Role.MEMBER)
        async with self._records.begin() as tx:
            recorded = await tx.metadata.set_params(found.id, spelled)
            if recorded:
                raise disagreement(spelled, recorded)
            await audit(tx, principal, found, "experiment.set-params", self._clock(), request, {})

    async def change_tags(
        self,
        principal: Principal,
        ref: str,
        *,
        add: Collection[str] = (),
        remove: Collection[str] = (),
        project: str | None = None,
        request: str = "",
    ) -> Sequence[str]:
        """Add and remove tags; return all that there are now."""
        check_changes(add, remove)
        found = await self._located(principal, ref, project, Role.MEMBER)
        async with self._records.begin() as tx:
            tags = await tx.metadata.change_tags(found.id, add, remove)
            change = {"add": sorted(add), "remove": sorted(remove)}
            await audit(tx, principal, found, "experiment.tag", self._clock(), request, change)
            return tags

    async def _reported(self, principal: Principal, ref: str, project: str | None) -> str:
        """Return the id of the experiment to record for; jobs, who call often, are found once."""
        if principal.job is not None and principal.job == ref and ref in self._jobs:
            return ref
        found = await self._located(principal, ref, project, Role.MEMBER)
        if principal.job is not None:
            if len(self._jobs) >= _REMEMBERED:
                self._jobs.clear()
            self._jobs.add(found.id)
        return found.id

    async def _located(self, principal: Principal, ref: str, project: str | None, role: Role) -> Located:
        scope = Scope.READ if role is Role.VIEWER else Scope.WRITE
        return await self._locator.locate(principal, ref, project, role, scope)


def disagreement(said: Mapping[str, Spelled], recorded: Mapping[str, Scalar]) -> ConflictError:
    """Return the error about parameters that have other values already."""
    shown = [
        f"{key} is {short(show_scalar(value))} and cannot become {short(said[key].text)}"
        for key, value in sorted(recorded.items())
    ]
    more = f" (and {len(shown) - 3} more)" if len(shown) > 3 else ""  # noqa: PLR2004 - what fits a line
    return ConflictError(f"parameters are set once: {', '.join(shown[:3])}{more}")


def _no_metric(found: Located, key: str, latest: Sequence[Latest]) -> NotFoundError:
    offered = short(", ".join(metric.key for metric in latest), 200) if latest else "none yet"
    return NotFoundError(f"{found.name} has no metric {short(key)!r}; on offer: {offered}")


def _check_count(field: str, count: int) -> None:
    if not 1 <= count <= MOST_SAMPLES:
        raise InvalidError.of(field, f"{count} is out of range", f"1 to {MOST_SAMPLES}")


def _place(cursor: str | None) -> int:
    if cursor is None:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):  # noqa: PLR2004 - 64 bits
        raise InvalidError.of("cursor", "is none of ours", "the next_cursor of the page before")
    return int(cursor)
