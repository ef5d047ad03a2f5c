"""Tells at the end of a run how many promises the kits hold, and how many lies about them were caught."""

from __future__ import annotations

from collections import Counter
from typing import cast

import pytest

from tests.contracts.trials import CAUGHT, KIT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table; a share below 100 % is a failed test already."""
    kits: dict[str, tuple[int, int]] = {}
    caught: Counter[str] = Counter()
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    tests = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "call"]
    for name, told in (fact for test in tests for fact in test.user_properties):
        if name == KIT:
            kit, *counts = cast(tuple[str, int, int], told)
            kits[kit] = (counts[0], counts[1])
        elif name == CAUGHT:
            kit, yes = cast(tuple[str, bool], told)
            caught[kit] += yes
    if not kits:
        return
    rows = [(name, *counts, caught[name]) for name, counts in sorted(kits.items())]
    _, promised, lied, catches = zip(*rows, strict=True)
    rows.append(("all", sum(promised), sum(lied), sum(catches)))
    terminalreporter.section("promises of the contract kits")
    terminalreporter.write_line(f"{'kit':<24}{'promises':>10}{'liars':>10}{'catches':>10}{'caught':>10}")
    for name, promises, liars, seen in rows:
        share = seen / promises if promises else 0.0
        terminalreporter.write_line(f"{name:<24}{promises:>10}{liars:>10}{seen:>10}{share:>10.0%}")
