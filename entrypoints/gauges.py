"""What Prometheus sees of jobs and clusters."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge

from submarine.core.clusters.cluster import Health
from submarine.core.clusters.fleet import ClusterFleet
from submarine.core.jobs.journal import Change
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.manager import JobManager


def watch(registry: CollectorRegistry, fleet: ClusterFleet, jobs: JobManager) -> None:
    """Count steps of jobs and show the health of clusters; labels are states and cluster names, so few."""
    steps = Counter(
        "submarine_job_transitions", "Steps that this server recorded, by the new state", ("state",),
        registry=registry,
    )  # fmt: skip
    up = Gauge("submarine_cluster_up", "1 if the cluster answers", ("cluster",), registry=registry)
    silence = Gauge(
        "submarine_cluster_silent_seconds", "Seconds since it last answered", ("cluster",), registry=registry
    )
    submitting = Gauge(
        "submarine_job_submissions_in_flight", "Calls to clusters under way", registry=registry
    )
    submitting.set_function(lambda: jobs.submitting)

    counts = {state: steps.labels(state.value) for state in State}

    def count(change: Change) -> None:
        if change.after.state is not change.before.state:
            counts[change.after.state].inc()

    def health(name: str) -> float:
        return float(fleet.status(name).health in {Health.OK, Health.DRAINING})

    jobs.journal.listen(count)
    for name in fleet.names():
        up.labels(name).set_function(partial(health, name))
        silence.labels(name).set_function(partial(fleet.silence, name))
