"""What a job waits for, in words."""

from __future__ import annotations

from submarine.core.jobs.job import Job
from submarine.core.jobs.lifecycle import State


def waits_for(job: Job) -> str:
    """Return a sentence, empty when *job* waits for nothing."""
    match job.state:
        case State.ACCEPTED:
            return "the submitter to look at it"
        case State.QUEUED:
            return job.message or "a cluster with room"
        case State.PLACING:
            return f"cluster {job.cluster} to confirm the submission"
        case State.SUBMITTED:
            return job.message or f"cluster {job.cluster} to start it"
        case State.SUSPENDED:
            return "somebody to resume it"
        case State.CANCELLING:
            grace = job.spec.grace if job.grace is None else job.grace
            return f"its processes on cluster {job.cluster} to end; what is left after {grace:g} s is killed"
        case _:
            return ""
