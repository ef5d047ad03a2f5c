"""What every form says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from submarine.adapters.yarn.cache import Attempt, Who
from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App, Exit
from submarine.adapters.yarn.records import Plan
from submarine.core.workloads.workload import Workload


class Cluster(NamedTuple):
    """What a form starts a workload with."""

    config: YarnConfig
    manager: Manager
    files: Files


class Form(Protocol):
    """One way to have YARN run the containers of a workload.

    ``type`` is what its applications are to YARN, and ``signal`` the one by which their containers hear
    that there is an order for them. ``shared_kit`` is whether they get our programs from
    the staging folder.
    """

    name: str
    type: str
    signal: str
    shared_kit: bool

    def offered(self, seen: Seen) -> bool:
        """Tell whether a cluster of which this was *seen* has what it needs, as far as that is known."""
        ...

    def note(self, *, asked: bool) -> str:
        """Return how an operator reads that jobs take it: because that was *asked* for, or by itself."""
        ...

    def told(self, *, asked: bool) -> str:
        """Return as what a workload runs in it, and why, for everybody who sees the job."""
        ...

    def refusal(self, workload: Workload, config: YarnConfig, seen: Seen) -> str | None:
        """Return why it can never run *workload*, which is sound; None if it can."""
        ...

    def files(self, workload: Workload, config: YarnConfig) -> Mapping[str, bytes]:
        """Return what its containers need of the attempt's folder, by name, without the code."""
        ...

    async def start(self, cluster: Cluster, workload: Workload, attempt: Attempt) -> None:
        """Have YARN start *workload*, once however often; raise `InvalidError` if it is refused."""
        ...

    async def made(self, cluster: Cluster, app: App) -> bool:
        """Tell whether *app*, which has no folder, was started from our staging folder."""
        ...

    def unheard(self, attempt: Attempt, plan: Plan) -> Mapping[Who, Exit]:
        """Return by replica that never told of itself the container in which it came to nothing."""
        ...

    def replaces(self, plan: Plan, found: Exit | None) -> bool:
        """Tell whether a replica of a service runs again by itself, whose container has ended as *found*.

        None is a container that runs on, although the replica in it has ended.
        """
        ...


@runtime_checkable
class Elastic(Protocol):
    """A form whose services can be made larger and smaller while they run."""

    async def resize(self, manager: Manager, files: Files, attempt: Attempt, plan: Plan) -> None:
        """Have YARN run so many containers of each role of *attempt*, which runs, as *plan* says.

        Those with the highest indexes go first, at once. Twice is as good as once, also after an error.
        """
        ...
