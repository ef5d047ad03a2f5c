"""What holds for every kit: promises are kept, or waived out loud, and nothing in between."""

from __future__ import annotations

import pytest

from submarine.contracts.placement import PlacementContract
from submarine.contracts.proving import KITS
from tests.contracts.test_liars import TRIALS
from tests.contracts.trials import Trial

pytest_plugins = ["pytester"]


def _promise() -> str:
    return next(name for name in dir(PlacementContract) if name.startswith("test_"))


def test_every_kit_that_can_be_run_stands_trial() -> None:
    assert {kit for _, kit, _ in KITS.values()} <= {trial.kit.__name__ for trial in TRIALS}


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.kit.__name__)
def test_every_promise_has_its_own_liar_and_every_liar_a_promise(trial: Trial) -> None:
    assert set(trial.liars) == trial.promises
    assert len(set(trial.liars.values())) == len(trial.promises)


def test_a_promise_is_not_overridden() -> None:
    with pytest.raises(TypeError, match="overrides a promise of"):
        type("TestMine", (PlacementContract,), {_promise(): lambda self: None})


def test_a_waiver_of_no_promise_is_refused_and_the_near_one_named() -> None:
    with pytest.raises(TypeError, match=f"no promise; did you mean {_promise()}\\?"):
        type("TestMine", (PlacementContract,), {"waived": {_promise() + "x": "a slip of the pen"}})


def test_what_is_waived_and_kept_after_all_fails(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        f"""
        from submarine.contracts.placement import PlacementContract

        class TestPack(PlacementContract):
            policy = "least-loaded"
            waived = {{{_promise()!r}: "it would not be kept"}}
        """
    )
    result = pytester.inline_run("-q", "-p", "no:cacheprovider", "-k", _promise())
    _, skipped, failed = result.listoutcomes()
    assert not skipped
    assert [report.longreprtext for report in failed] == ["[XPASS(strict)] it would not be kept"]
