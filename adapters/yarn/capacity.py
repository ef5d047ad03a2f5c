"""How large a cluster is, and what of it is free."""

from __future__ import annotations

from typing import Any

from submarine.adapters.yarn.manager import Manager
from submarine.core.errors import AdapterError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.resources import Resources

_MEBI = 2**20


class Size:
    """The size of the cluster, and ``nodes``: of each node that runs, as last seen."""

    def __init__(self, manager: Manager, devices: dict[str, str]) -> None:
        self._manager = manager
        self._devices = {yarn: ours for ours, yarn in devices.items()}
        self.nodes: list[Resources] = []

    async def count(self) -> Capacity:
        """Ask the ResourceManager; YARN's virtual cores are counted as cores."""
        found = (await self._manager.cluster("nodes")).get("nodes")
        if not isinstance(found, dict | None):
            raise AdapterError("the ResourceManager does not tell its nodes")
        rows = [row for row in (found or {}).get("node", ()) if row.get("state") == "RUNNING"]
        free, used, sizes = Resources(), Resources(), []
        for row in rows:
            there, taken = self._read(row.get("availableResource")), self._read(row.get("usedResource"))
            sizes.append(there + taken)
            free, used = free + there, used + taken
        self.nodes = sizes
        return Capacity(total=free + used, free=free, queues=True, notes=await self._queues())

    async def _queues(self) -> tuple[str, ...]:
        scheduler = (await self._manager.cluster("scheduler")).get("scheduler")
        info = scheduler.get("schedulerInfo", {}) if isinstance(scheduler, dict) else {}
        return tuple(_queue(queue) for queue in _leaves(info))

    def _read(self, found: Any) -> Resources:
        rows = ((found or {}).get("resourceInformations") or {}).get("resourceInformation", ())
        values = {row["name"]: int(row["value"]) for row in rows}
        if not values:
            values = {"memory-mb": (found or {}).get("memory", 0), "vcores": (found or {}).get("vCores", 0)}
        memory, cores = values.pop("memory-mb", 0), values.pop("vcores", 0)
        extra = {self._devices.get(name, name): value for name, value in values.items()}
        return Resources(cpu=1000 * cores, memory=_MEBI * memory, extra=extra)


def _leaves(info: dict[str, Any]) -> list[dict[str, Any]]:
    queues = (info.get("queues") or {}).get("queue", ())
    found: list[dict[str, Any]] = []
    for queue in queues:
        found += _leaves(queue) or [queue]
    return found


def _queue(queue: dict[str, Any]) -> str:
    used, share = queue.get("absoluteUsedCapacity", 0.0), queue.get("absoluteMaxCapacity", 100.0)
    waiting = queue.get("numPendingApplications", 0)
    said = f"queue {queue.get('queueName')}: {used:.0f} of {share:.0f} % of the cluster used"
    return f"{said}, {waiting} waiting" if waiting else said
