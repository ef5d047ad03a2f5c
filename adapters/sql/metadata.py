"""All metadata of experiments in SQL."""

from __future__ import annotations

from typing import Final

from submarine.adapters.sql.annotations import SqlAnnotations
from submarine.adapters.sql.artifacts import SqlArtifacts
from submarine.adapters.sql.database import Session
from submarine.adapters.sql.metrics import SqlMetrics
from submarine.adapters.sql.rows import padded, places

_AT_ONCE: Final = 500
_SERIES: Final = {
    "sqlite": "select series, points from metric_latest where experiment = $1 order by key limit $2",
    # locked in the order in which the ingest locks them
    "postgres": (
        "select series, points from metric_latest where experiment = $1 "
        'order by key collate "C" limit $2 for update'
    ),
}
_DELETE_SOME: Final = (
    "delete from metrics where series = $1 and place in "
    "(select place from metrics where series = $1 order by place limit $2)"
)
_DELETE_POINTS: Final = "delete from metrics where series in ({series})"
_DELETE_SERIES: Final = "delete from metric_latest where series in ({series})"
_DELETE_REST: Final = (
    "delete from metric_writers where experiment = $1",
    "delete from params where experiment = $1",
    "delete from tags where experiment = $1",
    "delete from artifacts where experiment = $1",
)


class SqlMetadata(SqlMetrics, SqlAnnotations, SqlArtifacts):
    """Fills `MetadataStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def purge(self, experiment: str, limit: int) -> bool:
        """Delete about *limit* rows of *experiment*; return whether nothing is left."""
        found = await self._session.fetch(_SERIES[self._session.dialect], experiment, _AT_ONCE)
        if not found:
            for sql in _DELETE_REST:
                await self._session.execute(sql, experiment)
            return True
        number, points = found[0]
        if points > limit and await self._session.execute(_DELETE_SOME, number, limit) == limit:
            return False
        small, total = [number], points if points <= limit else 0
        for number, points in found[1:]:
            if (total := total + points) > limit:
                break
            small.append(number)
        series = padded(small)
        await self._session.execute(_DELETE_POINTS.format(series=places(len(series))), *series)
        await self._session.execute(_DELETE_SERIES.format(series=places(len(series))), *series)
        return False
