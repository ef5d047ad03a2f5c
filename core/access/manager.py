"""The AccessManager: the component as the rest of the server holds it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from submarine.core.access.authenticator import Authenticator, JobPrincipal
from submarine.core.access.doors import Doors
from submarine.core.access.founding import Founding
from submarine.core.access.job_tokens import JobTokens
from submarine.core.access.ledger import AccessRecords, Ledger
from submarine.core.access.login import SESSION, Login
from submarine.core.access.passwords import Passwords
from submarine.core.access.patience import Patience
from submarine.core.access.projects import ProjectManager
from submarine.core.access.teams import TeamManager
from submarine.core.access.tokens import DAY, TokenManager
from submarine.core.access.trail import AuditTrail
from submarine.core.access.users import UserManager
from submarine.core.clock import Clock, now
from submarine.core.errors import SubmarineError
from submarine.core.ports.identity import Identity

_FLUSH: Final = 60.0  # seconds
_PURGE: Final = 3600.0
_DEAD_TOKENS: Final = 30 * DAY

_log: Final = logging.getLogger(__name__)


class AccessManager:
    """Users, teams, projects, tokens, audit; each under its own name.

    *secret* derives the tokens of jobs; all servers of a site have the same. *job_principal* tells who an
    attempt of a job is. *open_teams* lets every user make teams. *session* is how long a login
    lasts, in ms.
    """

    def __init__(
        self,
        records: AccessRecords,
        identity: Identity,
        job_tokens: JobTokens,
        job_principal: JobPrincipal,
        *,
        clock: Clock = now,
        open_teams: bool = False,
        session: int = SESSION,
    ) -> None:
        ledger = Ledger(records, clock)
        passwords = Passwords(identity, ledger, Patience())
        self._ledger, self._clock = ledger, clock
        self.job_tokens = job_tokens
        self.doors = Doors(ledger)
        self.authenticator = Authenticator(ledger, job_tokens, job_principal, clock)
        self.founding = Founding(ledger, clock)
        self.login = Login(ledger, passwords, clock, session)
        self.users = UserManager(ledger, passwords, clock)
        self.teams = TeamManager(ledger, clock, open_teams=open_teams)
        self.projects = ProjectManager(ledger, self.doors, clock)
        self.tokens = TokenManager(ledger, self.doors, clock)
        self.trail = AuditTrail(ledger)

    async def keep_house(self) -> None:
        """Write down when tokens were used, and forget dead ones, until cancelled."""
        try:
            while True:
                for _ in range(int(_PURGE / _FLUSH)):
                    await self._try(self.authenticator.flush)
                    await asyncio.sleep(_FLUSH)
                await self._try(self.purge)
        finally:
            await self._try(self.authenticator.flush)

    async def purge(self) -> None:
        """Delete tokens that ended a month ago."""
        async with self._ledger.touch() as store:
            await store.purge_tokens(self._clock() - _DEAD_TOKENS)

    async def _try(self, chore: Callable[[], Awaitable[None]]) -> None:
        try:
            await chore()
        except SubmarineError as error:
            _log.warning("access: a chore has to wait: %s", error)
