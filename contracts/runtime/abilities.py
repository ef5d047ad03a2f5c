"""Promises of what a runtime may be able to do besides."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request

import pytest

from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.errors import NotFoundError
from submarine.core.ports.runtime import Addressable, Readable, Spooling, Suspendable
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Handle, WorkloadKind

NOBODY = Handle("sub-nobody-1")


class Reading(RuntimeKit):
    """`Readable` and `Spooling`."""

    async def test_output_is_whole(self, stage: Stage) -> None:
        """Stdout and stderr, as one, to the last byte, after the end."""
        ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.prints_to_both("out", "error"))
        await stage.ended(handle)
        assert await stage.text(handle) == "out\nerror\n"

    async def test_output_is_read_from_an_offset(self, stage: Stage) -> None:
        """Bytes, counted from 0; beyond the end there is nothing."""
        ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.prints("one", "two"))
        await stage.ended(handle)
        assert await stage.text(handle, offset=4) == "two\n"
        assert await stage.text(handle, offset=8) == ""
        assert await stage.text(handle, offset=800) == ""

    async def test_output_is_followed_to_the_last_byte(self, stage: Stage) -> None:
        """Whoever follows hears what comes later, and then is let go."""
        ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.prints_twice("first", self.unit, "last"))
        async with asyncio.timeout(self.patience):
            assert await stage.text(handle, follow=True) == "first\nlast\n"

    async def test_without_follow_reading_does_not_wait(self, stage: Stage) -> None:
        """What is there so far comes at once."""
        ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.runs("so far"))
        await stage.says(handle, "so far")
        async with asyncio.timeout(self.patience):
            assert await stage.text(handle) == "so far\n"

    async def test_each_replica_has_its_own_output(self, stage: Stage) -> None:
        """By role and by index."""
        ability(stage.runtime, Readable)
        one = stage.role(stage.programs.prints("of ps"), name="ps")
        handle = await stage.submit(one, stage.role(stage.programs.prints("of worker"), replicas=2))
        await stage.ended(handle)
        found = [await stage.text(handle, role, i) for role, i in (("ps", 0), ("worker", 0), ("worker", 1))]
        assert found == ["of ps\n", "of worker\n", "of worker\n"]

    async def test_output_of_nobody_is_not_found(self, stage: Stage) -> None:
        """No such workload, role or index: the domain's error, following or not."""
        ability(stage.runtime, Readable)
        handle = await stage.submit(stage.programs.prints("here"))
        strangers = (
            (NOBODY, "worker", 0),
            (handle, "boss", 0),
            (handle, "worker", 1),
            (handle, "worker", -1),
        )
        for who in strangers:
            for follow in (False, True):
                with pytest.raises(NotFoundError):
                    await stage.text(*who, follow=follow)

    async def test_the_spool_is_whole_lines(self, stage: Stage) -> None:
        """Of all replicas; without newlines."""
        spooling = ability(stage.runtime, Spooling)
        lines = '{"kind":"metrics"}', '{"kind":"tags"}'
        handle = await stage.submit(stage.role(stage.programs.spools(*lines), replicas=2))
        await stage.ended(handle)
        found = [line async for line in spooling.spool(handle)]
        assert sorted(found) == sorted(line.encode() for line in lines * 2)

    async def test_an_empty_spool_is_empty(self, stage: Stage) -> None:
        """Nothing spooled and nobody there: nothing, and no error."""
        spooling = ability(stage.runtime, Spooling)
        handle = await stage.submit(stage.programs.prints("no spool"))
        await stage.ended(handle)
        assert [line async for line in spooling.spool(handle)] == []
        assert [line async for line in spooling.spool(NOBODY)] == []


class Reaching(RuntimeKit):
    """`Addressable`."""

    async def test_a_service_is_reached(self, stage: Stage) -> None:
        """The address is that of replica 0, and somebody answers there."""
        addressable = ability(stage.runtime, Addressable)
        role = stage.role(stage.programs.serves("ahoy"), ports={"http": 0})
        handle = await stage.submit(role, kind=WorkloadKind.SERVICE)
        assert await self._fetch(addressable, handle) == b"ahoy"

    async def test_an_unknown_address_is_not_found(self, stage: Stage) -> None:
        """No such workload, role or port, or it is over: the domain's error."""
        addressable = ability(stage.runtime, Addressable)
        role = stage.role(stage.programs.serves("ahoy"), ports={"http": 0})
        handle = await stage.submit(role, kind=WorkloadKind.SERVICE)
        await self._fetch(addressable, handle)
        for who in ((NOBODY, "worker", "http"), (handle, "boss", "http"), (handle, "worker", "grpc")):
            with pytest.raises(NotFoundError):
                await addressable.endpoint(*who)
        await stage.runtime.cancel(handle, 0.0)
        await stage.ended(handle)
        with pytest.raises(NotFoundError):
            await addressable.endpoint(handle, "worker", "http")

    async def _fetch(self, addressable: Addressable, handle: Handle) -> bytes:
        """Return what the service answers, once it does."""

        def get(address: str) -> bytes:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - http by contract
                body: bytes = answer.read()
                return body

        async with asyncio.timeout(self.patience):
            while True:
                try:
                    address = await addressable.endpoint(handle, "worker", "http")
                    assert address.startswith("http://")
                    return await asyncio.to_thread(get, address)
                except (NotFoundError, urllib.error.URLError, ConnectionError):
                    await asyncio.sleep(0.05)


class Pausing(RuntimeKit):
    """`Suspendable`."""

    async def test_suspended_stands_still_and_resumed_goes_on(self, stage: Stage) -> None:
        """It is seen suspended, does nothing meanwhile, and comes to its end after all."""
        suspendable = ability(stage.runtime, Suspendable)
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        await suspendable.suspend(handle)
        await suspendable.suspend(handle)
        await stage.phase(handle, Phase.SUSPENDED)
        await suspendable.resume(handle)
        await suspendable.resume(handle)
        await stage.phase(handle, Phase.RUNNING)

    async def test_what_is_suspended_can_be_cancelled(self, stage: Stage) -> None:
        """It ends without being resumed first."""
        suspendable = ability(stage.runtime, Suspendable)
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        await suspendable.suspend(handle)
        await stage.phase(handle, Phase.SUSPENDED)
        await stage.runtime.cancel(handle, self.patience)
        assert (await stage.ended(handle)).phase is Phase.CANCELLED

    async def test_what_has_ended_cannot_be_suspended(self, stage: Stage) -> None:
        """It stays as it ended."""
        suspendable = ability(stage.runtime, Suspendable)
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.ended(handle)
        await suspendable.suspend(handle)
        await suspendable.resume(handle)
        assert (await stage.look(handle)).phase is Phase.SUCCEEDED

    async def test_nobody_is_neither_suspended_nor_resumed(self, stage: Stage) -> None:
        """What is absent is not found."""
        suspendable = ability(stage.runtime, Suspendable)
        with pytest.raises(NotFoundError):
            await suspendable.suspend(NOBODY)
        with pytest.raises(NotFoundError):
            await suspendable.resume(NOBODY)
