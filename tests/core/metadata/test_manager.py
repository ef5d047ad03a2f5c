from __future__ import annotations

import math

import pytest

from submarine.core.access.principal import Principal
from submarine.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from submarine.core.metadata.metrics import Accepted, Point
from tests.core.metadata.conftest import ADA, JOB, NOW, OTHER_JOB, READER, STRANGER, VIEWER, Bed


async def test_a_job_reports_its_own_metrics_and_a_viewer_reads_them(bed: Bed) -> None:
    assert await bed.manager.log_metrics(JOB, "e1", [Point("loss", 0.5)]) == Accepted(1)
    (latest,) = await bed.manager.metrics(VIEWER, "digits-1")
    assert (latest.key, latest.value, latest.step, latest.at) == ("loss", 0.5, 0, NOW)


async def test_times_of_the_reporter_are_kept_however_wrong_its_clock(bed: Bed) -> None:
    await bed.manager.log_metrics(
        JOB, "e1", [Point("x", 1, 1, 5), Point("x", 2, 2), Point("x", 3, 3, NOW * 2)]
    )
    page = await bed.manager.history(ADA, "e1", "x")
    assert [sample.at for sample in page.items] == [5, NOW, NOW * 2]


@pytest.mark.parametrize(
    ("principal", "error"),
    [
        (VIEWER, ForbiddenError),
        (READER, ForbiddenError),
        (STRANGER, NotFoundError),
        (OTHER_JOB, NotFoundError),
    ],
)
async def test_who_may_not_write_changes_nothing(
    bed: Bed, principal: Principal, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await bed.manager.log_metrics(principal, "e1", [Point("x", 1)])
    with pytest.raises(error):
        await bed.manager.set_params(principal, "e1", {"x": 1})
    with pytest.raises(error):
        await bed.manager.change_tags(principal, "e1", add=["x"])
    with pytest.raises(error):
        await bed.artifacts.register(principal, "e1", "x", "s3://b/x")
    assert await bed.manager.metrics(ADA, "e1") == []


async def test_a_stranger_does_not_read(bed: Bed) -> None:
    await bed.manager.log_metrics(JOB, "e1", [Point("x", 1)])
    with pytest.raises(NotFoundError):
        await bed.manager.metrics(STRANGER, "e1")
    with pytest.raises(NotFoundError):
        await bed.manager.history(STRANGER, "e1", "x")


async def test_a_job_is_looked_up_once_and_never_for_another(bed: Bed) -> None:
    for n in range(5):
        await bed.manager.log_metrics(JOB, "e1", [Point("x", n, n)])
    assert bed.locator.asked == 1
    with pytest.raises(NotFoundError):
        await bed.manager.log_metrics(OTHER_JOB, "e1", [Point("x", 1)])
    with pytest.raises(NotFoundError):
        await bed.manager.log_metrics(JOB, "e2", [Point("x", 1)])


async def test_a_job_whose_experiment_was_deleted_is_told(bed: Bed) -> None:
    await bed.manager.log_metrics(JOB, "e1", [Point("x", 1)])
    async with bed.records.begin() as tx:
        await tx.session.execute("delete from experiments where id = 'e1'")
    with pytest.raises(NotFoundError, match="e1 was deleted"):
        await bed.manager.log_metrics(JOB, "e1", [Point("x", 1)])


async def test_everything_wrong_with_a_call_is_named_and_nothing_of_it_recorded(bed: Bed) -> None:
    points = [
        Point("good", 1),
        Point("", 1),
        Point("a" * 251, 1),
        Point("a\x00b", 1),
        Point("s", 1, 2**63),
        Point("t", 1, 0, -1),
    ]
    with pytest.raises(InvalidError) as caught:
        await bed.manager.log_metrics(JOB, "e1", points, writer="w")
    assert [fault.field for fault in caught.value.faults] == [
        "sequence",
        "points.1.key",
        "points.2.key",
        "points.3.key",
        "points.4.step",
        "points.5.at",
    ]
    assert all(fault.expected for fault in caught.value.faults)
    assert await bed.manager.metrics(ADA, "e1") == []


async def test_a_call_is_bounded(bed: Bed) -> None:
    with pytest.raises(InvalidError, match="has 10001 points"):
        await bed.manager.log_metrics(JOB, "e1", [Point("x", 1)] * 10_001)
    with pytest.raises(InvalidError, match="sequence: -1 is out of range"):
        await bed.manager.log_metrics(JOB, "e1", [Point("x", 1)], writer="w", sequence=-1)


async def test_history_comes_in_pages(bed: Bed) -> None:
    await bed.manager.log_metrics(JOB, "e1", [Point("x", n, n, n) for n in range(25)])
    seen, cursor = [], None
    while True:
        page = await bed.manager.history(ADA, "digits-1", "x", cursor=cursor, limit=10)
        seen += [sample.value for sample in page.items]
        if (cursor := page.cursor) is None:
            break
    assert seen == list(range(25))


async def test_a_page_that_ends_with_the_history_is_the_last(bed: Bed) -> None:
    await bed.manager.log_metrics(JOB, "e1", [Point("x", n, n, n) for n in range(10)])
    assert (await bed.manager.history(ADA, "e1", "x", limit=10)).cursor is None


async def test_a_thinned_history_has_one_page(bed: Bed) -> None:
    await bed.manager.log_metrics(JOB, "e1", [Point("x", n, n, n) for n in range(100)])
    page = await bed.manager.history(ADA, "e1", "x", max_points=3)
    assert ([sample.value for sample in page.items], page.cursor) == ([0, 49, 99], None)
    with pytest.raises(InvalidError, match="thinned metric has one page"):
        await bed.manager.history(ADA, "e1", "x", max_points=3, cursor="5")


@pytest.mark.parametrize("cursor", ["", "-1", "x", "1e3", "²", "9" * 19])
async def test_a_cursor_of_somebody_else_is_refused(bed: Bed, cursor: str) -> None:
    with pytest.raises(InvalidError, match="cursor: is none of ours"):
        await bed.manager.history(ADA, "e1", "x", cursor=cursor)


async def test_an_unknown_metric_is_answered_with_those_on_offer(bed: Bed) -> None:
    with pytest.raises(NotFoundError, match="digits-1 has no metric 'lss'; on offer: none yet"):
        await bed.manager.history(ADA, "e1", "lss")
    await bed.manager.log_metrics(JOB, "e1", [Point("loss", 1), Point("acc", 1)])
    with pytest.raises(NotFoundError, match="on offer: acc, loss"):
        await bed.manager.history(ADA, "e1", "lss", max_points=5)


@pytest.mark.parametrize("limit", [0, 10_001])
async def test_pages_and_thinning_are_bounded(bed: Bed, limit: int) -> None:
    with pytest.raises(InvalidError, match="limit"):
        await bed.manager.history(ADA, "e1", "x", limit=limit)
    with pytest.raises(InvalidError, match="max_points"):
        await bed.manager.history(ADA, "e1", "x", max_points=limit)


async def test_a_parameter_that_would_change_is_named_with_both_values_and_nothing_is_set(bed: Bed) -> None:
    await bed.manager.set_params(JOB, "e1", {"lr": 0.1, "opt": "adam"})
    with pytest.raises(ConflictError, match=r"lr is 0\.1 and cannot become 0\.2"):
        await bed.manager.set_params(JOB, "e1", {"lr": 0.2, "opt": "adam", "new": 1})
    async with bed.records.read() as tx:
        assert await tx.metadata.params_of(["e1"]) == {"e1": {"lr": 0.1, "opt": "adam"}}


async def test_everything_wrong_with_parameters_is_named(bed: Bed) -> None:
    with pytest.raises(InvalidError) as caught:
        await bed.manager.set_params(
            JOB,
            "e1",
            {"a b": 1, "nan": math.nan, "long": "x" * 6001, "nul": "\x00", "half": "\ud800", "fine": 1},
        )
    assert [fault.field for fault in caught.value.faults] == [
        "params.a b",
        "params.nan",
        "params.long",
        "params.nul",
        "params.half",
    ]


async def test_tags_that_break_a_law_are_named(bed: Bed) -> None:
    with pytest.raises(InvalidError) as caught:
        await bed.manager.change_tags(
            ADA, "e1", add=["", "a\nb", "x", "\ud800", "損失"], remove=["x", "y" * 129]
        )
    assert [fault.field for fault in caught.value.faults] == ["add.0", "add.1", "add.3", "remove.1", "remove"]


async def test_what_people_change_is_audited_and_what_jobs_report_is_not(bed: Bed) -> None:
    await bed.manager.change_tags(JOB, "e1", add=["from-job"])
    await bed.manager.log_metrics(ADA, "e1", [Point("x", 1)])
    assert await bed.manager.change_tags(ADA, "e1", add=["a"], remove=["from-job"]) == ["a"]
    await bed.manager.set_params(ADA, "e1", {"x": 1})
    assert await bed.actions() == [("ada", "experiment.tag"), ("ada", "experiment.set-params")]
