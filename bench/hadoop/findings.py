"""What was found on YARN, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.report import Finding, lags

if TYPE_CHECKING:
    from bench.hadoop.measure import Lag, Rest

_EMPTY: Final = "the same server without jobs"
_CALLS_GOAL: Final = 10.0
_LAG_GOAL_S: Final = 5.0


def submitting(ours: float, bare: float) -> list[Finding]:
    """Return how fast jobs get to the cluster, with files and all."""
    return [
        Finding(
            name="YARN: submitted, staged on HDFS and accepted",
            ours=ours,
            limit=bare,
            unit="jobs/s",
            limit_name="a loop of POSTs of services, as many at once",
        )
    ]


def resting(live: int, rest: Rest, empty: Rest) -> list[Finding]:
    """Return what watching costs while nothing changes."""
    said = f"{live:,} jobs on YARN"
    return [
        Finding(
            name=f"{said}: requests to the ResourceManager",
            ours=rest.calls,
            limit=empty.calls,
            unit="/s",
            limit_name=_EMPTY,
            goal=f"< {_CALLS_GOAL:g} /s",
            met=rest.calls < _CALLS_GOAL,
        ),
        Finding(
            name=f"{said}: CPU at rest",
            ours=rest.cpu * 100,
            limit=empty.cpu * 100,
            unit="% of a core",
            limit_name=_EMPTY,
            goal="< a core",
            met=rest.cpu < 1,
        ),
    ]


def ending(live: int, lag: Lag) -> list[Finding]:
    """Return how late our records are, beside what the ResourceManager itself says."""
    name = f"{live:,} jobs on YARN: from the end to its record"
    who = "the ResourceManager's final status, asked for ten times a second"
    return lags(name, lag.records, lag.bare, who, goal=_LAG_GOAL_S)
