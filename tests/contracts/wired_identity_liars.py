"""Identities behind a link that break one promise about its faults each; one by its backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.adapters.memory.identity import MemoryIdentity
from submarine.contracts.identity.outages import Outages
from submarine.core.errors import AdapterError, UnavailableError
from submarine.core.ports.identity import Subject
from tests.contracts.wired.identity import WiredIdentity
from tests.contracts.wired.suite import Wiretapped


class Wired(WiredIdentity):
    """Honest in all that a subclass does not twist."""

    backend: ClassVar[type[MemoryIdentity]] = MemoryIdentity


class TurnsAwayWhenAway(Wired):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        try:
            return await super().verify(name, password, verifier)
        except UnavailableError:
            if verifier is None:
                return None
            raise


class StaysAway(Wired):
    away = False

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        if self.away:
            raise UnavailableError("it was away before")
        try:
            return await super().verify(name, password, verifier)
        except UnavailableError:
            self.away = True
            raise


class BlocksTheLoop(Wired):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        try:
            return await super().verify(name, password, verifier)
        except UnavailableError:
            time.sleep(1.5)  # noqa: ASYNC251 - the lie
            raise


class HasNoPatience(Wired):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        try:
            async with asyncio.timeout(0.05):
                return await super().verify(name, password, verifier)
        except TimeoutError:
            return None


class LocksWhoComesTwice(MemoryIdentity):
    tries = 0

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        self.tries += password != "not the password"
        return await super().verify(name, password, verifier) if self.tries <= 2 else None


class LocksOut(Wired):
    backend = LocksWhoComesTwice


class TakesGarbageForNo(Wired):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        try:
            return await super().verify(name, password, verifier)
        except AdapterError:
            return None


class LetsBareErrorsOut(Wired):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        try:
            return await super().verify(name, password, verifier)
        except UnavailableError as error:
            raise error.__cause__ or error from None


LIARS: dict[str, type[Wired]] = {
    "test_while_the_directory_is_away_every_login_says_so": TurnsAwayWhenAway,
    "test_after_an_outage_logins_are_judged_again": StaysAway,
    "test_a_directory_that_hangs_is_unavailable_in_time": BlocksTheLoop,
    "test_a_slow_directory_is_only_slow": HasNoPatience,
    "test_a_login_that_is_delivered_twice_is_one_login": LocksOut,
    "test_garbage_lets_nobody_in_and_turns_nobody_away": TakesGarbageForNo,
    "test_half_an_answer_is_no_answer": LetsBareErrorsOut,
}


class Suite(Wiretapped, Outages):
    __test__ = False
    liars = LIARS
    honest = Wired

    @pytest.fixture
    @override
    def identity(self, wired: Callable[[], Wired]) -> Wired:
        return wired()
