"""Adapters that do not lie break no promise about faults: what catches liars does not catch everybody."""

from __future__ import annotations

from tests.contracts import wired_identity_liars, wired_store_liars
from tests.contracts.runtime_liars import faulty_suite, mortal


class TestHonestRuntime(faulty_suite.Suite):
    __test__ = True


class TestHonestProcesses(mortal.Suite):
    __test__ = True


class TestHonestObjectStore(wired_store_liars.Suite):
    __test__ = True


class TestHonestIdentity(wired_identity_liars.Suite):
    __test__ = True
