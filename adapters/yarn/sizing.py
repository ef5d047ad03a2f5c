"""Follows the size that was ordered for a service: what is to go ends in its own time, then YARN is told.

YARN gives those that it takes away a quarter of a second. So launchers are asked first, by the order in
the attempt's folder, and hold their containers when their commands have ended, as YARN would replace them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from submarine.adapters.yarn import forms, names
from submarine.adapters.yarn.cache import Attempt, Who
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Elastic
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.records import Plan, Run
from submarine.core.workloads.workload import Handle

_LAG_S: Final = 4.0
"""Seconds more than its grace that a replica has: a signal travels with a heartbeat."""
_AGAIN_S: Final = 10.0
"""Seconds between two times that YARN is told the same, while it runs more or fewer containers."""


class Sizing:
    """Passes sizes on to YARN; *signal* has a container look for orders."""

    def __init__(
        self, manager: Manager, files: Files, signal: Callable[[Attempt, Run], Awaitable[None]]
    ) -> None:
        self._manager = manager
        self._files = files
        self._signal = signal
        self._since: dict[Handle, tuple[int, float]] = {}

    async def follow(self, attempt: Attempt, plan: Plan) -> None:
        """Do what is to be done for the size of *attempt* now."""
        form = forms.named(plan.form)
        if not isinstance(form, Elastic) or not pending(attempt, plan):
            return
        at, order = asyncio.get_running_loop().time(), _order(attempt)
        if going := [run for who in leaving(attempt, plan) if (run := attempt.run(who)) is not None]:
            version, since = self._since.setdefault(attempt.handle, (order, at))
            if version != order:
                since = at
                self._since[attempt.handle] = order, at
            if at - since < plan.grace + _LAG_S:
                await asyncio.gather(*(self._signal(attempt, run) for run in going))
                return
        if attempt.told == order and at - attempt.told_at < _AGAIN_S:
            return
        await form.resize(self._manager, self._files, attempt, plan)
        attempt.told, attempt.told_at = order, at
        self._since.pop(attempt.handle, None)

    def forget(self, handle: Handle) -> None:
        """Know nothing of *handle* any more."""
        self._since.pop(handle, None)


def pending(attempt: Attempt, plan: Plan) -> bool:
    """Tell whether YARN has to be told of a size, by this server or once more."""
    app = attempt.app
    if attempt.scale is None or attempt.closing is not None or app is None or app.state != "RUNNING":
        return False
    return (
        attempt.told != _order(attempt)
        or app.running - 1 != len(plan.replicas())
        or bool(leaving(attempt, plan))
    )


def leaving(attempt: Attempt, plan: Plan) -> Sequence[Who]:
    """Return who is to go and still runs, as far as anybody knows."""
    app = attempt.app
    if attempt.scale is None or app is None or app.over:
        return ()
    wanted = set(plan.replicas())
    roles = {role.name for role in plan.roles}
    living = {
        who for who, runs in attempt.runs.items() if who[0] in roles and runs and _lives(attempt, runs[-1])
    }
    if app.running - 1 <= len(living & wanted):
        return ()  # those of the others that said nothing are gone
    return sorted(living - wanted)


def _lives(attempt: Attempt, run: Run) -> bool:
    found = attempt.exits.get(run.container)
    return attempt.end(run) is None and not (found is not None and found.over)


def _order(attempt: Attempt) -> int:
    return attempt.files.get(names.SCALE, 0)
