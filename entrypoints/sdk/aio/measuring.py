"""Params, metrics and tags of experiments, read and written from outside of a job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from submarine.entrypoints.sdk.aio.namespace import AsyncNamespace
from submarine.entrypoints.sdk.numbers import encoded
from submarine.entrypoints.sdk.request import get, path_of, send
from submarine.entrypoints.sdk.values import Experiment, Metric, Point, Scalar


def ref_of(ref: str | Experiment) -> str:
    """Return what stands for *ref* in a path."""
    return ref if isinstance(ref, str) else ref.id


class AsyncMeasuring(AsyncNamespace):
    """What an experiment recorded."""

    async def metrics(self, ref: str | Experiment) -> list[Metric]:
        """Return the newest value of each metric."""
        answer = await self._transport.send(get(path_of("experiments", ref_of(ref), "metrics")))
        return [Metric.of(m) for m in (answer.json() or {}).get("items", [])]

    def metric(
        self, ref: str | Experiment, key: str, *, limit: int | None = None, max_points: int | None = None
    ) -> AsyncIterator[Point]:
        """Yield the values of *key* in order; *max_points* thins them evenly."""
        path = path_of("experiments", ref_of(ref), "metrics", key)
        return self._all(path, Point, limit, max_points=max_points)

    async def log_metrics(
        self, ref: str | Experiment, values: Mapping[str, float], *, step: int | None = None
    ) -> int:
        """Record one value for each key; return how many were accepted."""
        extra = {} if step is None else {"step": int(step)}
        points = [{"key": k, "value": encoded(v), **extra} for k, v in values.items()]
        return await self.log_points(ref, points)

    async def log_points(
        self,
        ref: str | Experiment,
        points: Iterable[Mapping[str, Any]],
        *,
        writer: str | None = None,
        sequence: int | None = None,
    ) -> int:
        """Record *points* ``{key, value, step?, at?}``; a (*writer*, *sequence*) seen before adds nothing."""
        body: dict[str, Any] = {"points": [dict(p) for p in points]}
        if writer is not None:
            body |= {"writer": writer, "sequence": sequence}
        path = path_of("experiments", ref_of(ref), "metrics")
        answer = await self._transport.send(send("POST", path, body))
        return int((answer.json() or {}).get("accepted", 0))

    async def log_params(self, ref: str | Experiment, params: Mapping[str, Scalar]) -> None:
        """Record *params*, each once; raise `Conflict` if one is there with another value."""
        path = path_of("experiments", ref_of(ref), "params")
        await self._transport.send(send("PATCH", path, {"params": dict(params)}))

    async def tag(
        self, ref: str | Experiment, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> list[str]:
        """Add and remove tags; return those that are there afterwards."""
        changes = {"add": list(add), "remove": list(remove)}
        path = path_of("experiments", ref_of(ref), "tags")
        answer = await self._transport.send(send("PATCH", path, {k: v for k, v in changes.items() if v}))
        return list((answer.json() or {}).get("tags", []))
