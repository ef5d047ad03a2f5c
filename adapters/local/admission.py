"""Gives room on the machine away, to one workload at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from submarine.adapters.local import machine
from submarine.adapters.local.config import LocalConfig
from submarine.adapters.local.layout import DataDirectory
from submarine.adapters.local.observing import Observer
from submarine.adapters.local.planning import ports_of, resources_of
from submarine.adapters.local.ports import Ports
from submarine.core.errors import FullError
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Workload

_THOUSAND: Final = 1000


class Admission:
    """Knows what the machine has and what is taken; `alone` keeps others, also other servers, out."""

    def __init__(self, config: LocalConfig, data: DataDirectory, observer: Observer) -> None:
        self._config = config
        self._data = data
        self._observer = observer
        found = machine.size()
        self.total = Resources(
            cpu=found.cpu if config.cpu is None else round(config.cpu * _THOUSAND),
            memory=config.memory or found.memory,
            extra=dict(config.devices),
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of the data directory."""
        descriptor = os.open(self._data.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def free(self) -> Resources:
        """Return what no living workload has been given."""
        free = self.total
        for _, plan in self._observer.live():
            free -= _sum(plan)
        return free

    def admit(self, workload: Workload) -> tuple[Ports, dict[str, list[int]]]:
        """Return the free ports and devices for *workload*; raise `FullError` if it has no room."""
        return self.room(workload.resources)

    def room(self, asked: Resources) -> tuple[Ports, dict[str, list[int]]]:
        """Return the free ports and devices; raise `FullError` if there is no room for what is *asked*."""
        plans = [plan for _, plan in self._observer.live()]
        free = self.total
        taken: set[int] = set()
        devices = {name: list(range(count)) for name, count in self._config.devices.items()}
        for plan in plans:
            free -= _sum(plan)
            taken.update(ports_of(plan))
            for _, _, given in resources_of(plan):
                for name, numbers in given.items():
                    devices[name] = [n for n in devices.get(name, []) if n not in numbers]
        if shortage := asked.shortage(free):
            raise FullError(f"no room on this machine: {shortage}", retry_after=2.0)
        return Ports(self._config.ports, taken), devices


def _sum(plan: Mapping[str, Any]) -> Resources:
    total = Resources()
    for cpu, memory, devices in resources_of(plan):
        total += Resources(cpu=cpu, memory=memory, extra={name: len(n) for name, n in devices.items()})
    return total
