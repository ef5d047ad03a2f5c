"""Passwords: whoever keeps them, they are proved here, and not too often."""

from __future__ import annotations

from typing import Final

from submarine.core.access.ledger import Deed, Ledger
from submarine.core.access.throttle import Throttle
from submarine.core.errors import InvalidError, UnauthenticatedError
from submarine.core.ports.identity import Enrolling, Identity, Subject

LONGEST: Final = 1024  # characters; what is longer is not even looked at


class Passwords:
    """Asks the identity port, within the bounds of patience.

    Wrong passwords are counted by name and by address; a name that is throttled does not tell whether a
    password was right, so guessing on does not pay.
    """

    def __init__(self, identity: Identity, ledger: Ledger, by_name: Throttle, by_address: Throttle) -> None:
        self._identity = identity
        self._ledger = ledger
        self._by_name = by_name
        self._by_address = by_address

    async def enrol(self, name: str, password: str) -> str:
        """Return the verifier of *password*; raise `InvalidError` if it will not do."""
        if not isinstance(self._identity, Enrolling):
            raise InvalidError.of("password", "cannot be set here", "none: another directory keeps them")
        return await self._identity.enrol(name, password)

    async def verify(
        self, name: str, password: str, verifier: str | None, act: Deed, address: str = ""
    ) -> Subject:
        """Return who *name* is; failures are in the audit trail, as *act*.

        Raise `UnauthenticatedError` if *password* is wrong, `BusyError` after too many of those.
        """
        self._by_name.check(name, "wrong passwords")
        if address:
            self._by_address.check(address, "wrong passwords from your address")
        # Counted before the answer is known: a hundred tries at once are a hundred tries.
        self._by_name.count(name)
        if address:
            self._by_address.count(address)
        subject = None
        if len(password) <= LONGEST:
            subject = await self._identity.verify(name, password, verifier)
        if subject is None:
            await self._ledger.note(act, "refused")
            raise UnauthenticatedError("wrong user name or password")
        self._by_name.forgive(name)
        if address:
            self._by_address.give_back(address)  # not all: others may be guessing from there
        return subject

    async def prove(self, name: str, current: str | None, verifier: str, act: Deed) -> None:
        """Raise `InvalidError` unless *current* is the password of *name*."""
        if current is None:
            raise InvalidError.of("current", "is missing", "your current password")
        try:
            await self.verify(name, current, verifier, act)
        except UnauthenticatedError:
            raise InvalidError.of("current", "is not your password", "your current password") from None
