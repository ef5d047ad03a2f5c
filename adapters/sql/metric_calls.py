"""Which calls count, decided by PostgreSQL in the statement that records them.

For this each writer may have one call in a flush: a statement changes a row once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.database import Row
from submarine.adapters.sql.metric_series import COUNT_UP, INTO_WRITERS
from submarine.adapters.sql.presence import gone
from submarine.core.errors import SubmarineError
from submarine.core.metadata.metrics import Accepted, MetricBatch

# `there` waits for whoever deletes an experiment.
CALLS: Final = f"""
call as (
    select * from unnest(cast($1 as bigint[]), cast($2 as text[]), cast($3 as text[]), cast($4 as bigint[]),
        cast($5 as bigint[])) as t (n, experiment, writer, sequence, keys)
), there as (
    select e.id, (select count(*) from metric_latest l where l.experiment = e.id) as metrics
    from experiments e where e.id = any(cast($2 as text[])) order by e.id for key share of e
), roomy as (
    select call.* from call join there on there.id = call.experiment
    where there.metrics + call.keys <= $6
), counted as (
    {INTO_WRITERS} select experiment, writer, sequence, -1 from roomy where writer is not null
    order by experiment collate "C", writer collate "C"
    {COUNT_UP}
), fresh as (
    select roomy.n, roomy.experiment from roomy left join counted using (experiment, writer)
    where roomy.writer is null or roomy.sequence > counted.previous
)
"""
"""The beginning of a statement; `arguments` makes its first six arguments."""

JUDGED: Final = """
select call.n, there.id is not null as there, roomy.n is not null as roomy, fresh.n is not null as fresh
from call left join there on there.id = call.experiment left join roomy using (n) left join fresh using (n)
"""
"""What became of each call; `judge` reads a row of it."""


def is_simple(batches: Sequence[MetricBatch]) -> bool:
    """Tell whether *batches* hold one call of each writer."""
    writers = [(batch.experiment, batch.writer) for batch in batches if batch.writer is not None]
    return len(set(writers)) == len(writers)


def arguments(batches: Sequence[MetricBatch], most: int) -> list[object]:
    """Return the arguments of `CALLS`; no experiment may come to more than *most* metrics."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for batch in batches:
        keys[batch.experiment].update(batch.columns.keys)
    calls = [(n, b.experiment, b.writer, b.sequence, len(keys[b.experiment])) for n, b in enumerate(batches)]
    return [*map(list, zip(*calls, strict=True)), most]


def judge(row: Row, batch: MetricBatch) -> Accepted | SubmarineError | None:
    """Return the answer to *batch*, None if its experiment might come to too many metrics."""
    if not row["there"]:
        return gone(batch.experiment)
    if row["fresh"]:
        return Accepted(len(batch.points))
    return Accepted(0, duplicate=True) if row["roomy"] else None
