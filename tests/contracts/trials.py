"""Puts a liar before a kit and tells which promises it was caught breaking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from typing_extensions import override

from submarine.contracts.kit import promises

KIT = "kit of promises"
"""The property of a test that tells ``(trial, promises, liars)``."""

CAUGHT = "liar caught"
"""The property of a test that tells ``(trial, whether its liar was caught)``."""


@dataclass(frozen=True)
class Trial:
    """A kit and its liars, promise to liar; ``module`` has the class ``Suite`` that opens ``self.lie``.

    ``alone``: each liar breaks its own promise and no other, so all promises are tried on every liar.
    Elsewhere a lie may shake others too (whoever doubles a job has two logs), and only its own is tried.
    ``elsewhere`` are parts of the kit that have trials of their own.
    """

    kit: type
    liars: Mapping[str, type]
    module: str
    alone: bool = True
    elsewhere: tuple[type, ...] = ()
    name: str = ""

    @override
    def __str__(self) -> str:
        return self.name or self.kit.__name__

    @property
    def promises(self) -> set[str]:
        """Return the names of all promises of the kit."""
        return {*promises(self.kit)} - {*promises(*self.elsewhere)}


class OnlyItsOwn:
    """Collects of a suite the one promise that its liar breaks: collecting takes longer than trying."""

    def __init__(self, promise: str) -> None:
        self._promise = promise

    def pytest_pycollect_makeitem(self, name: str) -> list[pytest.Item] | None:
        """Leave out the others."""
        return [] if name.startswith("test_") and name != self._promise else None


def broken_by(promise: str, trial: Trial, pytester: pytest.Pytester) -> set[str]:
    """Run the suite on the liar about *promise*; return the promises that failed on it.

    What fails before a test or in cleaning up after it does not count: that is not what the promise asks.
    Nor does a test that ran out of time: nothing was caught then.
    """
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    suite = f"class TestLiar(Suite):\n    __test__, lie = True, {promise!r}\n"
    module = pytester.makepyfile(f"from {trial.module} import Suite\n\n\n{suite}")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "BUILD_NUMBER"):  # there pytest tells every difference in full, for minutes
            patch.delenv(name, raising=False)
        run = pytester.inline_run(
            *("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=native", module),
            plugins=[] if trial.alone else [OnlyItsOwn(promise)],
        )
    broken = set()
    for report in run.getreports("pytest_runtest_logreport"):
        assert isinstance(report, pytest.TestReport)
        if report.failed and report.when == "call":
            assert "Timeout (>" not in report.longreprtext, f"{promise} ran out of time"
            broken.add(report.nodeid.rpartition("::")[2].partition("[")[0])
    return broken
