"""A protocol for one question a connection: frames of a length and a pickle, either way."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from submarine.core.errors import AdapterError, SubmarineError, UnavailableError

LONGEST: Final = 2**24
_LENGTH: Final = struct.Struct(">I")
_MARK: Final = b"SUB1"


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """Return the next frame; raise `AdapterError` for bytes that are none."""
    head = await reader.readexactly(8)
    (length,) = _LENGTH.unpack(head[4:])
    if head[:4] != _MARK or length > LONGEST:
        raise AdapterError(f"whoever answers speaks another language: {head!r}")
    return pickle.loads(await reader.readexactly(length))


def frame(what: object) -> bytes:
    """Return *what* as it goes over the wire."""
    body = pickle.dumps(what)
    return _MARK + _LENGTH.pack(len(body)) + body


@asynccontextmanager
async def served(target: object) -> AsyncIterator[tuple[str, int]]:
    """Let whoever connects call methods of *target*; yield the address."""

    tasks: set[asyncio.Task[None]] = set()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            name, args, kwargs = await read_frame(reader)
            found = getattr(target, name)(*args, **kwargs)
            if hasattr(found, "__aiter__"):
                async for item in found:
                    writer.write(frame(("item", item)))
                    await writer.drain()
            else:
                writer.write(frame(("item", await found)))
            writer.write(frame(("end", None)))
        except SubmarineError as error:
            writer.write(frame(("error", error)))
        except (OSError, asyncio.IncompleteReadError, AdapterError):
            return
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for task in tasks:  # those who watch have nobody to tell any more
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)


class Wire:
    """The adapter's end."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._address = host, port
        self._timeout = timeout

    async def ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Return the answer to one question."""
        async with contextlib.aclosing(self.stream(name, *args, **kwargs)) as answers:
            found = [answer async for answer in answers]
        return found[0]

    async def stream(
        self, name: str, *args: Any, patient: bool = False, **kwargs: Any
    ) -> AsyncGenerator[Any, None]:
        """Yield each answer; *patient* waits as long as it takes for all but the first."""
        limit: float | None = self._timeout
        writer = None
        try:
            async with asyncio.timeout(limit):
                reader, writer = await asyncio.open_connection(*self._address)
                writer.write(frame((name, args, kwargs)))
            while True:
                async with asyncio.timeout(limit):
                    kind, what = await read_frame(reader)
                if kind == "end":
                    return
                if kind == "error":
                    raise what
                yield what
                limit = None if patient else limit
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise UnavailableError(f"the backend does not answer: {error!r}") from error
        finally:
            if writer is not None:
                writer.close()
