"""What an observation means for a job. Pure: the same job and observation give the same step."""

from __future__ import annotations

from typing import Final

from submarine.core.jobs.job import Job
from submarine.core.jobs.lifecycle import State
from submarine.core.workloads.observation import Observation, Phase

RETRY: Final = "retry"
BACKOFF_MS: Final = 2_000
"""The wait before the second attempt; it doubles with each one after, up to `BACKOFF_LIMIT_MS`."""
BACKOFF_LIMIT_MS: Final = 300_000

_ALIVE: Final = {
    Phase.PENDING: State.SUBMITTED,
    Phase.RUNNING: State.RUNNING,
    Phase.SUSPENDED: State.SUSPENDED,
}


def judge(job: Job, seen: Observation, at: int) -> Job | None:
    """Return *job* one step on, or None if *seen* says nothing new about it.

    An observation of another attempt, or of a job that is not on a cluster, says nothing. Nor does one of
    something alive while the job is being placed: it may be half there, and only the answer to its
    submission says that it is whole. Nor does `Phase.ABSENT`, except of a job being cancelled: a list
    may lag behind a submit, so that absence is for the reconciler to judge, with time.
    """
    if not job.state.placed or seen.handle != job.handle:
        return None
    if seen.phase in _ALIVE:
        return None if job.state is State.PLACING else _alive(job, seen, at)
    if seen.phase is Phase.ABSENT:
        if job.state is not State.CANCELLING:
            return None
        return job.moved(State.CANCELLED, at, reason=job.reason, message=job.message)
    return _ended(job, seen, at)


def _alive(job: Job, seen: Observation, at: int) -> Job | None:
    state = job.state if job.state is State.CANCELLING else _ALIVE[seen.phase]
    reason, message = (job.reason, job.message) if state is State.CANCELLING else (seen.reason, seen.message)
    started = job.started or (seen.at if seen.phase is Phase.RUNNING else None)
    news = (state, reason, message, seen.replicas, dict(seen.native) or dict(job.native), started)
    if news == (job.state, job.reason, job.message, job.replicas, dict(job.native), job.started):
        return None
    return job.moved(
        state,
        at,
        reason=reason,
        message=message,
        replicas=seen.replicas,
        native=dict(seen.native) or job.native,
        started=started,
    )


def _ended(job: Job, seen: Observation, at: int) -> Job:
    details: dict[str, object] = {
        "replicas": seen.replicas or job.replicas,
        "native": dict(seen.native) or job.native,
        "exit_code": seen.exit_code,
        "started": job.started or min((r.started for r in seen.replicas if r.started), default=None),
    }
    if seen.phase is Phase.SUCCEEDED:
        return job.moved(State.SUCCEEDED, at, reason=seen.reason, message=seen.message, **details)
    if job.state is State.CANCELLING:
        return job.moved(State.CANCELLED, at, reason=job.reason, message=job.message, **details)
    if seen.phase is Phase.CANCELLED:
        message = seen.message or "stopped on the cluster, not by Submarine"
        return job.moved(State.CANCELLED, at, reason=seen.reason or "cancelled", message=message, **details)
    return failed(job, seen, at, **details)


def failed(job: Job, seen: Observation, at: int, **details: object) -> Job:
    """Return *job* after an attempt that failed or was lost: queued again if its retry policy says so."""
    retry = job.spec.retry
    if job.attempt <= retry.limit and retry.applies(seen.reason, seen.exit_code, seen.phase):
        wait = min(BACKOFF_MS * 2 ** (job.attempt - 1), BACKOFF_LIMIT_MS)
        left = retry.limit - job.attempt
        message = (
            f"attempt {job.attempt} ended: {seen.message or seen.reason}; "
            f"next in {wait / 1000:g} s, {left} more after that"
        )
        return job.moved(State.QUEUED, at, reason=RETRY, message=message, due=at + wait, **details)
    state = State.LOST if seen.phase in {Phase.LOST, Phase.ABSENT} else State.FAILED
    return job.moved(state, at, reason=seen.reason, message=seen.message, **details)
