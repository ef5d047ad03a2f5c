"""Tells at the end of a run how many promises the kits hold, and how many lies about them were caught."""

from __future__ import annotations

import pytest

from tests.contracts.trials import VERDICTS, Verdict


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table; a share below 100 % is a failed test already."""
    if not (verdicts := config.stash.get(VERDICTS, {})):
        return
    rows = list(verdicts.values())
    total = Verdict(*(sum(getattr(row, what) for row in rows) for what in ("promises", "liars", "catches")))
    terminalreporter.section("promises of the contract kits")
    terminalreporter.write_line(f"{'kit':<24}{'promises':>10}{'liars':>10}{'catches':>10}{'caught':>10}")
    for name, row in [*verdicts.items(), ("all", total)]:
        share = row.catches / row.promises if row.promises else 0.0
        terminalreporter.write_line(
            f"{name:<24}{row.promises:>10}{row.liars:>10}{row.catches:>10}{share:>10.0%}"
        )
