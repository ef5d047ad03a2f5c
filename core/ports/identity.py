"""Who somebody is, by the word of a directory, a provider or our own users table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from submarine.core.ports.port import Port


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person as the provider knows them; ``groups`` may be mapped to teams."""

    name: str
    email: str = ""
    display_name: str = ""
    groups: tuple[str, ...] = ()


class Identity(Protocol):
    """Checks a name and a password."""

    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        """Return who *name* is if *password* is theirs, else None; raise `UnavailableError` if away.

        *verifier* is what `Enrolling.enrol` returned for the user, None for an unknown one. The
        call takes as long for an unknown user as for a wrong password. Raise `BusyError` if too
        many ask at once.
        """
        ...


@runtime_checkable
class Enrolling(Protocol):
    """An identity that lets us set passwords."""

    async def enrol(self, name: str, password: str) -> str:
        """Return an opaque verifier for *password* to be kept in our records; never the password.

        Raise `InvalidError` if *password* is too weak or too long. The same one enrolled twice has
        two verifiers, and each is good.
        """
        ...


IDENTITY: Final[Port[Identity]] = Port("identity")
