"""Puts liars before a kit and tells which promises each was caught breaking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from typing_extensions import override

from submarine.contracts.kit import promises


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


@dataclass(frozen=True)
class Verdict:
    """How many promises a kit has, how many have a liar, and how many of those were caught."""

    promises: int
    liars: int
    catches: int


VERDICTS: pytest.StashKey[dict[str, Verdict]] = pytest.StashKey()


class OnlyItsOwn:
    """Collects of each suite the one promise that its liar breaks: all of all would be tens of thousands."""

    @staticmethod
    def pytest_pycollect_makeitem(collector: object, name: str) -> list[pytest.Item] | None:
        """Leave out the others."""
        suite = collector.name if isinstance(collector, pytest.Class) else ""
        other = suite.startswith("Test_") and name.startswith("test_") and suite != f"Test_{name}"
        return [] if other else None


def caught(pytester: pytest.Pytester, trial: Trial) -> dict[str, set[str]]:
    """Run the suite on every liar; return, promise to tests, which failed on it.

    What fails before a test or in cleaning up after it does not count: that is not what the promise asks.
    """
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    classes = [f"class Test_{name}(Suite):\n    __test__, lie = True, {name!r}\n" for name in trial.liars]
    module = pytester.makepyfile("\n\n".join([f"from {trial.module} import Suite", *classes]))
    places = [str(module) if trial.alone else f"{module}::Test_{name}::{name}" for name in trial.liars]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "BUILD_NUMBER"):  # there pytest tells every difference in full, for minutes
            patch.delenv(name, raising=False)
        options = "-q", "-p", "no:cacheprovider", "--tb=native"
        run = pytester.inline_run(
            *options, *dict.fromkeys(places), plugins=[] if trial.alone else [OnlyItsOwn()]
        )
    verdicts: dict[str, set[str]] = {promise: set() for promise in trial.liars}
    for report in run.getreports("pytest_runtest_logreport"):
        assert isinstance(report, pytest.TestReport)
        _, suite, test = report.nodeid.split("::", 2)
        if report.failed and report.when == "call":
            verdicts[suite.removeprefix("Test_")].add(test.partition("[")[0])
    return verdicts
