"""Runtimes that break one promise about reading, reaching or pausing each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster
from submarine.core.errors import NotFoundError
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle, Workload
from tests.contracts.runtime_liars.liar import Liar


class LosesStderr(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        async for chunk in super().logs(handle, role, index, offset=offset, follow=follow):
            yield chunk.replace(b"error\n", b"")


class IgnoresTheOffset(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        async for chunk in super().logs(handle, role, index, follow=follow):
            yield chunk


class LetsGoTooEarly(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        async for chunk in super().logs(handle, role, index, offset=offset):
            yield chunk


class WaitsForMore(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        more = self._process(handle, role, index).log == b"so far\n"
        async for chunk in super().logs(handle, role, index, offset=offset, follow=follow or more):
            yield chunk


class MixesReplicas(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        self._process(handle, role, index)
        first = self.cluster.runs[handle].workload.roles[0].name
        async for chunk in super().logs(handle, first, 0, offset=offset, follow=follow):
            yield chunk


class CountsFromTheEnd(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        async for chunk in super().logs(handle, role, max(index, 0), offset=offset, follow=follow):
            yield chunk


class KeepsNewlines(Liar):
    @override
    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        async for line in super().spool(handle):
            yield line + b"\n"


class MissesASpool(Liar):
    @override
    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        if handle not in self.cluster.runs:
            raise NotFoundError(f"no workload {handle!r}")
        async for line in super().spool(handle):
            yield line


class ServesAnother(Liar):
    @override
    def twist(self, workload: Workload) -> Workload:
        roles = (replace(r, command=(r.command[0], "serve=another")) for r in workload.roles)
        return replace(workload, roles=tuple(roles))


class RemembersAddresses(Liar):
    known = ""

    @override
    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        with suppress(NotFoundError):
            self.known = await super().endpoint(handle, role, port)
            return self.known
        if handle in self.cluster.runs and self.phase(handle).ended:
            return self.known
        return await super().endpoint(handle, role, port)


class NeverGoesOn(Liar):
    @override
    async def resume(self, handle: Handle) -> None:
        if self.phase(handle).ended:
            await super().resume(handle)


class CannotEndTheSuspended(Liar):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        if self.phase(handle) is not Phase.SUSPENDED:
            await super().cancel(handle, grace)


class SuspendsTheDead(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.suspended: set[Handle] = set()

    @override
    async def suspend(self, handle: Handle) -> None:
        if self.phase(handle).ended:
            self.suspended.add(handle)
        await super().suspend(handle)

    @override
    def retell(self, seen: Observation) -> Observation:
        return replace(seen, phase=Phase.SUSPENDED) if seen.handle in self.suspended else seen


class SuspendsNobody(Liar):
    @override
    async def suspend(self, handle: Handle) -> None:
        with suppress(NotFoundError):
            await super().suspend(handle)


LIARS: dict[str, type[Liar]] = {
    "test_output_is_whole": LosesStderr,
    "test_output_is_read_from_an_offset": IgnoresTheOffset,
    "test_output_is_followed_to_the_last_byte": LetsGoTooEarly,
    "test_without_follow_reading_does_not_wait": WaitsForMore,
    "test_each_replica_has_its_own_output": MixesReplicas,
    "test_output_of_nobody_is_not_found": CountsFromTheEnd,
    "test_the_spool_is_whole_lines": KeepsNewlines,
    "test_an_empty_spool_is_empty": MissesASpool,
    "test_a_service_is_reached": ServesAnother,
    "test_an_unknown_address_is_not_found": RemembersAddresses,
    "test_suspended_stands_still_and_resumed_goes_on": NeverGoesOn,
    "test_what_is_suspended_can_be_cancelled": CannotEndTheSuspended,
    "test_what_has_ended_cannot_be_suspended": SuspendsTheDead,
    "test_nobody_is_neither_suspended_nor_resumed": SuspendsNobody,
}
