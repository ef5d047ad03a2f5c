"""The link does to bytes what its fault says, and is well afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import ClassVar

import pytest
import pytest_asyncio
from typing_extensions import override

from submarine.contracts.faults import (
    Away,
    Cut,
    Fault,
    FaultyLink,
    Garbage,
    Hanging,
    LostAnswer,
    Slow,
    Twice,
)
from submarine.contracts.faults.line import Line

BACK = b"you said "
BROKEN = (ConnectionError, asyncio.IncompleteReadError)


class Parrot:
    """Answers each line, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(BACK + line)
        writer.close()


@pytest_asyncio.fixture
async def parrot() -> AsyncIterator[tuple[Parrot, int]]:
    parrot = Parrot()
    async with await asyncio.start_server(parrot, "127.0.0.1", 0, limit=2**22) as server:
        yield parrot, server.sockets[0].getsockname()[1]


@pytest.fixture
def link(parrot: tuple[Parrot, int]) -> Iterator[FaultyLink]:
    with FaultyLink("127.0.0.1", parrot[1]) as link:
        yield link


class Caller:
    """An adapter's connection."""

    all: ClassVar[list[Caller]] = []

    def __init__(self, link: FaultyLink) -> None:
        self._link = link
        self.all.append(self)

    async def call(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self._link.host, self._link.port)

    async def ask(self, line: bytes) -> bytes:
        if not hasattr(self, "writer"):
            await self.call()
        self.writer.write(line + b"\n")
        async with asyncio.timeout(10):
            return (await self.reader.readuntil(b"\n")).rstrip()


@pytest_asyncio.fixture(autouse=True)
async def _hang_up() -> AsyncIterator[None]:
    yield
    while Caller.all:
        if writer := getattr(Caller.all.pop(), "writer", None):
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def test_all_passes_as_long_as_nothing_is_wrong(link: FaultyLink) -> None:
    caller = Caller(link)
    assert await caller.ask(b"x" * 50_000) == BACK + b"x" * 50_000
    assert await caller.ask(b"again") == BACK + b"again"


async def test_away_ends_connections_and_takes_none(link: FaultyLink, parrot: tuple[Parrot, int]) -> None:
    before = Caller(link)
    await before.ask(b"one")
    with link.suffering(Away()):
        with pytest.raises(BROKEN):
            await before.ask(b"two")
        with pytest.raises(ConnectionRefusedError):
            await Caller(link).ask(b"three")
    assert await Caller(link).ask(b"four") == BACK + b"four"
    assert parrot[0].heard == [b"one\n", b"four\n"]


async def test_hanging_answers_nothing_and_passes_nothing_on(
    link: FaultyLink, parrot: tuple[Parrot, int]
) -> None:
    caller = Caller(link)
    with link.suffering(Hanging()), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await caller.ask(b"one")
    with pytest.raises(BROKEN):
        await caller.ask(b"on a line that is spoiled")
    assert await Caller(link).ask(b"two") == BACK + b"two"
    assert parrot[0].heard == [b"two\n"]


async def test_slow_takes_its_time(link: FaultyLink) -> None:
    begin = time.monotonic()
    with link.suffering(Slow(delay=0.1)):
        assert await Caller(link).ask(b"one") == BACK + b"one"
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize("reset", [False, True])
async def test_a_cut_lets_so_many_bytes_pass(
    link: FaultyLink, parrot: tuple[Parrot, int], reset: bool
) -> None:
    with link.suffering(Cut(answers=len(BACK), reset=reset)):
        with pytest.raises(BROKEN) as caught:
            await Caller(link).ask(b"one")
        if isinstance(caught.value, asyncio.IncompleteReadError):
            assert caught.value.partial == BACK
        assert reset or isinstance(caught.value, asyncio.IncompleteReadError)
    with link.suffering(Cut(requests=2, reset=reset)), pytest.raises(BROKEN):
        await Caller(link).ask(b"two")
    async with asyncio.timeout(10):
        while len(parrot[0].heard) < 2:
            await asyncio.sleep(0.01)
    assert parrot[0].heard == [b"one\n", b"tw"]
    assert await Caller(link).ask(b"three") == BACK + b"three"


async def test_a_lost_answer_is_lost_after_the_effect(link: FaultyLink, parrot: tuple[Parrot, int]) -> None:
    caller = Caller(link)
    with link.suffering(LostAnswer(spared=1, to=b"w")):
        assert await caller.ask(b"one") == BACK + b"one"
        assert await caller.ask(b"two") == BACK + b"two"
        assert await caller.ask(b"three") == BACK + b"three"
        with pytest.raises(BROKEN):
            await caller.ask(b"two more")
    assert parrot[0].heard == [b"one\n", b"two\n", b"three\n", b"two more\n"]


async def test_twice_is_delivered_twice_and_answered_once(
    link: FaultyLink, parrot: tuple[Parrot, int]
) -> None:
    caller = Caller(link)
    with link.suffering(Twice(to=b"one")):
        assert await caller.ask(b"one") == BACK + b"one"
        assert await caller.ask(b"two") == BACK + b"two"
    assert parrot[0].heard == [b"one\n", b"one\n", b"two\n"]


async def test_garbage_is_answered_by_nobody(link: FaultyLink, parrot: tuple[Parrot, int]) -> None:
    with link.suffering(Garbage(b"junk\n")):
        assert await Caller(link).ask(b"one") == b"junk"
    assert parrot[0].heard == []
    assert await Caller(link).ask(b"two") == BACK + b"two"


async def test_a_backend_that_is_gone_is_gone_through_the_link() -> None:
    with FaultyLink("127.0.0.1", 1) as link, pytest.raises(BROKEN):
        await Caller(link).ask(b"one")


async def test_a_fault_may_be_of_your_own_making(link: FaultyLink, parrot: tuple[Parrot, int]) -> None:
    class Shouts(Fault):
        @override
        async def request(self, line: Line, data: bytes) -> None:
            await line.to_backend(data.upper())

    with link.suffering(Shouts()):
        assert await Caller(link).ask(b"one") == BACK + b"ONE"


def test_a_link_that_ends_while_somebody_connects_leaves_no_socket_open() -> None:
    """What is left open is told when it is collected, in the middle of whatever is tested then."""
    with socket.create_server(("127.0.0.1", 0)) as backend:
        for _ in range(20):
            with FaultyLink(*backend.getsockname()) as link:
                callers = [socket.create_connection((link.host, link.port)) for _ in range(20)]
            for caller in callers:
                caller.close()
    gc.collect()
