"""A kit that believes liars is worth nothing: each lie must be caught, and by the promise it breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from submarine.contracts.identity import IdentityContract
from submarine.contracts.identity.outages import Outages
from submarine.contracts.object_store import ObjectStoreContract
from submarine.contracts.placement import PlacementContract
from submarine.contracts.records import RecordsContract
from submarine.contracts.runtime import RuntimeContract
from submarine.contracts.runtime.deaths import Deaths
from tests.contracts import (
    identity_liars,
    object_store_liars,
    placement_liars,
    records_liars,
    runtime_liars,
    wired_identity_liars,
    wired_store_liars,
)
from tests.contracts.runtime_liars import faulty_suite, mortal, wired
from tests.contracts.trials import CAUGHT, KIT, Trial, broken_by

pytest_plugins = ["pytester"]

RecordProperty = Callable[[str, object], None]

TRIALS = (
    Trial(
        RuntimeContract,
        runtime_liars.LIARS,
        "tests.contracts.runtime_liars.suite",
        alone=False,
        elsewhere=(faulty_suite.Faults, Deaths),
    ),
    Trial(
        faulty_suite.Faults,
        wired.LIARS,
        "tests.contracts.runtime_liars.faulty_suite",
        alone=False,
        name="RuntimeContract: link",
    ),
    Trial(
        Deaths,
        mortal.LIARS,
        "tests.contracts.runtime_liars.mortal",
        alone=False,
        name="RuntimeContract: deaths",
    ),
    Trial(
        ObjectStoreContract,
        object_store_liars.LIARS,
        "tests.contracts.object_store_liars",
        elsewhere=(wired_store_liars.Faults,),
    ),
    Trial(
        wired_store_liars.Faults,
        wired_store_liars.LIARS,
        "tests.contracts.wired_store_liars",
        alone=False,
        name="ObjectStoreContract: link",
    ),
    Trial(IdentityContract, identity_liars.LIARS, "tests.contracts.identity_liars", elsewhere=(Outages,)),
    Trial(
        Outages,
        wired_identity_liars.LIARS,
        "tests.contracts.wired_identity_liars",
        alone=False,
        name="IdentityContract: link",
    ),
    Trial(RecordsContract, records_liars.LIARS, "tests.contracts.records_liars.suite", alone=False),
    Trial(PlacementContract, placement_liars.LIARS, "tests.contracts.placement_liars"),
)


LIES = [(trial, promise) for trial in TRIALS for promise in sorted(trial.promises & {*trial.liars})]


@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_every_promise_has_a_liar(trial: Trial, record_property: RecordProperty) -> None:
    record_property(KIT, (str(trial), len(trial.promises), len(trial.liars)))
    assert set(trial.liars) == trial.promises


@pytest.mark.parametrize(("trial", "promise"), LIES, ids=str)
def test_a_liar_is_caught_breaking_its_promise(
    trial: Trial, promise: str, pytester: pytest.Pytester, record_property: RecordProperty
) -> None:
    broken = broken_by(promise, trial, pytester)
    record_property(CAUGHT, (str(trial), promise in broken))
    assert promise in broken
    if trial.alone:
        assert broken == {promise}
