"""Puts liars before a kit and tells which promises each was caught breaking."""

from __future__ import annotations

from collections.abc import Mapping

import pytest


def promises_of(kit: type) -> set[str]:
    return {name for name in dir(kit) if name.startswith("test_")}


def caught(pytester: pytest.Pytester, preamble: str, suites: Mapping[str, str]) -> dict[str, set[str]]:
    """Run one test class for each of *suites*, promise to body, and return which tests failed in each."""
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    classes = [f"class Test_{promise}(Suite):\n    {body}\n" for promise, body in suites.items()]
    module = pytester.makepyfile("\n\n".join([preamble, *classes]))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "BUILD_NUMBER"):  # there pytest tells every difference in full, for minutes
            patch.delenv(name, raising=False)
        run = pytester.inline_run("-q", "-p", "no:cacheprovider", module)
    reports = run.getreports("pytest_runtest_logreport")
    verdicts: dict[str, set[str]] = {promise: set() for promise in suites}
    for report in reports:
        assert isinstance(report, pytest.TestReport)
        _, suite, test = report.nodeid.split("::", 2)
        if report.failed:
            verdicts[suite.removeprefix("Test_")].add(test.partition("[")[0])
    return verdicts
