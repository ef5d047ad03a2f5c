"""Promises about names and passwords."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Final

import pytest

from submarine.contracts.faults.clocks import HOUR, clock_off
from submarine.contracts.identity.kit import PASSWORD, IdentityKit, Known, enrolling
from submarine.core.errors import BusyError, InvalidError
from submarine.core.ports.identity import Identity, Subject

STRANGE: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    PASSWORD + " ",
    PASSWORD.upper(),
    "\ud800",
    "x" * 2**20,
    "' or ''='",
)
"""What people and attackers send as a password."""


@pytest.mark.asyncio
class Verifying(IdentityKit):
    """Who somebody is, and who is not."""

    async def test_the_right_password_tells_who_it_is(self, identity: Identity, known: Known) -> None:
        """And does so each time."""
        for _ in range(2):
            subject = await identity.verify(known.name, known.password, known.verifier)
            assert isinstance(subject, Subject)
            assert subject.name == known.name

    @pytest.mark.parametrize("password", STRANGE, ids=lambda p: ascii(p[:12]))
    async def test_any_other_password_is_refused(
        self, identity: Identity, known: Known, password: str
    ) -> None:
        """With None, never an error: that would tell more than no."""
        assert await identity.verify(known.name, password, known.verifier) is None

    async def test_somebody_unknown_is_refused(self, identity: Identity, known: Known) -> None:
        """With None, whatever the password."""
        for password in (known.password, *STRANGE):
            assert await identity.verify("nobody-of-this-name", password, None) is None

    async def test_the_unknown_cannot_be_told_by_the_time(self, identity: Identity, known: Known) -> None:
        """Else names could be tried without a password."""
        timings: dict[str, list[float]] = {"wrong": [], "unknown": []}
        for _ in range(self.rounds):
            for kind, name, verifier in (("wrong", known.name, known.verifier), ("unknown", "nobody", None)):
                begin = time.perf_counter()
                assert await identity.verify(name, "not the password", verifier) is None
                timings[kind].append(time.perf_counter() - begin)
        # one quick answer makes a minimum, a busy moment a median: what gives a name away shows in both
        shares = [middle(timings["unknown"]) / middle(timings["wrong"]) for middle in (min, median)]
        assert any(0.4 < share < 2.5 for share in shares), shares

    async def test_many_logins_at_once_are_answered_or_put_off(
        self, identity: Identity, known: Known
    ) -> None:
        """Each with who it is, no, or to come again later; none hangs, none is mistaken."""
        passwords = [known.password, "not the password"] * 8
        async with asyncio.timeout(self.patience):
            answers = await asyncio.gather(
                *(identity.verify(known.name, password, known.verifier) for password in passwords),
                return_exceptions=True,
            )
        for password, answer in zip(passwords, answers, strict=True):
            if not isinstance(answer, BusyError):
                assert not isinstance(answer, BaseException)
                assert (answer is not None) == (password == known.password)

    async def test_a_verifier_hides_the_password(self, identity: Identity) -> None:
        """It may be seen in a backup of the records."""
        verifier = await enrolling(identity).enrol("ada", PASSWORD)
        assert PASSWORD not in verifier
        assert PASSWORD.split()[0] not in verifier

    async def test_the_same_password_has_two_verifiers(self, identity: Identity) -> None:
        """So nobody sees who shares one; and each is good."""
        directory = enrolling(identity)
        first, second = await directory.enrol("ada", PASSWORD), await directory.enrol("ada", PASSWORD)
        assert first != second
        for verifier in (first, second):
            assert await identity.verify("ada", PASSWORD, verifier)

    async def test_a_verifier_is_good_for_its_password_only(self, identity: Identity) -> None:
        """Changing the password shuts out the old one."""
        directory = enrolling(identity)
        old, new = await directory.enrol("ada", PASSWORD), await directory.enrol("ada", "another password")
        assert await identity.verify("ada", PASSWORD, new) is None
        assert await identity.verify("ada", "another password", old) is None

    @pytest.mark.parametrize("password", ["", "x" * 2**20], ids=["empty", "endless"])
    async def test_no_password_and_an_endless_one_are_refused(
        self, identity: Identity, password: str
    ) -> None:
        """And the answer names the field."""
        with pytest.raises(InvalidError) as caught:
            await enrolling(identity).enrol("ada", password)
        assert [fault.field for fault in caught.value.faults] == ["password"]
        assert password == "" or password not in str(caught.value)

    @pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["behind", "ahead"])
    async def test_a_wrong_clock_changes_no_answer(self, identity: Identity, known: Known, off: int) -> None:
        """Whose password is right does not depend on the time of day."""
        with clock_off(off):
            assert isinstance(await identity.verify(known.name, known.password, known.verifier), Subject)
            assert await identity.verify(known.name, "not the password", known.verifier) is None
