"""How a site begins, and how its admin gets back in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from submarine.core.access.ledger import Deed, Ledger
from submarine.core.access.principal import Role, Scope
from submarine.core.access.project import Project
from submarine.core.access.store import AccessStore
from submarine.core.access.team import Member, Team
from submarine.core.access.token import Token
from submarine.core.access.token_text import Secret
from submarine.core.access.user import User
from submarine.core.clock import Clock
from submarine.core.ids import new_id

ADMIN: Final = "admin"
DEFAULT: Final = "default"
READMITTED: Final = 3_600_000  # ms


class _FoundedError(Exception):
    """There is an admin already; rolls the transaction back."""


class Founding:
    """For the server itself, not for callers: nobody's rights are asked."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def bootstrap(self) -> str | None:
        """Make user ``admin``, team ``default`` and project ``default/default`` on a site without users.

        Return the admin's token, this once; None if there are users already. Of several servers that
        start at once one does it.
        """
        async with self._ledger.read() as store:
            if await store.users(teams=None, name="", before=None, limit=1):
                return None
        act = Deed(actor="server", action="site.found", target=ADMIN)
        user = User(id=new_id(), name=ADMIN, admin=True, created=self._clock())
        try:
            return await self._found(act, user)
        except _FoundedError:
            return None

    async def _found(self, act: Deed, user: User) -> str:
        async with self._ledger.change(act) as store:
            if not await store.add_user(user):  # another server was faster
                raise _FoundedError
            await self._default_team(store)
            return await self._token(store, "first start", None)

    async def readmit(self) -> str:
        """Return a token of an hour for user ``admin``, who is made, enabled and an admin again if need be.

        For an operator at the machine who has lost every admin token.
        """
        async with self._ledger.change(Deed(actor="server", action="site.readmit", target=ADMIN)) as store:
            user = await store.user(ADMIN)
            if user is None:
                await store.add_user(User(id=new_id(), name=ADMIN, admin=True, created=self._clock()))
            elif user.disabled or not user.admin:
                await store.save_user(_restored(user))
            return await self._token(store, "readmitted", self._clock() + READMITTED)

    async def _default_team(self, store: AccessStore) -> None:
        now = self._clock()
        await store.add_team(
            Team(id=new_id(), name=DEFAULT, description="Everybody's, to begin with", created=now)
        )
        await store.put_member(Member(id=new_id(), team=DEFAULT, user=ADMIN, role=Role.MAINTAINER, since=now))
        await store.add_project(Project(id=new_id(), name=DEFAULT, team=DEFAULT, created=now))

    async def _token(self, store: AccessStore, name: str, expires: int | None) -> str:
        secret = Secret.new()
        token = Token(
            id=secret.id, user=ADMIN, name=name, scope=Scope.ADMIN, created=self._clock(), expires=expires
        )
        await store.add_token(token, secret.digest)
        return secret.text


def _restored(user: User) -> User:
    return replace(user, admin=True, disabled=False, version=user.version + 1)
