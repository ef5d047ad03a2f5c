"""Promises for a directory that is away, silent or talks nonsense: nobody is let in or turned away."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import AbstractAsyncContextManager

import pytest

from submarine.contracts.faults import Cut, FaultyLink, Garbage, Hanging, Slow, Twice
from submarine.contracts.faults.calls import NO_VERDICT, each_raises, measured
from submarine.contracts.faults.kinds import GARBAGE
from submarine.contracts.identity.kit import IdentityKit, Known
from submarine.core.errors import UnavailableError
from submarine.core.ports.identity import Identity, Subject


def _logins(identity: Identity, known: Known) -> Mapping[str, Awaitable[object]]:
    return {
        "the right password": identity.verify(known.name, known.password, known.verifier),
        "a wrong one": identity.verify(known.name, "not the password", known.verifier),
        "somebody unknown": identity.verify("nobody-of-this-name", known.password, None),
    }


@pytest.mark.asyncio
class Outages(IdentityKit):
    """Whether a password is right cannot be known then, and that is what is said."""

    async def test_while_the_directory_is_away_every_login_says_so(
        self, identity: Identity, known: Known, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """Neither welcome nor wrong: unavailable, also for somebody unknown."""
        async with outage:
            await each_raises(_logins(identity, known), UnavailableError, within=self.gives_up)

    async def test_after_an_outage_logins_are_judged_again(
        self, identity: Identity, known: Known, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """By the same object, without a restart."""
        async with outage:
            with pytest.raises(UnavailableError):
                await identity.verify(known.name, known.password, known.verifier)
        await self._judges(identity, known)

    async def test_a_directory_that_hangs_is_unavailable_in_time(
        self, identity: Identity, known: Known, link: FaultyLink
    ) -> None:
        """Every login gives up as the documentation says, and the event loop goes on meanwhile."""
        with link.suffering(Hanging()):
            async with measured() as stutter:
                await each_raises(_logins(identity, known), UnavailableError, within=self.gives_up)
        assert stutter.longest < self.stutter, "the event loop stood still"

    async def test_a_slow_directory_is_only_slow(
        self, identity: Identity, known: Known, link: FaultyLink
    ) -> None:
        """Logins take their time, and are judged."""
        with link.suffering(Slow()):
            await self._judges(identity, known)

    async def test_a_login_that_is_delivered_twice_is_one_login(
        self, identity: Identity, known: Known, link: FaultyLink
    ) -> None:
        """Nobody is locked out because a network repeats what it was given."""
        with link.suffering(Twice()):
            await self._judges(identity, known)
        await self._judges(identity, known)

    @pytest.mark.parametrize("kind", GARBAGE)
    async def test_garbage_lets_nobody_in_and_turns_nobody_away(
        self, identity: Identity, known: Known, link: FaultyLink, kind: str
    ) -> None:
        """Whoever answers in place of the directory has no say."""
        with link.suffering(Garbage(GARBAGE[kind])):
            await each_raises(_logins(identity, known), *NO_VERDICT, within=self.gives_up)

    @pytest.mark.parametrize("passed", [1, 10])
    async def test_half_an_answer_is_no_answer(
        self, identity: Identity, known: Known, link: FaultyLink, passed: int
    ) -> None:
        """Where it breaks off after some bytes, nothing is made of them."""
        with link.suffering(Cut(answers=passed)):
            await each_raises(_logins(identity, known), *NO_VERDICT, within=self.gives_up)

    async def _judges(self, identity: Identity, known: Known) -> None:
        assert isinstance(await identity.verify(known.name, known.password, known.verifier), Subject)
        assert await identity.verify(known.name, "not the password", known.verifier) is None
