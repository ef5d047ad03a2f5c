"""The short way for small calls on PostgreSQL: all that they change in one statement, so in one round trip.

Jobs that log a value each step make most of the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.metric_calls import CALLS, JUDGED, arguments, judge
from submarine.adapters.sql.metric_points import number
from submarine.adapters.sql.metric_series import COLUMNS, SERIES, SUM_UP
from submarine.core.errors import SubmarineError
from submarine.core.metadata.metrics import Accepted, MetricBatch

_FEW: Final = 32
"""Points of a call that COPY would not make cheaper."""

_NEWEST: Final = "order by step desc, at desc, place desc"

# `back` counts a series' points back from its newest, for the insert into metric_latest tells how many
# there are then.
_EXPRESS: Final = f"""
with {CALLS}, point as (
    select p.*, fresh.experiment,
        row_number() over (partition by fresh.experiment, p.key order by place desc) as back
    from unnest(cast($7 as bigint[]), cast($8 as text[]), cast($9 as double precision[]),
        cast($10 as bigint[]), cast($11 as bigint[]))
        with ordinality as p (n, key, value, step, at, place)
    join fresh using (n)
), series as (
    insert into metric_latest ({SERIES})
    select experiment, key, (array_agg(step {_NEWEST}))[1], (array_agg(at {_NEWEST}))[1],
        (array_agg(value {_NEWEST}))[1], min(value), max(value), count(*)
    from point group by experiment, key order by experiment collate "C", key collate "C"
    {SUM_UP}
), filed as (
    insert into metrics ({", ".join(COLUMNS)})
    select series.series, series.points - point.back, point.step, point.at, point.value
    from point join series using (experiment, key)
)
{JUDGED}
"""


def are_few(batches: Sequence[MetricBatch]) -> bool:
    """Tell whether *batches* have a few points each."""
    return all(0 < len(batch.points) <= _FEW for batch in batches)


async def express(
    session: Session, batches: Sequence[MetricBatch], most: int
) -> dict[int, Accepted | SubmarineError]:
    """Record *batches*; return the answers by place, none where there may be more than *most* metrics."""
    points = [
        (n, key, number(value), step, at)
        for n, batch in enumerate(batches)
        for key, value, step, at in zip(*batch.columns, strict=True)
    ]
    columns = map(list, zip(*points, strict=True))
    answers: dict[int, Accepted | SubmarineError] = {}
    for row in await session.fetch(_EXPRESS, *arguments(batches, most), *columns):
        if (answer := judge(row, batches[row["n"]])) is not None:
            answers[row["n"]] = answer
    return answers
