"""The short way for small calls on PostgreSQL: all that they change in one statement, so in one round trip.

Jobs that log a value each step make most of the calls. What is less simple goes the ordinary way, and
with it all that was flushed at the same time: rows of two statements could not be locked in one order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.metric_series import COLUMNS, COUNT_UP, INTO_WRITERS, SERIES, SUM_UP, number
from submarine.adapters.sql.presence import gone
from submarine.core.errors import SubmarineError
from submarine.core.metadata.metrics import Accepted, MetricBatch

_FEW: Final = 32
"""Points of a call that COPY would not make cheaper."""

_NEWEST: Final = "order by step desc, at desc, place desc"

# `there` waits for whoever deletes an experiment. `back` counts a series' points back from its newest, for
# the insert into metric_latest tells how many there are then.
_EXPRESS: Final = f"""
with call as (
    select * from unnest(cast($1 as bigint[]), cast($2 as text[]), cast($3 as text[]), cast($4 as bigint[]),
        cast($5 as bigint[])) as t (n, experiment, writer, sequence, keys)
), there as (
    select e.id, (select count(*) from metric_latest l where l.experiment = e.id) as metrics
    from experiments e where e.id = any(cast($2 as text[])) order by e.id for key share of e
), roomy as (
    select call.* from call join there on there.id = call.experiment
    where there.metrics + call.keys <= $12
), counted as (
    {INTO_WRITERS} select experiment, writer, sequence, -1 from roomy where writer is not null
    order by experiment collate "C", writer collate "C"
    {COUNT_UP}
), fresh as (
    select roomy.n from roomy left join counted using (experiment, writer)
    where roomy.writer is null or roomy.sequence > counted.previous
), point as (
    select p.*, row_number() over (partition by experiment, key order by place desc) as back
    from unnest(cast($6 as bigint[]), cast($7 as text[]), cast($8 as text[]), cast($9 as bigint[]),
        cast($10 as bigint[]), cast($11 as double precision[]))
        with ordinality as p (n, experiment, key, step, at, value, place)
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
select call.n, there.id is not null as there, roomy.n is not null as roomy, fresh.n is not null as fresh
from call left join there on there.id = call.experiment left join roomy using (n) left join fresh using (n)
"""


def is_simple(batches: Sequence[MetricBatch]) -> bool:
    """Tell whether *batches* may go the short way: few points each, and one call of each writer."""
    if any(not 0 < len(batch.points) <= _FEW for batch in batches):
        return False
    writers = [(batch.experiment, batch.writer) for batch in batches if batch.writer is not None]
    return len(set(writers)) == len(writers)


async def express(
    session: Session, batches: Sequence[MetricBatch], most: int
) -> dict[int, Accepted | SubmarineError]:
    """Record *batches*; return the answers by place, none where there may be more than *most* metrics."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for batch in batches:
        keys[batch.experiment].update(point.key for point in batch.points)
    calls = [(n, b.experiment, b.writer, b.sequence, len(keys[b.experiment])) for n, b in enumerate(batches)]
    points = [
        (n, batch.experiment, key, step, at, number(value))
        for n, batch in enumerate(batches)
        for key, value, step, at in batch.points
    ]
    columns = [list(column) for rows in (calls, points) for column in zip(*rows, strict=True)]
    answers: dict[int, Accepted | SubmarineError] = {}
    for row in await session.fetch(_EXPRESS, *columns, most):
        n = row["n"]
        if not row["there"]:
            answers[n] = gone(batches[n].experiment)
        elif row["fresh"]:
            answers[n] = Accepted(len(batches[n].points))
        elif row["roomy"]:
            answers[n] = Accepted(0, duplicate=True)
    return answers
