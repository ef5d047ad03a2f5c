"""Random histories of jobs on two servers, against a model that fits on a page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from typing_extensions import override

from submarine.contracts.records.stage import Stage
from submarine.core.access.project import Project
from submarine.core.errors import ConflictError
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lifecycle import TRANSITIONS, State
from submarine.core.records import RECORDS, Records
from submarine.plugins.registry import discover
from tests.adapters.sql.engines import ENGINES
from tests.clusters.postgres import PostgresServer

SERVERS = st.integers(0, 1)
ANY = st.integers(0, 50)
CLUSTERS = ("near", "far")
LONG = 3_600_000


class OwnError(Exception):
    pass


@dataclass
class Model:
    """What must be there."""

    jobs: dict[str, Job] = field(default_factory=dict)
    attempts: dict[tuple[str, int], Attempt] = field(default_factory=dict)
    events: list[int] = field(default_factory=list)
    holder: tuple[str, int] | None = None
    newest: int = 0


class Bed:
    """A loop, and two servers' openings of one database, for all examples of a run."""

    def __init__(self, runner: asyncio.Runner, servers: tuple[Records, Records]) -> None:
        self.runner = runner
        self.servers = servers


class History(RuleBasedStateMachine):
    """Every step is a transaction of one of two servers; any may fail at its end."""

    bed: Bed

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.past: list[Job] = []
        self.at = 10
        self.live = False

    @initialize()
    def begin(self) -> None:
        self.stage = Stage(self.bed.servers[0])
        self.project: Project = self.bed.runner.run(self.stage.project())
        self.clusters = [self.stage.called(name) for name in CLUSTERS]
        self.lease = self.stage.called("work")

    def does(self, server: int, work: Any, *, fails: bool = False) -> Any:
        """Run *work* in a transaction; return what it returned, None if it was taken back."""

        async def run() -> Any:
            try:
                async with self.bed.servers[server].begin() as tx:
                    found = await work(tx)
                    if fails:
                        raise OwnError  # noqa: TRY301
                    return found
            except OwnError:
                return None

        self.at += 1
        return self.bed.runner.run(run())

    @rule(server=SERVERS, name=st.sampled_from("abc"), fails=st.booleans())
    def add(self, server: int, name: str, fails: bool) -> None:
        """Two live jobs never have one name."""
        job = self.stage.a_job(self.project, name=name, created=self.at)
        taken = any(known.name == name and not known.ended for known in self.model.jobs.values())

        async def work(tx: Any) -> bool:
            await tx.jobs.add([job])
            await tx.events.append([self.stage.an_event(job, self.at)])
            return True

        try:
            added = self.does(server, work, fails=fails)
        except ConflictError:
            assert taken
            return
        assert not (taken and added)
        if added:
            self.model.jobs[job.id] = job
            self.past.append(job)
            self.model.events.append(self.at)

    @rule(server=SERVERS, which=ANY, to=ANY, fails=st.booleans())
    def move(self, server: int, which: int, to: int, fails: bool) -> None:
        """Who read the newest version is written, whoever read an older one is told."""
        movable = [job for job in self.past if TRANSITIONS[job.state]]
        if not movable:
            return
        before = movable[which % len(movable)]
        states = sorted(TRANSITIONS[before.state])
        state = states[to % len(states)]
        step: dict[str, Any] = {}
        if state is State.PLACING:
            step = {"attempt": before.attempt + 1, "cluster": self.clusters[to % 2]}
        after = before.moved(state, self.at, **step)
        name = before.id, before.attempt

        async def work(tx: Any) -> bool:
            (written,) = await tx.jobs.save([after])
            if written:
                if state is State.PLACING:
                    await tx.jobs.open_attempt([self.opened(after)])
                elif name in self.model.attempts and not state.placed:
                    await tx.jobs.close_attempt([self.closed(name, after)])
                await tx.events.append([self.stage.an_event(after, self.at)])
            return bool(written)

        written = self.does(server, work, fails=fails)
        known = self.model.jobs.get(before.id)
        fresh = known is not None and known.version == before.version
        assert written == (None if fails else fresh)
        if written:
            self.moved(name, after)

    def moved(self, name: tuple[str, int], after: Job) -> None:
        """Take note of what was written."""
        self.model.jobs[after.id] = after
        self.past.append(after)
        self.model.events.append(self.at)
        if after.state is State.PLACING:
            self.model.attempts[after.id, after.attempt] = self.opened(after)
        elif name in self.model.attempts and not after.state.placed:
            self.model.attempts[name] = self.closed(name, after)

    def opened(self, job: Job) -> Attempt:
        assert job.cluster
        return self.stage.an_attempt(job, job.attempt, job.cluster)

    def closed(self, name: tuple[str, int], job: Job) -> Attempt:
        """Return how the attempt ended; one that had ended stays."""
        attempt = self.model.attempts[name]
        return attempt if attempt.ended else replace(attempt, state=State.FAILED, ended=job.changed)

    @rule(server=SERVERS, which=ANY)
    def collect(self, server: int, which: int) -> None:
        """What has ended may be marked, twice too."""
        ended = [attempt for attempt in self.model.attempts.values() if attempt.ended]
        if ended:
            attempt = ended[which % len(ended)]
            self.does(server, lambda tx: tx.jobs.mark_collected(attempt))
            self.model.attempts[attempt.job, attempt.number] = replace(attempt, collected=True)

    @rule(server=SERVERS, which=ANY)
    def delete(self, server: int, which: int) -> None:
        """A job goes with its attempts; its history stays until it is deleted too."""
        if self.past:
            job = self.past[which % len(self.past)].id
            self.does(server, lambda tx: tx.jobs.delete(job))
            self.model.jobs.pop(job, None)
            self.model.attempts = {n: a for n, a in self.model.attempts.items() if n[0] != job}

    @rule(server=SERVERS, keeps=st.booleans(), ttl=st.sampled_from([0, LONG]))
    def take(self, server: int, keeps: bool, ttl: int) -> None:
        """One holder; tokens grow; a token is kept only by who has it."""
        owner, name = f"server-{server}", self.lease
        held = self.model.holder
        token = held[1] if keeps and held else None
        got = self.does(server, lambda tx: tx.leases.acquire(name, owner, ttl, token=token))
        if held and self.live and held[0] != owner:
            assert got is None
            return
        assert got is not None
        if held and held == (owner, token):
            assert got == token
        else:
            assert got > self.model.newest
        self.model.newest, self.model.holder, self.live = got, (owner, got), ttl > 0

    @rule(server=SERVERS, late=st.booleans())
    def release(self, server: int, late: bool) -> None:
        """Only the newest token gives back."""
        if self.model.newest:
            token = self.model.newest - late
            self.does(server, lambda tx: tx.leases.release(self.lease, token))
            if not late:
                self.model.holder = None

    @invariant()
    def both_servers_see_what_must_be_there(self) -> None:
        if hasattr(self, "project"):
            for server in self.bed.servers:
                self.bed.runner.run(self.look(server))

    async def look(self, server: Records) -> None:
        model = self.model
        async with server.read() as tx:
            wanted = {job.id for job in self.past}
            assert {job.id: job for job in await tx.jobs.many(wanted)} == model.jobs
            for job in wanted:  # of what is deleted too: nothing is left of it
                known = [model.attempts[name] for name in sorted(model.attempts) if name[0] == job]
                assert list(await tx.jobs.attempts(job)) == known
            for cluster in self.clusters:
                here = sorted(j.id for j in model.jobs.values() if j.cluster == cluster and j.state.placed)
                assert [job.id for job in await tx.jobs.on_cluster(cluster, set(State))] == here
                ended = {n for n, a in model.attempts.items() if a.cluster == cluster and a.ended}
                ended = {name for name in ended if not model.attempts[name].collected}
                found = await tx.jobs.uncollected(cluster, 1000)
                assert {(attempt.job, attempt.number) for attempt in found} == ended
                assert [a.ended for a in found] == sorted(a.ended or 0 for a in found)
        await self.look_at_the_feed(server)

    async def look_at_the_feed(self, server: Records) -> None:
        """All events, in order; on PostgreSQL others may keep the newest from being shown for a moment."""
        async with asyncio.timeout(30):
            while True:
                async with server.read() as tx:
                    found = await tx.events.after("", projects=[self.project.id], limit=10_000)
                numbers = [event.data["number"] for event in found]
                assert numbers == self.model.events[: len(numbers)]
                if len(numbers) == len(self.model.events):
                    return
                await asyncio.sleep(0.01)

    @override
    def teardown(self) -> None:
        if hasattr(self, "stage"):
            self.bed.runner.run(self.stage.clear())


@pytest.fixture(params=ENGINES)
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bed]:
    options: dict[str, object] = {"path": str(tmp_path / "records.db"), "synchronous": "off"}
    with asyncio.Runner() as runner:
        if request.param == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            with server.database() as url:
                yield from _opened(runner, "postgres", {"url": url, "min_connections": 0})
        else:
            yield from _opened(runner, "sqlite", options)


def _opened(runner: asyncio.Runner, adapter: str, options: dict[str, object]) -> Iterator[Bed]:
    stack = AsyncExitStack()

    async def both() -> tuple[Records, Records]:
        first = await stack.enter_async_context(discover().open(RECORDS, adapter, options))
        return first, await stack.enter_async_context(discover().open(RECORDS, adapter, options))

    yield Bed(runner, runner.run(both()))
    runner.run(stack.aclose())


def test_records_do_what_a_simple_model_does(bed: Bed) -> None:
    machine = type("HistoryHere", (History,), {"bed": bed})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
