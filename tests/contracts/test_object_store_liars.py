"""A kit that believes liars is worth nothing: each lie must be caught, and by the promise it breaks."""

from __future__ import annotations

import pytest

from submarine.contracts.object_store import ObjectStoreContract
from tests.contracts.object_store_liars import LIARS
from tests.contracts.trials import caught, promises_of

pytest_plugins = ["pytester"]

SUITE = """
import contextlib
import pytest
from submarine.contracts.object_store import ObjectStoreContract
from tests.contracts.object_store_liars import LIARS

class Suite(ObjectStoreContract):
    __test__ = False

    @pytest.fixture
    def reopened(self):
        liar = LIARS[self.lie]
        if liar.forgets:
            return lambda: contextlib.nullcontext(liar())
        store = liar()
        return lambda: contextlib.nullcontext(store)
"""


def test_every_promise_has_a_liar() -> None:
    assert set(LIARS) == promises_of(ObjectStoreContract)


def test_each_liar_is_caught_breaking_its_promise_and_no_other(pytester: pytest.Pytester) -> None:
    suites = {promise: f"__test__ = True; lie = {promise!r}" for promise in LIARS}
    assert caught(pytester, SUITE, suites) == {promise: {promise} for promise in LIARS}
