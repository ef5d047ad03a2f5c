from __future__ import annotations

import math

import pytest

from submarine.core.filters.evaluate import matches
from submarine.core.filters.fields import Field, Fields, Kind
from submarine.core.filters.parser import parse

FIELDS = Fields(
    {
        "name": Kind.STRING,
        "cluster": Kind.STRING,
        "state": Field(Kind.STATE, ("running", "failed")),
        "attempt": Kind.NUMBER,
        "created_at": Kind.TIME,
        "tags": Kind.SET,
    },
    {"metrics": Kind.NUMBER, "params": Kind.SCALAR},
)
RECORD = {
    "name": "Digits-DDP",
    "cluster": None,
    "state": "running",
    "attempt": 2,
    "created_at": 1_767_225_600_000,
    "tags": {"demo", "a'b"},
    "metrics": {"loss": 0.25, "val/loss": math.nan, "top": math.inf},
    "params": {"lr": "0.10", "optimizer": "Adam", "shuffle": "true"},
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("name = 'Digits-DDP'", True),
        ("name = 'digits-ddp'", False),
        ("name ~ 'DIGITS'", True),
        ("name ~ ''", True),
        ("name ~ 'd%p'", False),
        ("name < 'E' and name >= 'D'", True),
        ("state in ('failed', 'running')", True),
        ("state not in ('failed', 'running')", False),
        ("attempt >= 2 and attempt < 2.5", True),
        ("created_at = '2026-01-01' and created_at > -9999w", True),
        ("tags has 'demo' and tags has 'a''b' and not tags has 'Demo'", True),
        ("metrics.loss < 0.3 and metrics.top > 1e300", True),
        ("metrics.top = inf", True),
        ("params.lr = 0.1 and params.lr != '0.1'", True),
        ("params.lr in (7, '0.10')", True),
        ("params.optimizer ~ 'adam'", True),
        ("params.optimizer < 5 or params.optimizer = 5", False),
        ("params.optimizer != 5", True),
        ("params.shuffle = true", True),
    ],
)
def test_a_record_passes_or_not(text: str, holds: bool) -> None:
    assert matches(parse(text, FIELDS), RECORD) is holds


@pytest.mark.parametrize("field", ["cluster", "params.none"])
@pytest.mark.parametrize("comparison", ["= 'a'", "!= 'a'", "~ ''", "in ('a')"])
def test_what_is_absent_compares_false_and_its_opposite_true(field: str, comparison: str) -> None:
    assert not matches(parse(f"{field} {comparison}", FIELDS), RECORD)
    assert matches(parse(f"not {field} {comparison}", FIELDS), RECORD)


def test_a_metric_that_is_not_a_number_has_no_order_but_can_be_found() -> None:
    for text in ('metrics."val/loss" < 1', 'metrics."val/loss" >= 1', 'metrics."val/loss" != nan'):
        assert not matches(parse(text, FIELDS), RECORD)
    for text in ('metrics."val/loss" = nan', 'metrics."val/loss" != 1', "metrics.loss != nan"):
        assert matches(parse(text, FIELDS), RECORD)
    assert not matches(parse("metrics.gone = nan or metrics.gone != nan", FIELDS), RECORD)
