"""Where promises of records are tried: things with new names, taken away at the end."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from submarine.core.access.principal import Role, Scope
from submarine.core.access.project import Project
from submarine.core.access.team import Member, Team
from submarine.core.access.token import Token
from submarine.core.access.user import User
from submarine.core.errors import SubmarineError
from submarine.core.events.event import Event
from submarine.core.experiments.experiment import Record
from submarine.core.ids import new_id
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.records import Records, Transaction
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import WorkloadKind

LONG_AGO: Final = 100
"""Before it nothing real has happened: what the kit makes is older, and may be forgotten by age."""

SPEC: Final = JobSpec(roles=(RoleSpec(command=("true",)),))


class Stage:
    """Makes values with names of this test's own, and writes them if asked to.

    ``a_user`` and the like return what can be written, ``user`` and the like have written it.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self._mark = secrets.token_hex(5)
        self._names: set[str] = set()
        self._jobs: set[str] = set()

    def called(self, word: str) -> str:
        """Return *word* as a name that nobody else has."""
        self._names.add(name := f"{word}-{self._mark}")
        return name

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Open a transaction."""
        async with self.records.begin() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Open a snapshot."""
        async with self.records.read() as tx:
            yield tx

    def a_user(self, word: str = "ada", **more: Any) -> User:
        """Return a user."""
        return User(id=new_id(), name=self.called(word), **{"created": 5, **more})

    def a_team(self, word: str = "vision", **more: Any) -> Team:
        """Return a team."""
        return Team(id=new_id(), name=self.called(word), **{"created": 5, **more})

    def a_member(self, team: Team, user: User, role: Role = Role.MEMBER) -> Member:
        """Return a membership."""
        return Member(id=new_id(), team=team.name, user=user.name, role=role, since=5)

    def a_project(self, team: Team, word: str = "digits", **more: Any) -> Project:
        """Return a project."""
        return Project(id=new_id(), team=team.name, name=self.called(word), **{"created": 5, **more})

    def a_token(self, user: User, **more: Any) -> Token:
        """Return a token."""
        return Token(id=new_id(), user=user.name, **{"created": 5, "scope": Scope.WRITE, **more})

    def a_job(self, project: Project, **more: Any) -> Job:
        """Return a job; live ones need names of their own."""
        self._jobs.add(id_ := new_id())
        said = {"kind": "experiment", "workload": WorkloadKind.BATCH, "name": f"job-{id_}", "spec": SPEC}
        said |= {"created": 5, "created_by": "ada", "changed": 5, "resources": Resources()}
        return Job(id=id_, project=project.id, **{**said, **more})

    def an_attempt(self, job: Job, number: int = 1, cluster: str = "", **more: Any) -> Attempt:
        """Return an open attempt."""
        said: dict[str, Any] = {"state": State.PLACING, "created": 5, **more}
        return Attempt(job=job.id, number=number, cluster=cluster or self.called("cluster"), **said)

    def an_event(self, job: Job, number: int = 0, **more: Any) -> Event:
        """Return an event of *job*; *number* tells it from others."""
        said: dict[str, Any] = {"type": "state", "data": {"number": number}, **more}
        return Event(at=5, project=job.project, job=job.id, **said)

    async def user(self, word: str = "ada", **more: Any) -> User:
        """Write a user."""
        user = self.a_user(word, **more)
        async with self.begin() as tx:
            assert await tx.access.add_user(user)
        return user

    async def team(self, word: str = "vision", *members: tuple[User, Role]) -> Team:
        """Write a team."""
        team = self.a_team(word)
        async with self.begin() as tx:
            assert await tx.access.add_team(team)
            for user, role in members:
                await tx.access.put_member(self.a_member(team, user, role))
        return team

    async def project(self, word: str = "digits", team: Team | None = None) -> Project:
        """Write a project, in a team of its own unless *team* is given."""
        project = self.a_project(team or await self.team(f"team-of-{word}"), word)
        async with self.begin() as tx:
            assert await tx.access.add_project(project)
        return project

    async def token(self, user: User, digest: str = "digest", **more: Any) -> Token:
        """Write a token."""
        token = self.a_token(user, **more)
        async with self.begin() as tx:
            await tx.access.add_token(token, digest)
        return token

    async def job(self, project: Project | None = None, **more: Any) -> Job:
        """Write a job."""
        job = self.a_job(project or await self.project(), **more)
        async with self.begin() as tx:
            await tx.jobs.add([job])
        return job

    async def experiment(self, project: Project | None = None, **more: Any) -> Job:
        """Write an experiment; return its job, which has its id."""
        about = {name: more.pop(name) for name in ("description", "framework", "rerun_of") if name in more}
        job = self.a_job(project or await self.project(), **more)
        async with self.begin() as tx:
            await tx.jobs.add([job])
            await tx.experiments.add([record_of(job, **about)])
        return job

    async def clear(self) -> None:
        """Take away what was made, as far as it can be."""
        for clearing in (self._clear_jobs, self._clear_projects, self._clear_names, self._clear_answers):
            with suppress(SubmarineError):
                await self._with(clearing)

    async def _with(self, clearing: Callable[[Transaction], Awaitable[None]]) -> None:
        async with self.begin() as tx:
            await clearing(tx)

    async def _clear_jobs(self, tx: Transaction) -> None:
        for job in sorted(self._jobs):
            await tx.jobs.delete(job)
            await tx.events.delete(job)
            await tx.experiments.delete(job)
            for _ in range(1000):
                if await tx.metadata.purge(job, 1000):
                    break

    async def _clear_projects(self, tx: Transaction) -> None:
        for project in await tx.access.projects(teams=self._names, before=None, limit=1000):
            await tx.access.delete_project(project.id)

    async def _clear_names(self, tx: Transaction) -> None:
        for name in sorted(self._names):
            await tx.access.delete_team(name)
            await tx.access.delete_user(name)
            await tx.clusters.set_drain(name, drain=False)
            await tx.clusters.forget_orphans(name, [o.handle for o in await tx.clusters.orphans(name)])

    async def _clear_answers(self, tx: Transaction) -> None:
        await tx.idempotency.forget_answers(LONG_AGO)
        await tx.effects.forget(LONG_AGO)


def record_of(job: Job, **about: Any) -> Record:
    """Return what makes *job* an experiment."""
    said = {"description": "", "framework": "none", **about}
    return Record(
        id=job.id, project=job.project, name=job.name, created_by="ada", created=job.created, **said
    )
