"""A kit that believes liars is worth nothing: each lie must be caught, and by the promise it breaks."""

from __future__ import annotations

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
from tests.contracts.trials import VERDICTS, Trial, Verdict, caught

pytest_plugins = ["pytester"]

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


@pytest.mark.timeout(600)  # hundreds of tests in one
@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_every_promise_has_a_liar_that_is_caught_breaking_it(
    trial: Trial, pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    broken = caught(pytester, trial)
    catches = {promise for promise, tests in broken.items() if promise in tests}
    verdicts = request.config.stash.setdefault(VERDICTS, {})
    verdicts[str(trial)] = Verdict(len(trial.promises), len(trial.liars), len(catches))
    assert set(trial.liars) == trial.promises
    assert catches == trial.promises
    if trial.alone:
        assert broken == {promise: {promise} for promise in trial.promises}
