"""Tokens that users make for their scripts and machines."""

from __future__ import annotations

from typing import Final

from submarine.core.access import names, policy
from submarine.core.access.doors import Doors
from submarine.core.access.ledger import Ledger, deed
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.token import Token
from submarine.core.access.token_text import Secret
from submarine.core.clock import Clock
from submarine.core.errors import ForbiddenError, InvalidError, NotFoundError
from submarine.core.pages import Page

DAY: Final = 86_400_000
LIFETIME: Final = 90 * DAY
LONGEST: Final = 3650 * DAY


class TokenManager:
    """Makes, lists and revokes tokens; a token never makes one that reaches farther than itself."""

    def __init__(self, ledger: Ledger, doors: Doors, clock: Clock) -> None:
        self._ledger = ledger
        self._doors = doors
        self._clock = clock

    async def create(
        self,
        principal: Principal,
        name: str,
        *,
        scope: Scope | None = None,
        lifetime: int | None = LIFETIME,
        project: str | None = None,
        request: str = "",
    ) -> tuple[Token, str]:
        """Return a new token of the caller's and, this once, its text.

        *scope* is ``write`` if not given, *lifetime* in ms (None: for ever), *project* (id, name, team/name)
        limits it. Raise `ForbiddenError` for more than the caller's own token may.
        """
        policy.require_person(principal)
        wanted = Scope.WRITE if scope is None else scope
        limit = await self._limit(principal, project)
        if lifetime is not None and not 0 < lifetime <= LONGEST:
            raise InvalidError.of("expires_in", "is out of bounds", "more than 0 and at most 3650d")
        now = self._clock()
        secret = Secret.new()
        token = Token(
            id=secret.id,
            user=principal.name,
            name=names.text("name", name, 100),
            scope=wanted,
            project=limit,
            created=now,
            expires=None if lifetime is None else now + lifetime,
        )
        act = deed(principal, "token.create", token.id, request)
        act.project = limit
        act.data.update(name=name, scope=wanted.word)
        async with self._ledger.change(act, forget=False) as store:
            policy.require_scope(principal, Scope.WRITE)
            policy.require_scope(principal, wanted)
            if wanted is Scope.ADMIN and not principal.admin:
                raise ForbiddenError("a token of scope admin is for admins, and not for one project")
            await store.add_token(token, secret.digest)
        return token, secret.text

    async def list(
        self, principal: Principal, *, user: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Token]:
        """Return the caller's living tokens, newest first, without their secrets and without sessions.

        An admin may ask for those of another *user*.
        """
        policy.require_person(principal)
        if user is not None and user != principal.name:
            policy.require_admin(principal)
        before = names.cursor(cursor)
        async with self._ledger.read() as store:
            whose = principal.name if user is None else user
            found = await store.tokens(user=whose, before=before, limit=limit + 1)
        return Page.cut(found, limit, lambda token: token.id)

    async def revoke(self, principal: Principal, id: str, *, request: str = "") -> None:  # noqa: A002
        """End a token of the caller's (an admin: anybody's), at once; twice is as good as once."""
        policy.require_person(principal)
        act = deed(principal, "token.revoke", id, request)
        async with self._ledger.change(act) as store:
            token = await store.token(id)
            if token is None or (token.user != principal.name and not principal.admin):
                raise NotFoundError(f"no token {id[:80]!r}")
            if token.id != principal.token:  # the one shown may always end itself
                policy.require_scope(principal, Scope.WRITE)
                policy.require_unlimited(principal)
            act.data["user"] = token.user
            await store.revoke_token(id, self._clock())

    async def _limit(self, principal: Principal, project: str | None) -> str | None:
        """Return the id of the project the new token is limited to."""
        if project is None:
            return principal.project  # a limited token makes no unlimited one
        found = await self._doors.resolve(principal, project)
        policy.require(principal, found, Role.VIEWER, Scope.READ)
        return found.id
