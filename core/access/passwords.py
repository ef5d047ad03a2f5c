"""Passwords: whoever keeps them, they are proved here, and not too often."""

from __future__ import annotations

from typing import Final

from submarine.core.access.ledger import Deed, Ledger
from submarine.core.access.patience import Patience
from submarine.core.errors import InvalidError, UnauthenticatedError
from submarine.core.ports.identity import Enrolling, Identity, Subject

LONGEST: Final = 1024  # characters; what is longer is not even looked at


class Passwords:
    """Asks the identity port, within the bounds of patience.

    Wrong passwords are counted by name *and* address, so that a stranger who guesses at a name slows down
    nobody but himself, and by address over all names. Guesses at one name from many addresses are counted
    too, far more generously; that bound alone can be reached by strangers, so it spares an address from
    which the name has logged in before. What all guesses together cost is bounded by the identity.
    """

    def __init__(self, identity: Identity, ledger: Ledger, patience: Patience) -> None:
        self._identity = identity
        self._ledger = ledger
        self._patience = patience

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
        # Counted before the answer is known: a hundred tries at once are a hundred tries.
        self._patience.admit(name, address)
        subject = None
        if len(password) <= LONGEST:
            subject = await self._identity.verify(name, password, verifier)
        if subject is None:
            await self._ledger.note(act, "refused")
            raise UnauthenticatedError("wrong user name or password")
        self._patience.trust(name, address)
        return subject

    async def prove(self, name: str, current: str | None, verifier: str, act: Deed) -> None:
        """Raise `InvalidError` unless *current* is the password of *name*."""
        if current is None:
            raise InvalidError.of("current", "is missing", "your current password")
        try:
            await self.verify(name, current, verifier, act)
        except UnauthenticatedError:
            raise InvalidError.of("current", "is not your password", "your current password") from None
