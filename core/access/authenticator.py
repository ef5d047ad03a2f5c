"""Whose token it is, and what it lets them do."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from submarine.core.access.expiring import Expiring
from submarine.core.access.job_tokens import PREFIX as JOB_PREFIX
from submarine.core.access.job_tokens import JobTokens
from submarine.core.access.ledger import Ledger
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.store import Credential
from submarine.core.access.token import Token
from submarine.core.access.token_text import Secret
from submarine.core.clock import Clock
from submarine.core.errors import UnauthenticatedError

JobPrincipal = Callable[[str, int], Awaitable[Principal | None]]
"""Returns who the attempt of a job is, None if it is not the living one."""

LIFETIME: Final = 5.0  # seconds that another server's revocation may take to be seen here
_REMEMBERED: Final = 10_000
_USED_EVERY: Final = 60_000  # ms


class Authenticator:
    """Knows callers by their tokens; remembers them for some seconds.

    A change made on this server is seen at once, one made on another within five seconds. A token
    that is wrong and one that is unknown get the same answer, so that ids cannot be guessed.
    """

    def __init__(self, ledger: Ledger, jobs: JobTokens, job_principal: JobPrincipal, clock: Clock) -> None:
        self._ledger = ledger
        self._jobs = jobs
        self._job_principal = job_principal
        self._clock = clock
        self._known: Expiring[bytes, tuple[Token, Principal]] = Expiring(LIFETIME, _REMEMBERED)
        self._used: dict[str, int] = {}
        self._noted: dict[str, int] = {}
        ledger.on_change(self._known.clear)

    async def authenticate(self, token: str) -> Principal:
        """Return whose *token* it is; raise `UnauthenticatedError` if nobody's, or nobody's any more."""
        if token.startswith(JOB_PREFIX):
            return await self._job(token)
        key = hashlib.sha256(token.encode()).digest()  # so that no token in clear stays in memory
        found, principal = self._known.find(key) or await self._known.get(key, lambda: self._ask(token))
        if found.expires is not None and found.expires <= self._clock():
            raise UnauthenticatedError("the token has expired; log in again, or make a new one")
        self._note(found.id)
        return principal

    async def flush(self) -> None:
        """Write down when tokens were last used; what fails is written next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._ledger.touch() as store:
                await store.touch_tokens(used)
        except BaseException:
            self._used = {**used, **self._used}
            raise

    async def _ask(self, token: str) -> tuple[Token, Principal]:
        secret = Secret.parse(token)
        if secret is None:
            raise UnauthenticatedError("the token is none of ours")
        async with self._ledger.read() as store:
            found = await store.credential(secret.id)
        if found is None or not secret.fits(found.digest):
            raise UnauthenticatedError("the token is unknown")
        if found.token.revoked is not None:
            raise UnauthenticatedError("the token was revoked; log in again, or make a new one")
        if found.user.disabled:
            raise UnauthenticatedError(f"the account of {found.user.name!r} is disabled")
        return found.token, principal_of(found)

    async def _job(self, token: str) -> Principal:
        """Ask each time: a job's token dies with its attempt, at once and on every server."""
        said = self._jobs.verify(token)
        if said is None:
            raise UnauthenticatedError("the job's token is none of ours")
        principal = await self._job_principal(*said)
        if principal is None:
            raise UnauthenticatedError("this attempt of the job is over, and its token with it")
        return principal

    def _note(self, token: str) -> None:
        at = self._clock()
        if at - self._noted.get(token, -_USED_EVERY) >= _USED_EVERY:
            if len(self._noted) >= _REMEMBERED:
                self._noted.clear()
            self._noted[token] = self._used[token] = at


def principal_of(found: Credential) -> Principal:
    """Return the caller that shows the token of *found*: the user, as far as the token reaches."""
    token, user, project = found.token, found.user, found.project
    admin = user.admin and token.scope is Scope.ADMIN
    roles = dict(found.roles)
    if project is not None:  # a limited token knows one team, and no site
        own = Role.MAINTAINER if admin else roles.get(project.team)
        roles = {} if own is None else {project.team: own}
        admin = False
    return Principal(
        name=user.name,
        admin=admin,
        roles=roles,
        scope=token.scope,
        project=token.project,
        token=token.id,
    )
