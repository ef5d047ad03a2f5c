"""Tells one who watches what differs from what was told before."""

from __future__ import annotations

from submarine.core.workloads.observation import Observation, Phase, ReplicaView
from submarine.core.workloads.workload import Handle


class News:
    """Remembers of each workload what was told last; of what is absent, nothing."""

    def __init__(self) -> None:
        self._told: dict[Handle, tuple[Phase, str, str, tuple[ReplicaView, ...]]] = {}

    def differs(self, seen: Observation) -> bool:
        """Tell whether *seen* says something new, and take it for told."""
        essence = seen.phase, seen.reason, seen.message, seen.replicas
        before = self._told.get(seen.handle)
        if seen.phase is Phase.ABSENT:
            self._told.pop(seen.handle, None)
            return before is not None
        self._told[seen.handle] = essence
        return before != essence

    def live(self) -> set[Handle]:
        """Return what had not ended when it was told."""
        return {handle for handle, (phase, *_) in self._told.items() if not phase.ended}
