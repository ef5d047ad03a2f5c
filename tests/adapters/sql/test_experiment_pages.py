"""Pages of experiments: the same, whether what is asked for is come upon, looked up, or walked to."""

from __future__ import annotations

import pytest

from submarine.adapters.sql import experiments as sql_experiments
from submarine.adapters.sql.records import SqlRecords
from submarine.contracts.records.stage import Stage
from submarine.core.experiments.filtering import FIELDS
from submarine.core.experiments.store import Query
from submarine.core.filters.parser import parse
from submarine.core.metadata.metrics import MetricBatch, Point

FILTERS = (
    "tags has 'all'",
    "tags has 'old'",
    "tags has 'none'",
    "params.n >= 0",
    "params.n = 1",
    "params.n < 2 and tags has 'all'",
    "params.kind = 'even'",
    "params.kind = 'even' and state = 'accepted' and metrics.loss > 2",
    "metrics.loss > 6 or tags has 'old'",
    "not tags has 'old'",
)


async def filled(records: SqlRecords, count: int) -> str:
    """Make experiments of which the oldest differ from the rest; return their project."""
    stage = Stage(records)
    project = await stage.project("digits", await stage.team())
    jobs = [await stage.experiment(project) for _ in range(count)]
    async with records.begin() as tx:
        for n, job in enumerate(jobs):
            tags = ("all", "old") if n < 3 else ("all",)
            await tx.metadata.seed([(job.id, tags, {"n": n, "kind": "odd" if n % 2 else "even"})])
        await tx.metadata.append(
            [MetricBatch(job.id, [Point("loss", n, 0, 0)]) for n, job in enumerate(jobs)]
        )
    return project.id


async def pages(records: SqlRecords, text: str, projects: list[str] | None) -> list[str]:
    """Return the ids of all pages of two."""
    found: list[str] = []
    before = None
    while True:
        async with records.read() as tx:
            query = Query(projects=projects, filter=parse(text, FIELDS), before=before, limit=2)
            page = await tx.experiments.page(query)
        found += [experiment.id for experiment in page]
        if len(page) < 2:
            return found
        before = found[-1]


async def test_a_page_is_the_same_however_it_is_found(
    records: SqlRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = await filled(records, 9)
    walked = {text: await pages(records, text, None) for text in FILTERS}
    assert [len(found) for found in walked.values()] == [9, 3, 0, 9, 1, 2, 5, 3, 5, 6]
    for newest, few in ((1, 0), (1, 4), (3, 2), (4, 100), (9, 3)):
        monkeypatch.setattr(sql_experiments, "_NEWEST", newest)
        monkeypatch.setattr(sql_experiments, "_FEW", few)
        for text, found in walked.items():
            for projects in (None, [project]):
                assert await pages(records, text, projects) == found, (newest, few, text)
        assert await pages(records, "tags has 'all'", ["another"]) == []
