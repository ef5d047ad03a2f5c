"""How large a cluster is, and what of it is free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.queues import Queues
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.resources import Resources

_MEBI: Final = 2**20
_SERVICES: Final = "yarn.webapp.api-service.enable"
NO_SERVICES: Final = (
    f"the cluster does not offer YARN services; an operator must set {_SERVICES} to true, or form to auto"
)


class Seen(NamedTuple):
    """What a cluster had when it was asked last: the nodes that run, and whether it offers YARN services."""

    nodes: Sequence[Resources] = ()
    queues: Queues = Queues()
    services: bool | None = None


class Size:
    """The size of the cluster, and what was ``seen`` of it; *note* says what follows for jobs."""

    def __init__(
        self, manager: Manager, nodes: Nodes, devices: dict[str, str], note: Callable[[Seen], str]
    ) -> None:
        self._manager = manager
        self._nodes = nodes
        self._devices = {yarn: ours for ours, yarn in devices.items()}
        self._note = note
        self.seen = Seen()
        self.asked = False

    async def count(self) -> Capacity:
        """Ask the ResourceManager; YARN's virtual cores are counted as cores."""
        rows = [row for row in await self._nodes.told() if row.get("state") == "RUNNING"]
        free, used, sizes = Resources(), Resources(), []
        for row in rows:
            there, taken = self._read(row.get("availableResource")), self._read(row.get("usedResource"))
            sizes.append(there + taken)
            free, used = free + there, used + taken
        queues = Queues.of((await self._manager.cluster("scheduler")).get("scheduler"))
        told = await self._manager.setting(_SERVICES)
        self.seen = Seen(sizes, queues, None if told is None else told == "true")
        self.asked = True
        notes = (self._note(self.seen), *map(str, queues.leaves))
        return Capacity(total=free + used, free=free, queues=True, notes=notes)

    def _read(self, found: Any) -> Resources:
        rows = ((found or {}).get("resourceInformations") or {}).get("resourceInformation", ())
        values = {row["name"]: int(row["value"]) for row in rows}
        if not values:
            values = {"memory-mb": (found or {}).get("memory", 0), "vcores": (found or {}).get("vCores", 0)}
        memory, cores = values.pop("memory-mb", 0), values.pop("vcores", 0)
        extra = {self._devices.get(name, name): value for name, value in values.items()}
        return Resources(cpu=1000 * cores, memory=_MEBI * memory, extra=extra)
