"""Each lie of an identity must be caught, and by the promise it breaks."""

from __future__ import annotations

import pytest

from submarine.contracts.identity import IdentityContract
from tests.contracts.identity_liars import LIARS
from tests.contracts.trials import caught, promises_of

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from submarine.contracts.identity import IdentityContract
from tests.contracts.identity_liars import LIARS

class Suite(IdentityContract):
    __test__ = False
    rounds = 200

    @pytest.fixture
    def identity(self):
        return LIARS[self.lie]()
"""


def test_every_promise_has_a_liar() -> None:
    assert set(LIARS) == promises_of(IdentityContract)


def test_each_liar_is_caught_breaking_its_promise_and_no_other(pytester: pytest.Pytester) -> None:
    suites = {promise: f"__test__ = True; lie = {promise!r}" for promise in LIARS}
    assert caught(pytester, SUITE, suites) == {promise: {promise} for promise in LIARS}
