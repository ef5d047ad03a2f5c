"""How long what cannot be read now is asked for again: less and less often, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from submarine.core.workloads.workload import Handle

FIRST_S: Final = 5.0
LONGEST_S: Final = 300.0
ENOUGH_S: Final = 1800.0
"""How long a cluster that answers may not give the output: a node that is mended by then loses nothing."""


@dataclass
class _Trouble:
    pause: float
    due: float
    since: float | None = None


class Endurance:
    """Remembers which attempts cannot be read, and since when, for as long as this server lives."""

    def __init__(self) -> None:
        self._known: dict[Handle, _Trouble] = {}

    def __len__(self) -> int:
        return len(self._known)

    def due(self, handle: Handle) -> bool:
        """Tell whether it is time to try *handle*, again or for the first time."""
        trouble = self._known.get(handle)
        return trouble is None or trouble.due <= _now()

    def spent(self, handle: Handle) -> bool:
        """Tell whether *handle* was tried for long enough: what cannot be read now is given up."""
        trouble = self._known.get(handle)
        return trouble is not None and trouble.since is not None and _now() - trouble.since >= ENOUGH_S

    def failed(self, handle: Handle, *, answered: bool) -> None:
        """Note that *handle* could not be read; only while the cluster *answered* does its time run."""
        trouble = self._known.setdefault(handle, _Trouble(FIRST_S, 0.0))
        trouble.due = _now() + trouble.pause
        trouble.pause = min(trouble.pause * 2, LONGEST_S)
        if not answered:
            trouble.since = None
        elif trouble.since is None:
            trouble.since = _now()

    def keep(self, handles: Collection[Handle]) -> None:
        """Forget all but *handles*."""
        for handle in self._known.keys() - set(handles):
            del self._known[handle]


def _now() -> float:
    return asyncio.get_running_loop().time()
