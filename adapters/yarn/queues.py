"""The queues of a cluster, as its scheduler tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from typing_extensions import override

_RUNNING = "RUNNING"


class Queue(NamedTuple):
    """A queue that takes jobs; shares are per cent of the cluster."""

    name: str
    path: str
    state: str = _RUNNING
    used: float = 0.0
    share: float = 100.0
    waiting: int = 0

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read what the scheduler tells of one."""
        return cls(
            name=str(told.get("queueName")),
            path=str(told.get("queuePath", told.get("queueName"))),
            state=str(told.get("state", _RUNNING)),
            used=float(told.get("absoluteUsedCapacity", 0.0)),
            share=float(told.get("absoluteMaxCapacity", 100.0)),
            waiting=int(told.get("numPendingApplications", 0)),
        )

    @override
    def __str__(self) -> str:
        said = f"queue {self.name}: {self.used:.0f} of {self.share:.0f} % of the cluster used"
        said += f", {self.waiting} waiting" if self.waiting else ""
        return said if self.state == _RUNNING else f"{said}, {self.state.lower()}"


class Queues(NamedTuple):
    """All queues that take jobs; with ``grow`` the cluster makes one for a name it does not know."""

    leaves: Sequence[Queue] = ()
    grow: bool = False

    @classmethod
    def of(cls, scheduler: object) -> Self:
        """Read what the scheduler tells; another scheduler than that of capacities tells none."""
        info = scheduler.get("schedulerInfo") if isinstance(scheduler, dict) else None
        found = _leaves(info if isinstance(info, dict) else {})
        return cls(tuple(Queue.of(each) for each in found), grow=_grows(info))

    def refusal(self, name: str | None) -> str | None:
        """Return why nothing can be submitted to *name*, None if it can or nobody knows."""
        if name is None or not self.leaves or self.grow:
            return None
        for queue in self.leaves:
            if name in {queue.name, queue.path}:
                return None if queue.state == _RUNNING else f"queue {name} is {queue.state.lower()}"
        return f"there is no queue {name}, but {', '.join(queue.name for queue in self.leaves)}"


def _below(info: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    return (info.get("queues") or {}).get("queue") or ()


def _leaves(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for queue in _below(info):
        found += _leaves(queue) or [queue]
    return found


def _grows(info: object) -> bool:
    if not isinstance(info, dict):
        return True
    makes = info.get("autoCreateChildQueueEnabled") or info.get("autoCreationEligibility", "off") != "off"
    return bool(makes) or any(_grows(queue) for queue in _below(info))
