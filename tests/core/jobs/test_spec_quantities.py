"""Kubernetes quantities, read and shown."""

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.errors import InvalidError
from submarine.core.jobs.quantities import (
    CPU_LIMIT,
    MEMORY_LEAST,
    MEMORY_LIMIT,
    parse_count,
    parse_cpu,
    parse_memory,
    show_cpu,
    show_memory,
)
from submarine.core.jobs.resources import read_resources, resources_document
from submarine.core.workloads.resources import Resources

CPUS = [
    ("1", 1000),
    (1, 1000),
    (0.5, 500),
    ("500m", 500),
    ("1.5", 1500),
    (".5", 500),
    ("2.", 2000),
    ("1e3", 1_000_000),
    ("1E3", 1_000_000),
    ("5e-1", 500),
    ("1k", 1_000_000),
    ("0", 0),
    ("+1", 1000),
    (" 2 ", 2000),
]

MEMORIES = [
    ("512Mi", 512 * 2**20),
    ("1Gi", 2**30),
    ("1.5Gi", 3 * 2**29),
    ("500M", 500_000_000),
    ("64Ti", 2**46),
    ("2048Ki", 2**21),
    ("2000k", 2_000_000),
    ("1e9", 10**9),
    (1_073_741_824, 2**30),
    ("0.1Gi", 107_374_183),
    ("0", 0),
    ("1G", 10**9),
    ("1T", 10**12),
]


@pytest.mark.parametrize(("text", "thousandths"), CPUS)
def test_cpu_is_read_in_thousandths(text: object, thousandths: int) -> None:
    assert parse_cpu(text) == thousandths


@pytest.mark.parametrize(("text", "size"), MEMORIES)
def test_memory_is_read_in_bytes(text: object, size: int) -> None:
    assert parse_memory(text) == size


OFFERED = "cpu, memory, or a device with its vendor such as nvidia.com/gpu"

BAD = [
    (parse_cpu, "2 cores", "'2 cores' is not a quantity", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "2cores", "unit 'cores' is not one of cpu", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "1Gi", "'1Gi' has a unit of memory, and cpu counts cores", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "-1", "'-1' is negative", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "", "'' is not a quantity", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "\u0661", "'\u0661' is not a quantity", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "0.0001", "'0.0001' is finer than a thousandth of a core", "at least 1m, in steps of 1m"),
    (parse_cpu, "1e999", "'1e999' is out of all proportion", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, "10001", "'10001' is more than one replica can have", "at most 10000 cores"),
    (parse_cpu, True, "is the boolean true, not a quantity", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, None, "is nothing (null), not a quantity", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, float("nan"), "'nan' is not a quantity", "cores such as 2, 0.5 or 500m"),
    (parse_cpu, float("inf"), "'inf' is not a quantity", "cores such as 2, 0.5 or 500m"),
    (
        parse_memory,
        "512MB",
        "unit 'MB' is not one of memory",
        "512Mi (powers of 1024) or 512M (powers of 1000)",
    ),
    (parse_memory, "2gb", "unit 'gb' is not one of memory", "2Gi (powers of 1024) or 2G (powers of 1000)"),
    (parse_memory, "2KB", "unit 'KB' is not one of memory", "2Ki (powers of 1024) or 2k (powers of 1000)"),
    (
        parse_memory,
        "512m",
        "'512m' is 512 thousandths of a byte in Kubernetes",
        "512Mi (powers of 1024) or 512M (powers of 1000)",
    ),
    (
        parse_memory,
        "512",
        "'512' is 512 bytes, too little for any process",
        "512Mi if you meant mebibytes, at least 1Mi",
    ),
    (parse_memory, "1Ki", "'1Ki' is 1024 bytes, too little for any process", "at least 1Mi"),
    (parse_memory, "2Ei", "'2Ei' is more than one replica can have", "at most 1Pi"),
    (parse_memory, "-1Gi", "'-1Gi' is negative", "bytes such as 512Mi, 2Gi or 500M"),
    (parse_memory, "lots", "'lots' is not a quantity", "bytes such as 512Mi, 2Gi or 500M"),
    (
        parse_memory,
        "5parsecs",
        "unit 'parsecs' is not one of memory",
        "5Pi (powers of 1024) or 5P (powers of 1000)",
    ),
    (parse_memory, "1x", "unit 'x' is not one of memory", "bytes such as 512Mi, 2Gi or 500M"),
    (
        parse_count,
        "0.5",
        "'0.5' is a part of a device, and devices are counted whole",
        "a whole number such as 1",
    ),
    (parse_count, "1Gi", "'1Gi' has a unit, and devices are counted whole", "a whole number such as 1"),
    (parse_count, "2000", "'2000' is more than one replica can have", "at most 1024"),
    (parse_count, -1, "'-1' is negative", "a whole number such as 1"),
]


@pytest.mark.parametrize(("law", "value", "reason", "expected"), BAD)
def test_a_wrong_quantity_is_told_what_would_be_right(
    law: Any, value: object, reason: str, expected: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        law(value)
    assert (caught.value.faults[0].reason, caught.value.faults[0].expected) == (reason, expected)


def test_a_quantity_of_a_million_digits_is_refused_at_once() -> None:
    with pytest.raises(InvalidError, match="is not a quantity"):
        parse_memory("9" * 1_000_000)


@given(st.integers(0, CPU_LIMIT))
def test_what_is_shown_of_cpu_is_read_back(thousandths: int) -> None:
    assert parse_cpu(show_cpu(thousandths)) == thousandths


@given(
    st.one_of(
        st.just(0), st.integers(MEMORY_LEAST, MEMORY_LIMIT), st.integers(1, 2**20).map(lambda n: n * 2**30)
    )
)
def test_what_is_shown_of_memory_is_read_back(size: int) -> None:
    assert parse_memory(show_memory(size)) == size


@given(
    st.decimals(0, 1000, places=3),
    st.sampled_from([("", 1), ("Mi", 2**20), ("Gi", 2**30), ("M", 10**6), ("G", 10**9)]),
)
def test_memory_is_never_less_than_asked(number: Decimal, unit: tuple[str, int]) -> None:
    exact = number * unit[1]
    if 0 < exact < MEMORY_LEAST:
        return
    assert 0 <= parse_memory(f"{number}{unit[0]}") - exact < 1


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for law in (parse_cpu, parse_memory, parse_count):
        with contextlib.suppress(InvalidError):
            assert law(text) >= 0


@pytest.mark.parametrize(
    ("shown", "size"),
    [("512Mi", 512 * 2**20), ("500M", 500_000_000), ("1536Mi", 3 * 2**29), ("1048577", 2**20 + 1)],
)
def test_memory_is_shown_in_its_shortest_exact_unit(shown: str, size: int) -> None:
    assert show_memory(size) == shown


def test_resources_are_a_text_or_a_mapping() -> None:
    asked = Resources(cpu=1500, memory=2**29, extra={"nvidia.com/gpu": 2})
    assert read_resources("cpu=1.5, memory=512Mi, nvidia.com/gpu=2") == asked
    assert read_resources({"cpu": 1.5, "memory": "512Mi", "nvidia.com/gpu": 2}) == asked
    assert resources_document(asked) == {"cpu": "1.5", "memory": "512Mi", "nvidia.com/gpu": "2"}
    assert read_resources({}) == Resources()


@given(
    st.builds(
        Resources,
        cpu=st.integers(0, CPU_LIMIT),
        memory=st.one_of(st.just(0), st.integers(MEMORY_LEAST, MEMORY_LIMIT)),
        extra=st.dictionaries(st.sampled_from(["nvidia.com/gpu", "amd.com/gpu"]), st.integers(1, 1024)),
    )
)
def test_resources_come_back_from_their_document(resources: Resources) -> None:
    assert read_resources(resources_document(resources)) == resources


@pytest.mark.parametrize(
    ("value", "field", "reason", "expected"),
    [
        ("cpu", "", "'cpu' is not NAME=QUANTITY", "such as cpu=1,memory=512Mi"),
        ("cpu=1,", "", "'cpu=1,' is not NAME=QUANTITY", "such as cpu=1,memory=512Mi"),
        ("cpu=1,cpu=2", "", "says 'cpu' twice", "such as cpu=1,memory=512Mi"),
        (5, "", "is the number 5", "a text such as cpu=1,memory=512Mi or a mapping"),
        (
            "gpu=1",
            "gpu",
            "there is no such resource",
            f"did you mean nvidia.com/gpu, amd.com/gpu or yarn.io/gpu? {OFFERED}",
        ),
        (
            "memry=1Gi",
            "memry",
            "there is no such resource",
            f"did you mean 'memory'? {OFFERED}",
        ),
        (
            {"nvidia.com/gpu": "0.5"},
            '"nvidia.com/gpu"',
            "'0.5' is a part of a device, and devices are counted whole",
            "a whole number such as 1",
        ),
    ],
)
def test_wrong_resources_are_told_what_would_be_right(
    value: object, field: str, reason: str, expected: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        read_resources(value)
    fault = caught.value.faults[0]
    assert (fault.field, fault.reason, fault.expected) == (field, reason, expected)


def test_all_wrong_resources_are_named_at_once() -> None:
    with pytest.raises(InvalidError) as caught:
        read_resources("cpu=-1,memory=1MB,gpu=1")
    assert [fault.field for fault in caught.value.faults] == ["cpu", "memory", "gpu"]
