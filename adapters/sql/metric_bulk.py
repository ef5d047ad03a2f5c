"""The way for large calls on PostgreSQL: one statement that counts and sums up, and COPY for the points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.metric_calls import CALLS, JUDGED, arguments, judge
from submarine.adapters.sql.metric_points import Filing, Name, Stretch, stretches, summary
from submarine.adapters.sql.metric_series import SERIES, SUM_UP
from submarine.core.errors import SubmarineError
from submarine.core.metadata.metrics import Accepted, MetricBatch

_NEWEST: Final = "order by step desc, at desc, n desc"

# A row for each call, then one for each series.
_BULK: Final = f"""
with {CALLS}, told as (
    select fresh.experiment, t.*
    from unnest(cast($7 as bigint[]), cast($8 as text[]), cast($9 as bigint[]), cast($10 as bigint[]),
        cast($11 as double precision[]), cast($12 as double precision[]), cast($13 as double precision[]),
        cast($14 as bigint[])) as t (n, key, step, at, value, lowest, highest, points)
    join fresh using (n)
), series as (
    insert into metric_latest ({SERIES})
    select experiment, key, (array_agg(step {_NEWEST}))[1], (array_agg(at {_NEWEST}))[1],
        (array_agg(value {_NEWEST}))[1], min(lowest), max(highest), cast(sum(points) as bigint)
    from told group by experiment, key order by experiment collate "C", key collate "C"
    {SUM_UP}
)
select j.*, null as experiment, null as key, null as series, null as points from ({JUDGED}) as j
union all select null, null, null, null, experiment, key, series, points from series
"""
_WIDTH: Final = 8  # of what is told


async def bulk(
    session: Session, batches: Sequence[MetricBatch], most: int
) -> dict[int, Accepted | SubmarineError]:
    """Record *batches*; return the answers by place, none where there may be more than *most* metrics."""
    parts = [stretches(batch.columns) for batch in batches]
    told = [(n, key, *summary(stretch)) for n, some in enumerate(parts) for key, stretch in some.items()]
    columns = map(list, zip(*told, strict=True)) if told else [[]] * _WIDTH
    answers: dict[int, Accepted | SubmarineError] = {}
    fresh: list[int] = []
    series: dict[Name, Row] = {}
    for row in await session.fetch(_BULK, *arguments(batches, most), *columns):
        if (n := row["n"]) is None:
            series[row["experiment"], row["key"]] = row
        elif (answer := judge(row, batches[n])) is not None:
            answers[n] = answer
            if row["fresh"]:
                fresh.append(n)
    await _file(session, [(batches[n].experiment, parts[n]) for n in sorted(fresh)], series)
    return answers


async def _file(
    session: Session, calls: Sequence[tuple[str, Mapping[str, Stretch]]], series: Mapping[Name, Row]
) -> None:
    """File the points of *calls*, in their order, at the end of their *series*, which count them already."""
    ahead: Counter[Name] = Counter()
    for experiment, parts in calls:
        for key, stretch in parts.items():
            ahead[experiment, key] += len(stretch.steps)
    filing = Filing()
    for experiment, parts in calls:
        for key, stretch in parts.items():
            name = experiment, key
            filing.add(series[name]["series"], series[name]["points"] - ahead[name], stretch)
            ahead[name] -= len(stretch.steps)
    await filing.write(session)
