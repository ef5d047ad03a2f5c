"""Metrics in SQL."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from submarine.adapters.sql import metric_ingest
from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.rows import padded, places
from submarine.core.errors import SubmarineError
from submarine.core.metadata.metrics import Accepted, Latest, MetricBatch, Sample

_LATEST: Final = (
    "select key, value, step, at, lowest, highest, points from metric_latest where experiment = $1"
)
_LATEST_OF: Final = (
    "select experiment, key, value from (select experiment, key, value, "
    "row_number() over (partition by experiment order by key) as n "
    "from metric_latest where experiment in ({ids})) as l where n <= $1 order by experiment, n"
)
_SERIES: Final = "select series, points from metric_latest where experiment = $1 and key = $2"
_HISTORY: Final = (
    "select m.place, m.step, m.at, m.value from metrics m "
    "where m.series = (select series from metric_latest where experiment = $1 and key = $2) and m.place > $3 "
    "order by m.place limit $4"
)
_THINNED: Final = (
    "with recursive chosen (n) as "
    "(select cast(0 as bigint) union all select n + 1 from chosen where n < cast($3 as bigint)) "
    "select m.place, m.step, m.at, m.value from chosen c join metrics m "
    "on m.series = cast($1 as bigint) and m.place = c.n * cast($2 as bigint) / cast($3 as bigint)"
)


class SqlMetrics:
    """Fills `MetricStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
        """Record *batches* and answer each."""
        return await metric_ingest.append(self._session, batches)

    async def latest(self, experiment: str) -> Sequence[Latest]:
        """Return all metrics of *experiment* in short, by key."""
        rows = await self._session.fetch(_LATEST, experiment)
        return sorted(map(_latest, rows), key=lambda latest: latest.key)

    async def latest_metrics(
        self, experiments: Collection[str], keys: int = 100
    ) -> Mapping[str, Mapping[str, float]]:
        """Return the newest values by experiment and key, at most *keys* of each."""
        found: dict[str, dict[str, float]] = {experiment: {} for experiment in experiments}
        if found:
            ids = padded(list(found))
            rows = await self._session.fetch(_LATEST_OF.format(ids=places(len(ids), 2)), keys, *ids)
            for experiment, key, value in rows:
                found[experiment][key] = _number(value)
        return found

    async def history(self, experiment: str, key: str, *, after: int, limit: int) -> Sequence[Sample]:
        """Return samples after *after*, in order of arrival."""
        return [_sample(row) for row in await self._session.fetch(_HISTORY, experiment, key, after, limit)]

    async def thinned(self, experiment: str, key: str, points: int) -> Sequence[Sample]:
        """Return at most *points* samples, evenly chosen by place."""
        series = await self._session.first(_SERIES, experiment, key)
        if series is None:
            return []
        chosen, last = min(points, series["points"]), series["points"] - 1
        if chosen == 1:
            found = await self._session.fetch(_HISTORY, experiment, key, last - 1, 1)
        else:
            found = await self._session.fetch(_THINNED, series["series"], last, chosen - 1)
        return sorted(map(_sample, found), key=lambda sample: (sample.step, sample.at, sample.place))


def _latest(row: Row) -> Latest:
    return Latest(
        key=row["key"],
        value=_number(row["value"]),
        step=row["step"],
        at=row["at"],
        min=row["lowest"],
        max=row["highest"],
        count=row["points"],
    )


def _sample(row: Row) -> Sample:
    return Sample(place=row["place"], step=row["step"], at=row["at"], value=_number(row["value"]))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
