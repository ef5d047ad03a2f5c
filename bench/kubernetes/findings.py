"""What was found on Kubernetes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.report import Finding, lags

if TYPE_CHECKING:
    from bench.kubernetes.bare import Created
    from bench.kubernetes.ends import Lag
    from bench.kubernetes.measure import Rest, Restart
    from bench.scale import Scale

CPU_GOAL: Final = 100.0
MEMORY_GOAL: Final = 400.0
LAG_GOAL_S: Final = 1.0
RESTART_GOAL_S: Final = 10.0
_EMPTY: Final = "the same server without jobs"


def creating(ours: Created, bare: Created) -> list[Finding]:
    """Return how fast jobs are created, from their submission to all of their objects."""
    who = "a loop of kubernetes_asyncio, as many at once"
    return [
        Finding(
            name="Kubernetes: submitted and created",
            ours=ours.rate,
            limit=bare.rate,
            unit="jobs/s",
            limit_name=who,
        ),
        Finding(
            name="Kubernetes: CPU of a submission",
            ours=ours.cpu * 1000,
            limit=bare.cpu * 1000,
            unit="ms",
            limit_name=who,
        ),
    ]


def resting(scale: Scale, rest: Rest, empty: Rest, peak: int) -> list[Finding]:
    """Return what the server uses while all jobs run and nothing changes."""
    said = f"{scale.live:,} jobs on Kubernetes"
    return [
        Finding(
            name=f"{said}: CPU at rest",
            ours=rest.cpu * 100,
            limit=empty.cpu * 100,
            unit="% of a core",
            limit_name=_EMPTY,
            goal="< a core",
            met=rest.cpu * 100 < CPU_GOAL,
        ),
        Finding(
            name=f"{said}: API calls at rest",
            ours=rest.calls,
            limit=empty.calls,
            unit="/s",
            limit_name=_EMPTY,
        ),
        Finding(
            name=f"{said}: memory at rest",
            ours=rest.memory / 2**20,
            limit=empty.memory / 2**20,
            unit="MiB",
            limit_name=_EMPTY,
            goal=f"< {MEMORY_GOAL:g} MiB",
            met=rest.memory / 2**20 < MEMORY_GOAL,
        ),
        Finding(
            name=f"{said}: most memory ever",
            ours=peak / 2**20,
            limit=empty.memory / 2**20,
            unit="MiB",
            limit_name=_EMPTY,
            goal=f"< {MEMORY_GOAL:g} MiB",
            met=peak / 2**20 < MEMORY_GOAL,
        ),
    ]


def lagging(scale: Scale, lag: Lag, pace: float, empty_cpu: float) -> list[Finding]:
    """Return how late our records and events are, beside a bare watch of the pods."""
    said = f"{scale.live:,} jobs on Kubernetes, {pace:g} end/s"
    found = [
        Finding(
            name=f"{said}: CPU",
            ours=lag.cpu * 100,
            limit=empty_cpu * 100,
            unit="% of a core",
            limit_name=f"{_EMPTY}, at rest",
            goal="< a core",
            met=lag.cpu * 100 < CPU_GOAL,
        )
    ]
    for what, times in (("record", lag.records), ("event", lag.events)):
        found += lags(f"{said}: to {what}", times, lag.watch, "a bare watch of the pods", goal=LAG_GOAL_S)
    return found


def restarting(scale: Scale, restart: Restart, bare: Restart) -> list[Finding]:
    """Return how long a restart takes."""
    said = f"{scale.live:,} jobs on Kubernetes: restart until reconciled"
    who = "start to ready without jobs"
    return [
        Finding(
            name=said,
            ours=restart.took,
            limit=bare.took,
            unit="s",
            limit_name=who,
            goal=f"< {RESTART_GOAL_S:g} s",
            met=restart.took < RESTART_GOAL_S,
        ),
        Finding(name=f"{said}, CPU", ours=restart.cpu, limit=bare.cpu, unit="s", limit_name=who),
    ]
