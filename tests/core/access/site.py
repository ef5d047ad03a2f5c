"""A site with people in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from submarine.adapters.memory.identity import MemoryIdentity
from submarine.core.access.audit import AuditEvent
from submarine.core.access.job_tokens import JobTokens
from submarine.core.access.manager import AccessManager
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.token_text import Secret
from submarine.core.ports.identity import Subject

NOW = 1_800_000_000_000
SECRET = b"thirty-two bytes that nobody knows"
PASSWORD = "correct horse"


class Time:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Directory(MemoryIdentity):
    """Knows people of its own too, whatever they type."""

    def __init__(self) -> None:
        self.strangers: dict[str, Subject] = {}
        self.asked = 0

    @override
    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        self.asked += 1
        if name in self.strangers and password == PASSWORD:
            return self.strangers[name]
        return await super().verify(name, password, verifier)


@dataclass
class Site:
    access: AccessManager
    records: Any
    identity: Directory
    time: Time
    jobs: dict[tuple[str, int], Principal] = field(default_factory=dict)
    root: Principal = field(init=False)

    @classmethod
    async def found(cls, records: Any, *, open_teams: bool = False) -> Site:
        jobs: dict[tuple[str, int], Principal] = {}

        async def job_principal(job: str, attempt: int) -> Principal | None:
            return jobs.get((job, attempt))

        identity, time = Directory(), Time()
        access = AccessManager(
            records, identity, JobTokens(SECRET), job_principal, clock=time, open_teams=open_teams
        )
        site = cls(access, records, identity, time, jobs)
        token = await access.founding.bootstrap()
        assert token is not None
        site.root = await site.caller(token)
        return site

    async def caller(self, token: str) -> Principal:
        return await self.access.authenticator.authenticate(token)

    async def user(self, name: str, *, admin: bool = False, **roles: Role) -> Principal:
        """Make a user with *roles* in teams, which are made too; return them as logged in."""
        await self.access.users.create(self.root, name, password=PASSWORD, admin=admin)
        for team, role in roles.items():
            await self.team(team)
            await self.access.teams.put_member(self.root, team, name, role)
        return await self.login(name)

    async def team(self, name: str) -> None:
        async with self.records.read() as tx:
            known = await tx.access.team(name)
        if known is None:
            await self.access.teams.create(self.root, name)

    async def login(self, name: str) -> Principal:
        return await self.caller((await self.access.login.login(name, PASSWORD)).text)

    async def token(self, caller: Principal, **options: Any) -> str:
        _, text = await self.access.tokens.create(caller, "test", **options)
        return text

    async def with_token(self, caller: Principal, **options: Any) -> Principal:
        return await self.caller(await self.token(caller, **options))

    async def trail(self, **wanted: object) -> list[AuditEvent]:
        """Return the audit lines whose fields are as *wanted*, newest first."""
        page = await self.access.trail.list(self.root, limit=500)
        return [e for e in page.items if all(getattr(e, k) == v for k, v in wanted.items())]


def secret_of(text: str) -> Secret:
    found = Secret.parse(text)
    assert found is not None
    return found


JOB = Principal(name="job:j", job="j", attempt=1, project="p", scope=Scope.WRITE)
ROLES: Mapping[str, Role] = {role.word: role for role in Role}
