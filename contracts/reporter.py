"""A pytest plugin that tells another process, line by line in JSON, how each promise fares."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Sequence
from typing import Final, TextIO

import pytest

DESCRIPTOR: Final = "SUBMARINE_CONTRACT_REPORT"
"""The environment variable with the number of the file descriptor to write to."""


ORDERLY: Final = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""How a run ends in which everything was tried that should be."""


class Reporter:
    """Writes ``{"total": n}`` once, then a line for each promise that was tried, and ``{"ended": true}``.

    Before each it writes ``{"trying": name}``: what is tried may end this very process.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._sentences: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say how many there are."""
        items: Sequence[pytest.Item] = session.items
        for item in items:
            said = inspect.getdoc(getattr(item, "function", None)) or ""
            self._sentences[item.nodeid] = said.partition("\n")[0]
        self._tell({"total": len(items)})

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which is tried now."""
        self._tell({"trying": _name(nodeid)})

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Say that nothing was left out."""
        if exitstatus in ORDERLY:
            self._tell({"ended": True})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say how one was kept; a test that is torn down badly is told of twice, and the worse counts."""
        if report.when != "call" and report.passed:
            return
        outcome, detail = "kept", ""
        if hasattr(report, "wasxfail"):
            outcome, detail = "waived", report.wasxfail
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            outcome, detail = "not-applicable", reason.removeprefix("Skipped: ")
        elif report.failed:
            outcome, detail = "broken", _last_words(report)
        promise = {"promise": _name(report.nodeid), "sentence": self._sentences.get(report.nodeid, "")}
        self._tell({**promise, "outcome": outcome, "detail": detail, "seconds": round(report.duration, 3)})

    def _tell(self, what: object) -> None:
        self._out.write(json.dumps(what) + "\n")
        self._out.flush()


def _name(nodeid: str) -> str:
    return nodeid.rpartition("::")[2].partition("[")[0]


def _last_words(report: pytest.TestReport) -> str:
    """Return the line of a failure that says most: what was raised, or what did not hold."""
    crash = getattr(report.longrepr, "reprcrash", None)
    said = str(crash.message if crash is not None else report.longrepr).strip()
    return said.partition("\n")[0][:300]


def pytest_configure(config: pytest.Config) -> None:
    """Report where the environment says, if it does."""
    if number := os.environ.get(DESCRIPTOR):
        config.pluginmanager.register(Reporter(os.fdopen(int(number), "w", encoding="utf-8")))
