"""Identities that break one promise each, named by the promise."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.adapters.memory.identity import MemoryIdentity
from submarine.contracts.identity import PASSWORD, IdentityContract
from submarine.core.ports.identity import Subject


class Misnames(MemoryIdentity):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        return Subject(name="eve") if await super().verify(name, password, verifier) else None


class Strips(MemoryIdentity):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        return await super().verify(name, password.rstrip(), verifier)


class WelcomesTheUnknown(MemoryIdentity):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        subject = await super().verify(name, password, verifier)
        return Subject(name=name) if verifier is None and not password else subject


class HurriesForTheUnknown(MemoryIdentity):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        return await super().verify(name, password, verifier) if verifier else None


class Confuses(MemoryIdentity):
    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        self.typed = password
        await asyncio.sleep(0)
        return await super().verify(name, self.typed, verifier)


class Tells(MemoryIdentity):
    @override
    async def enrol(self, name: str, password: str) -> str:
        return f"{await super().enrol(name, password)}|{password}"

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        return await super().verify(name, password, verifier and verifier.partition("|")[0])


class SaltsAlike(MemoryIdentity):
    @override
    async def enrol(self, name: str, password: str) -> str:
        await super().enrol(name, password)
        return f"salt:{hashlib.sha256(f'salt:{password}'.encode()).hexdigest()}"


class NeverForgets(MemoryIdentity):
    def __init__(self) -> None:
        self.verifiers: set[str] = set()

    @override
    async def enrol(self, name: str, password: str) -> str:
        verifier = await super().enrol(name, password)
        self.verifiers.add(verifier)
        return verifier

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        if verifier is None:
            return await super().verify(name, password, None)
        for one in (verifier, *(self.verifiers - {verifier})):
            if subject := await super().verify(name, password, one):
                return subject
        return None


class TakesAnything(MemoryIdentity):
    @override
    async def enrol(self, name: str, password: str) -> str:
        return await super().enrol(name, password if password == PASSWORD else PASSWORD[::-1])

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        known = password if password != "another password" else PASSWORD[::-1]
        return await super().verify(name, known, verifier)


class RefusesByTheClock(MemoryIdentity):
    def __init__(self) -> None:
        self.skew = time.time() - time.monotonic()

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        subject = await super().verify(name, password, verifier)
        return subject if abs(time.time() - time.monotonic() - self.skew) < 600 else None


LIARS: dict[str, type[MemoryIdentity]] = {
    "test_the_right_password_tells_who_it_is": Misnames,
    "test_any_other_password_is_refused": Strips,
    "test_somebody_unknown_is_refused": WelcomesTheUnknown,
    "test_the_unknown_cannot_be_told_by_the_time": HurriesForTheUnknown,
    "test_many_logins_at_once_are_answered_or_put_off": Confuses,
    "test_a_verifier_hides_the_password": Tells,
    "test_the_same_password_has_two_verifiers": SaltsAlike,
    "test_a_verifier_is_good_for_its_password_only": NeverForgets,
    "test_no_password_and_an_endless_one_are_refused": TakesAnything,
    "test_a_wrong_clock_changes_no_answer": RefusesByTheClock,
}


class Suite(IdentityContract):
    __test__ = False
    lie: ClassVar[str]
    rounds = 200

    @pytest.fixture
    @override
    def identity(self) -> MemoryIdentity:
        return LIARS[self.lie]()
