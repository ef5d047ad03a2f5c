"""Where the promises of a runtime are played: one runtime, its programs, and what was submitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from submarine.contracts.runtime.programs import Command, Programs
from submarine.core.ids import new_id
from submarine.core.ports.runtime import Readable, Runtime
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind, handle_of

AbilityT = TypeVar("AbilityT")


class Rendezvous:
    """A framework whose one variable names all peers."""

    name = "contract"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return who this is and where everybody else is."""
        everybody = ",".join(address for addresses in peers.addresses.values() for address in addresses)
        return {"CONTRACT_PEERS": everybody, "CONTRACT_SELF": f"{role}.{index}"}


class Stage:
    """Submits, waits and reads in few words; removes all it has submitted in the end."""

    def __init__(self, runtime: Runtime, programs: Programs, resources: Resources, patience: float) -> None:
        self.runtime = runtime
        self.programs = programs
        self.patience = patience
        self._resources = resources
        self._submitted: list[Handle] = []

    def role(self, command: Command, *, name: str = "worker", replicas: int = 1, **more: Any) -> Role:
        """Return a role of modest size."""
        return Role(name=name, replicas=replicas, command=command, **{"resources": self._resources, **more})

    def workload(self, *roles: Role | Command, **more: Any) -> Workload:
        """Return a batch of *roles*, or of one replica of a command, with a name of its own."""
        job = new_id()
        handle = handle_of(job, 1)
        self._submitted.append(handle)
        defaults: dict[str, Any] = {"kind": WorkloadKind.BATCH, "framework": Rendezvous(), "grace": 5.0}
        parts = tuple(role if isinstance(role, Role) else self.role(role) for role in roles)
        return Workload(name=handle, job=job, attempt=1, roles=parts, **{**defaults, **more})

    @staticmethod
    def sized(workload: Workload, replicas: int) -> Workload:
        """Return *workload* with so many *replicas* of its last role."""
        *others, last = workload.roles
        return replace(workload, roles=(*others, replace(last, replicas=replicas)))

    async def submit(self, *roles: Role | Command, **more: Any) -> Handle:
        """Submit a workload of *roles*; return its handle."""
        workload = self.workload(*roles, **more)
        await self.runtime.submit(workload)
        return workload.name

    async def look(self, handle: Handle) -> Observation:
        """Return how *handle* fares."""
        (observation,) = await self.runtime.observe([handle])
        return observation

    async def until(self, handle: Handle, seen: Callable[[Observation], bool], what: str) -> Observation:
        """Return the first observation that is as *seen* asks; fail, saying *what* did not come."""
        last = await self.look(handle)
        try:
            async with asyncio.timeout(self.patience):
                while not seen(last):
                    await asyncio.sleep(0.02)
                    last = await self.look(handle)
                return last
        except TimeoutError:
            pytest.fail(f"{what} did not come within {self.patience:g} s; last seen: {last}")

    async def phase(self, handle: Handle, phase: Phase) -> Observation:
        """Return the observation of *handle* in *phase*; fail if it ends otherwise."""
        seen = await self.until(handle, lambda o: o.phase is phase or o.phase.ended, str(phase))
        assert seen.phase is phase, f"{handle} is {seen}, not {phase}"
        return seen

    async def has(self, handle: Handle, **sizes: int) -> Observation:
        """Return the observation in which each role has so many replicas, no other, and all run."""
        wanted = [(role, index) for role, size in sizes.items() for index in range(size)]
        seen = await self.until(handle, lambda o: o.phase.ended or _running(o) == wanted, str(sizes))
        assert seen.phase is Phase.RUNNING, seen
        return seen

    async def ended(self, handle: Handle) -> Observation:
        """Return how *handle* has ended."""
        return await self.until(handle, lambda o: o.phase.ended, "the end")

    async def text(self, handle: Handle, role: str = "worker", index: int = 0, **more: Any) -> str:
        """Return the output of a replica."""
        readable = ability(self.runtime, Readable)
        chunks = [chunk async for chunk in readable.logs(handle, role, index, **more)]
        return b"".join(chunks).decode()

    async def says(self, handle: Handle, said: str, role: str = "worker", index: int = 0) -> None:
        """Wait until a replica has written *said*; where output cannot be read, until it runs."""
        if not isinstance(self.runtime, Readable):
            await self.phase(handle, Phase.RUNNING)
            return
        try:
            async with asyncio.timeout(self.patience):
                while said not in await self.text(handle, role, index):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"{role}-{index} of {handle} never said {said!r}; seen: {await self.look(handle)}")

    async def clear(self) -> None:
        """Remove everything that was submitted."""
        for handle in self._submitted:
            await self.runtime.remove(handle)


def _running(seen: Observation) -> list[tuple[str, int]] | None:
    """Return who is seen, None if one of them does not run."""
    if any(replica.phase is not Phase.RUNNING for replica in seen.replicas):
        return None
    return [(replica.role, replica.index) for replica in seen.replicas]


def ability(runtime: object, kind: type[AbilityT]) -> AbilityT:
    """Return *runtime* as *kind*; skip the promise if it lacks the ability."""
    if not isinstance(runtime, kind):
        pytest.skip(f"{type(runtime).__name__} is not {kind.__name__}")
    return runtime
