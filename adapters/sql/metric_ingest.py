"""Metrics on their way in: many calls, few statements.

A flush touches each table once: the writers (which calls are new), the series (what each metric comes
to, and how many points it had, so where its new ones are filed), the points (COPY). Rows are locked in
the order of their keys, by code point, so that two servers never wait for each other in a circle.

PostgreSQL takes writers and series in one statement (`bulk`), small calls' points with them (`express`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.metric_bulk import bulk
from submarine.adapters.sql.metric_calls import is_simple
from submarine.adapters.sql.metric_express import are_few, express
from submarine.adapters.sql.metric_points import Filing, Name, Stretch, joined, stretches, summary
from submarine.adapters.sql.metric_series import COUNT_UP, INTO_WRITERS, SERIES, SUM_UP
from submarine.adapters.sql.presence import gone, present
from submarine.adapters.sql.rows import padded, places
from submarine.core.errors import InvalidError, SubmarineError
from submarine.core.metadata.metrics import MOST_KEYS, Accepted, MetricBatch

_YIELD_EVERY: Final = 100
_CHUNK: Final = 512

_WRITERS: Final = {
    "sqlite": f"{INTO_WRITERS} values ($1, $2, $3, -1) {COUNT_UP}",
    "postgres": (
        f"{INTO_WRITERS} select e, w, s, -1 "
        "from unnest(cast($1 as text[]), cast($2 as text[]), cast($3 as bigint[])) as t (e, w, s) "
        f"{COUNT_UP}"
    ),
}

_LATEST: Final = {
    "sqlite": f"insert into metric_latest ({SERIES}) values ($1, $2, $3, $4, $5, $6, $7, $8) {SUM_UP}",
    "postgres": (
        f"insert into metric_latest ({SERIES}) select * from unnest("
        "cast($1 as text[]), cast($2 as text[]), cast($3 as bigint[]), cast($4 as bigint[]), "
        "cast($5 as double precision[]), cast($6 as double precision[]), cast($7 as double precision[]), "
        f"cast($8 as bigint[])) {SUM_UP}"
    ),
}
_KNOWN: Final = "select key from metric_latest where experiment = $1 and key in ({keys})"


async def append(session: Session, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
    """Record *batches*; see `MetricStore.append`."""
    if session.dialect != "postgres" or not is_simple(batches):
        return await _append(session, batches)
    way = express if are_few(batches) else bulk
    done = await way(session, batches, MOST_KEYS)
    rest = [n for n in range(len(batches)) if n not in done]
    if rest:
        others = await _append(session, [batches[n] for n in rest])
        done.update(zip(rest, others, strict=True))
    return [done[n] for n in range(len(batches))]


async def _append(session: Session, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
    outcomes: list[Accepted | SubmarineError] = [Accepted(len(batch.points)) for batch in batches]
    metrics = await present(session, {batch.experiment for batch in batches})
    full = await _full(session, batches, metrics)
    for n, batch in enumerate(batches):
        if batch.experiment not in metrics:
            outcomes[n] = gone(batch.experiment)
        elif batch.experiment in full and not full[batch.experiment].issuperset(batch.columns.keys):
            outcomes[n] = _too_many(batch)
    counting = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Accepted)]
    fresh = await _fresh(session, batches, counting)
    for n in set(counting).difference(fresh):
        outcomes[n] = Accepted(0, duplicate=True)
    await _record(session, [batches[n] for n in fresh])
    return outcomes


async def _full(
    session: Session, batches: Sequence[MetricBatch], metrics: Mapping[str, int]
) -> Mapping[str, frozenset[str]]:
    """Return the keys that exist of each experiment that *batches* could bring over the limit."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for batch in batches:
        asked[batch.experiment].update(batch.columns.keys)
    full = {}
    for experiment in metrics:
        keys = asked[experiment]
        if metrics[experiment] + len(keys) > MOST_KEYS:
            known = await _known(session, experiment, keys)
            if metrics[experiment] + len(keys) - len(known) > MOST_KEYS:
                full[experiment] = known
    return full


async def _known(session: Session, experiment: str, keys: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    wanted = sorted(keys)
    for start in range(0, len(wanted), _CHUNK):
        chunk = padded(wanted[start : start + _CHUNK])
        rows = await session.fetch(_KNOWN.format(keys=places(len(chunk), 2)), experiment, *chunk)
        found.update(row["key"] for row in rows)
    return frozenset(found)


def _too_many(batch: MetricBatch) -> InvalidError:
    expected = f"at most {MOST_KEYS} different keys; put what counts up into step"
    return InvalidError.of(
        "points", f"the experiment {batch.experiment} would have too many metrics", expected
    )


async def _fresh(session: Session, batches: Sequence[MetricBatch], counting: Sequence[int]) -> list[int]:
    """Return which of *counting* are new: as they arrived, those of one writer by sequence."""
    groups: defaultdict[Name, list[tuple[int, int]]] = defaultdict(list)
    fresh: list[tuple[int, int]] = []  # whose turn it is, and which call takes it
    for n in counting:
        batch = batches[n]
        if batch.writer is None or batch.sequence is None:
            fresh.append((n, n))
        else:
            groups[batch.experiment, batch.writer].append((batch.sequence, n))
    rows = [(*name, max(calls)[0]) for name, calls in sorted(groups.items())]
    for row in await _upsert(session, _WRITERS[session.dialect], rows):
        last, new = row["previous"], []
        for sequence, n in sorted(groups[row["experiment"], row["writer"]]):
            if sequence > last:
                new.append(n)
                last = sequence
        fresh += zip(sorted(new), new, strict=True)
    return [n for _, n in sorted(fresh)]


async def _record(session: Session, batches: Sequence[MetricBatch]) -> None:
    """Sum up *batches* and file their points."""
    parts: defaultdict[Name, list[Stretch]] = defaultdict(list)
    for batch in batches:
        for key, stretch in stretches(batch.columns).items():
            parts[batch.experiment, key].append(stretch)
    series = {name: joined(some) for name, some in sorted(parts.items())}
    rows = [(*name, *summary(stretch)) for name, stretch in series.items()]
    filing = Filing()
    for row in await _upsert(session, _LATEST[session.dialect], rows):
        stretch = series[row["experiment"], row["key"]]
        filing.add(row["series"], row["points"] - len(stretch.steps), stretch)
    await filing.write(session)


async def _upsert(session: Session, sql: str, rows: Sequence[tuple[object, ...]]) -> Iterable[Row]:
    """Run *sql* for *rows*: in one statement on PostgreSQL, one by one (it is no network) on SQLite."""
    if not rows:
        return ()
    if session.dialect == "postgres":
        return await session.fetch(sql, *map(list, zip(*rows, strict=True)))
    found: list[Row] = []
    for n, row in enumerate(rows, 1):
        found += await session.fetch(sql, *row)
        if n % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    return found
