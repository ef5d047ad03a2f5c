"""Adapters that do not lie break no promise about faults: what catches liars does not catch everybody."""

from __future__ import annotations

from tests.contracts.runtime_liars import faulty_suite, mortal


class TestHonestRuntime(faulty_suite.Suite):
    __test__ = True


class TestHonestProcesses(mortal.Suite):
    __test__ = True
