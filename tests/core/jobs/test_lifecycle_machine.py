"""Random lives of a job: whatever is seen, in whatever order, the one state machine keeps its laws."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from typing_extensions import override

from submarine.core.experiments.admission import Admission, Submission
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.jobs.job import Job
from submarine.core.jobs.journal import Change, Journal
from submarine.core.jobs.judge import failed, judge
from submarine.core.jobs.lifecycle import TRANSITIONS, State
from submarine.core.jobs.retry import RetryPolicy
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import handle_of
from tests.core.jobs.site import shared

PHASES = st.sampled_from(list(Phase))
REASONS = st.sampled_from(["exit-code", "node-lost", "preempted", "deadline-exceeded", "out-of-memory"])
STALE = st.integers(0, 3)


class Lives(RuleBasedStateMachine):
    """One job in real records; every step goes by the judge and the journal, as in the server."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.at = 1_000
        self.seen: list[Observation] = []
        self.changes: list[Change] = []

    @initialize(limit=st.integers(0, 3))
    def accept(self, limit: int) -> None:
        self.runner.run(self._accept(limit))

    async def _accept(self, limit: int) -> None:
        self.records: Any
        self.records, _ = await self.stack.enter_async_context(shared())
        retry = RetryPolicy(limit=limit, on=("failed", "lost"))
        spec = JobSpec(roles=(RoleSpec(command=("x",)),), retry=retry)
        submission = Submission(spec=ExperimentSpec(job=spec), project="p", team="tp", actor="ada")
        accepted = await Admission(self.records, lambda: self.at).accept(submission)
        assert accepted.job is not None
        self.past = [accepted.job]
        self._open()

    def _open(self) -> None:
        self.journal = Journal(self.records, lambda: self.at)
        self.journal.listen(self.changes.append)

    @property
    def job(self) -> Job:
        return self.past[-1]

    def write(self, before: Job, after: Job | None) -> None:
        """Commit, as a server that read *before*, which may be an old version; then look what is there."""
        if after is None:
            return
        self.at += 1
        fresh = before.version == self.job.version
        wrote = self.runner.run(self.journal.write(before, after))
        assert wrote == fresh, "a step from an old version is refused, one from the newest is written"
        stored = self.runner.run(self._stored())
        assert stored.version == self.job.version + wrote
        if wrote:
            assert stored.state is after.state
            self.past.append(stored)

    async def _stored(self) -> Job:
        async with self.records.read() as tx:
            found = await tx.jobs.get(self.job.id)
        assert found is not None
        return found  # type: ignore[no-any-return]

    def behind(self, how: int) -> Job:
        return self.past[max(0, len(self.past) - 1 - how)]

    @rule(how=STALE)
    def place(self, how: int) -> None:
        before = self.behind(how)
        if before.state in {State.ACCEPTED, State.QUEUED}:
            step: dict[str, Any] = {"attempt": before.attempt + 1, "cluster": "one", "exit_code": None}
            self.write(before, before.moved(State.PLACING, self.at, reason="placing", **step))

    @rule(how=STALE)
    def confirm(self, how: int) -> None:
        before = self.behind(how)
        if before.state is State.PLACING:
            self.write(before, before.moved(State.SUBMITTED, self.at))

    @rule(phase=PHASES, reason=REASONS, late=STALE, how=STALE)
    def observe(self, phase: Phase, reason: str, late: int, how: int) -> None:
        """See the present attempt, or an earlier one whose news comes late."""
        handle = handle_of(self.job.id, max(0, self.job.attempt - late))
        code = 1 if phase is Phase.FAILED else None
        reason = reason if phase in {Phase.FAILED, Phase.LOST} else "cancelled" if phase.ended else ""
        seen = Observation(handle=handle, phase=phase, at=self.at, reason=reason, exit_code=code)
        self.seen.append(seen)
        self.judged(self.behind(how), seen)

    @rule(number=st.integers(0, 50))
    def observe_again(self, number: int) -> None:
        if self.seen:
            self.judged(self.job, self.seen[number % len(self.seen)])

    def judged(self, before: Job, seen: Observation) -> None:
        step = judge(before, seen, self.at)
        if seen.handle != before.handle or not before.state.placed:
            assert step is None, "news of another attempt, or of a job on no cluster, is none"
        self.write(before, step)
        if step is not None and seen.phase in {Phase.PENDING, Phase.RUNNING, Phase.SUSPENDED}:
            assert judge(step, seen, self.at) is None, "the same news twice is news once"

    @rule(how=STALE)
    def give_up_as_the_reconciler_does(self, how: int) -> None:
        before = self.behind(how)
        if before.state.placed and before.state is not State.CANCELLING:
            seen = Observation(handle=before.handle, phase=Phase.ABSENT, at=self.at, reason="vanished")
            self.write(before, failed(before, seen, self.at))

    @rule(reason=st.sampled_from(["cancelled", "deadline-exceeded"]), how=STALE)
    def cancel(self, reason: str, how: int) -> None:
        before = self.behind(how)
        if not before.state.terminal and before.state is not State.CANCELLING:
            state = State.CANCELLING if before.state.placed else State.CANCELLED
            self.write(before, before.moved(state, self.at, reason=reason))

    @rule()
    def restart(self) -> None:
        """Another server goes on with what is in the records, and nothing else."""
        self.runner.run(self.journal.aclose())
        self._open()
        assert self.runner.run(self._stored()) == self.job

    @invariant()
    def each_step_is_legal_and_one_version_on(self) -> None:
        past = getattr(self, "past", [])
        for before, after in pairwise(past):
            assert after.version == before.version + 1
            assert not before.state.terminal, "terminal is final"
            assert after.state is before.state or after.state in TRANSITIONS[before.state]
            assert after.attempt in {before.attempt, before.attempt + 1}
            assert after.changed >= before.changed
            if after.attempt != before.attempt:
                assert not before.state.placed, "an attempt begins when the one before is over"
            if after.state in {State.QUEUED, State.FAILED, State.CANCELLED, State.CANCELLING}:
                assert after.reason, f"{after.state} without a reason"

    @invariant()
    def attempts_never_overlap(self) -> None:
        if hasattr(self, "past"):
            found = self.runner.run(self._attempts())
            assert [a.number for a in found] == list(range(1, self.job.attempt + 1))
            open_ = [a.number for a in found if a.ended is None]
            assert open_ == ([self.job.attempt] if self.job.state.placed else [])

    async def _attempts(self) -> list[Any]:
        async with self.records.read() as tx:
            return list(await tx.jobs.attempts(self.job.id))

    @invariant()
    def the_end_is_always_within_reach(self) -> None:
        """From wherever it is: cancel, and the cluster says that nothing is left."""
        if not hasattr(self, "past"):
            return
        job = self.job
        if not job.state.terminal and job.state is not State.CANCELLING:
            job = job.moved(
                State.CANCELLING if job.state.placed else State.CANCELLED, self.at, reason="cancelled"
            )
        if not job.state.terminal:
            gone = judge(job, Observation(handle=job.handle, phase=Phase.ABSENT, at=self.at), self.at)
            assert gone is not None
            job = gone
        assert job.state.terminal

    @override
    def teardown(self) -> None:
        if hasattr(self, "past"):
            assert [c.after.version for c in self.changes] == [job.version for job in self.past[1:]]
            self.runner.run(self.journal.aclose())
        self.runner.run(self.stack.aclose())
        self.runner.close()


def lived(examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=checks,
        ),
    )


def test_whatever_happens_to_a_job_the_laws_of_its_life_hold() -> None:
    lived(60, 30)


@pytest.mark.chaos
def test_many_lives() -> None:
    lived(2_000, 60)


def test_what_is_stopped_on_its_cluster_before_the_submission_is_confirmed_is_cancelled() -> None:
    lives = Lives()
    lives.accept(limit=0)
    lives.place(how=0)
    lives.observe(phase=Phase.CANCELLED, reason="cancelled", late=0, how=0)
    assert lives.job.state is State.CANCELLED
    lives.teardown()
