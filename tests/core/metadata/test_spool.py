from __future__ import annotations

import json
import logging
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.errors import InvalidError, UnavailableError
from submarine.core.metadata.metrics import MetricBatch, Point
from submarine.core.metadata.recorder import MetricRecorder
from submarine.core.metadata.spool import read_line
from submarine.core.metadata.spool_reader import SpoolReader
from tests.core.metadata.conftest import ADA, JOB, NOW, Bed
from tests.core.metadata.test_recorder import LosesAnswers


def metrics(sequence: int | None, *values: Any, writer: str | None = "w") -> bytes:
    points = [{"key": "x", "value": value, "step": sequence or 0, "at": 5} for value in values]
    return (
        json.dumps({"kind": "metrics", "writer": writer, "sequence": sequence, "points": points}).encode()
        + b"\n"
    )


async def spool(*lines: bytes) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


async def values(bed: Bed) -> list[float]:
    return [sample.value for sample in (await bed.manager.history(ADA, "e1", "x")).items]


async def test_a_spool_read_twice_counts_once_and_what_was_sent_live_not_again(bed: Bed) -> None:
    await bed.manager.log_metrics(JOB, "e1", [Point("x", 0)], writer="w", sequence=0)
    lines = [metrics(0, 0), metrics(1, 1), metrics(2, 2, 2.5), metrics(None, 3, writer=None)]
    first = await bed.spools.read("e1", spool(*lines))
    again = await bed.spools.read("e1", spool(*lines))
    assert (first.lines, first.accepted, first.duplicates, first.passed_over) == (4, 4, 1, 0)
    assert (again.accepted, again.duplicates) == (0, 4)
    assert await values(bed) == [0, 1, 2, 2.5, 3]


async def test_all_kinds_of_lines_are_recorded(bed: Bed) -> None:
    lines = [
        b'{"kind":"params","params":{"lr":0.1,"name":"x","deep":true}}\n',
        b'{"kind":"tags","add":["demo","gone"],"remove":[]}\n',
        b'{"kind":"tags","remove":["gone"]}\n',
        b"\n",
        b'{"kind":"metrics","writer":"w","sequence":0,"points":[{"key":"y","value":"NaN"},{"key":"z","value":1}]}\n',
    ]
    for _ in range(2):
        report = await bed.spools.read("e1", spool(*lines))
        assert report.passed_over == 0
    async with bed.records.read() as tx:
        assert await tx.metadata.params_of(["e1"]) == {"e1": {"deep": True, "lr": 0.1, "name": "x"}}
        assert await tx.metadata.tags_of(["e1"]) == {"e1": ["demo"]}
        y, z = await tx.metadata.latest("e1")
    assert math.isnan(y.value)
    assert (z.value, z.at) == (1.0, NOW)


async def test_a_torn_line_and_other_nonsense_are_passed_over_and_the_rest_is_kept(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    await bed.manager.set_params(JOB, "e1", {"lr": 0.1})
    lines = [
        metrics(0, 0),
        b"not json",
        b'{"kind":"params","params":{"lr":0.2}}',
        b'{"kind":"dance"}',
        b'{"kind":"tags","add":["' + b"x" * 500 + b'"]}',
        metrics(1, 1),
        metrics(2, 2)[:-20],
    ]
    with caplog.at_level(logging.WARNING):
        await bed.spools.ingest_spool("e1", spool(*lines))
    assert await values(bed) == [0, 1]
    (record,) = caplog.records
    assert record.getMessage().startswith("5 of 7 spooled lines of e1 were passed over: no line of a spool")
    assert "lr is 0.1 and cannot become 0.2" in record.getMessage()


async def test_a_long_spool_goes_in_bounded_pieces_in_its_order(bed: Bed) -> None:
    lines = [metrics(n, *([n] * 7)) for n in range(3000)]
    report = await bed.spools.read("e1", spool(*lines))
    assert report.accepted == 21_000
    page = await bed.manager.history(ADA, "e1", "x", max_points=3000)
    assert [sample.step for sample in page.items] == sorted(sample.step for sample in page.items)


async def test_records_that_go_away_in_the_middle_only_mean_to_read_again(bed: Bed) -> None:
    records = LosesAnswers(bed.records, 1)
    recorder = MetricRecorder(records)
    reader = SpoolReader(records, recorder)
    lines = [metrics(n, n) for n in range(3)]
    with pytest.raises(UnavailableError):
        await reader.ingest_spool("e1", spool(*lines))
    await reader.ingest_spool("e1", spool(*lines))
    assert await values(bed) == [0, 1, 2]


async def test_the_spool_of_a_deleted_experiment_is_nobodys_loss(bed: Bed) -> None:
    lines = [metrics(0, 0), b'{"kind":"tags","add":["a"]}']
    assert (await bed.spools.read("gone", spool(*lines))).faults == ["the experiment gone was deleted"]
    assert (await bed.spools.read("gone", spool(*lines[:1]))).faults == ["the experiment gone was deleted"]


async def test_a_line_of_unreasonable_length_is_passed_over(bed: Bed) -> None:
    report = await bed.spools.read("e1", spool(b" " * 4_000_001, metrics(0, 0)))
    assert (report.passed_over, report.accepted) == (1, 1)


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"1",
        b'"metrics"',
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind":"metrics","writer":"w","sequence":1}',
        b'{"kind":"metrics","writer":"w","sequence":1.5e400,"points":[]}',
        b'{"kind":"metrics","writer":"w","sequence":true,"points":[]}',
        b'{"kind":"metrics","writer":"w","sequence":1,"points":[{"key":1,"value":1}]}',
        b'{"kind":"metrics","writer":"w","sequence":1,"points":[{"key":"x","value":"high"}]}',
        b'{"kind":"metrics","writer":"w","sequence":1,"points":[{"key":"x","value":null}]}',
        b'{"kind":"metrics","writer":"w","sequence":1,"points":[{"key":"x\\u0000","value":1}]}',
        b'{"kind":"metrics","writer":"w","sequence":1,"points":[{"key":"x","value":1' + b"0" * 400 + b"}]}",
        b'{"kind":"params","params":{"x":[1]}}',
        b'{"kind":"params","params":[1]}',
        b'{"kind":"tags","add":"demo"}',
        b'{"kind":"tags","add":[1]}',
    ],
)
def test_a_line_that_says_nothing_sensible_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidError):
        read_line("e1", line)


@given(
    st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["kind", "points", "params", "add", "key", "value", "step"]),
                inner,
                max_size=4,
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_line_breaks_the_reader(line: bytes) -> None:
    try:
        found = read_line("e1", line)
    except InvalidError:
        return
    assert found is None or not isinstance(found, MetricBatch) or found.experiment == "e1"
