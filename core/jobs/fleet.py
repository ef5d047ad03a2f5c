"""What the JobManager needs to know of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from submarine.core.errors import UnavailableError
from submarine.core.jobs.job import Decision, Job
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.jobs.store import Usage
from submarine.core.ports.runtime import Runtime
from submarine.core.workloads.workload import Workload


class Placer(Protocol):
    """Chooses clusters for one scan of the queue; remembers what it gave away during the scan."""

    def decide(self, job: Job, workload: Workload) -> Decision:
        """Return where *job* goes now, with every candidate; reserves the room it gives."""
        ...

    def leaves(self, job: Job) -> bool:
        """Tell whether *job* may only go to a cluster that another server, which is up, reaches alone."""
        ...


class Fleet(Protocol):
    """The clusters of this server."""

    def names(self) -> Sequence[str]:
        """Return the configured clusters, in their order."""
        ...

    def runtime(self, cluster: str) -> Runtime:
        """Return the runtime of *cluster*.

        Raise `ElsewhereError` if this server has none of that name, `UnavailableError` unless it is `usable`.
        """
        ...

    def usable(self, cluster: str) -> bool:
        """Tell whether it is certain that this server reaches what *cluster* stands for."""
        ...

    def answered(self, cluster: str) -> None:
        """Note that *cluster* answered just now."""
        ...

    def silent(self, cluster: str, error: UnavailableError) -> None:
        """Note that *cluster* did not answer."""
        ...

    async def check(self, placement: PlacementSpec) -> None:
        """Raise `InvalidError` if *placement* names a cluster or policy not on offer, or wrong options."""
        ...

    def placer(self, usage: Sequence[Usage]) -> Placer:
        """Return a placer for one scan, given what live jobs hold."""
        ...
