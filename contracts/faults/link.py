"""A TCP link between an adapter and its backend that can be broken on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

from submarine.contracts.faults.ending import stop, until_alone
from submarine.contracts.faults.kinds import Fault
from submarine.contracts.faults.line import Line

HERE: Final = "127.0.0.1"
_PATIENCE: Final = 30.0


class FaultyLink:
    """Listens here, connects to the backend, and is well until it suffers a fault.

    It lives in a thread of its own: an adapter that blocks its event loop does not stop it. ``host`` and
    ``port`` are what the adapter is told in place of the backend's own, and stay the same for ever.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = HERE
        self.backend = host, port
        self._reserved = _bound(0)  # nobody else gets the port while we refuse
        self.port: int = self._reserved.getsockname()[1]
        self._fault = Fault()
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-link", daemon=True)

    @property
    def url(self) -> str:
        """Return ``http://host:port``."""
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._change(Fault()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()
        self._reserved.close()

    @contextmanager
    def suffering(self, fault: Fault) -> Iterator[None]:
        """Suffer *fault*, on connections that are there and on new ones; be well again afterwards."""
        self._do(self._change(fault))
        try:
            yield
        finally:
            self._do(self._change(Fault()))

    async def request(self, line: Line, data: bytes) -> None:
        """Let the fault of the moment carry *data*."""
        await self._fault.request(line, data)

    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        """Let the fault of the moment carry *data*."""
        await self._fault.answer(line, data, first=first)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _change(self, fault: Fault) -> None:
        self._fault = fault
        for line in list(self._lines):
            if fault.refuses or line.spoiled:
                line.cut(reset=True)
        if fault.refuses:
            await self._deafen()
        elif self._server is None:
            self._server = await asyncio.start_server(self._take, sock=_bound(self.port))

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self.backend, reader, writer)
        task = asyncio.current_task()
        assert task is not None
        self._lines[line] = task
        try:
            with contextlib.suppress(asyncio.CancelledError):  # a cancelled handler is logged as a failed one
                await line.run(self)
                await line.gone()
        finally:
            del self._lines[line]

    async def _deafen(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await stop(server)

    async def _end(self) -> None:
        await self._deafen()
        await until_alone(self._cut_all)

    def _cut_all(self) -> None:
        for line, task in list(self._lines.items()):
            line.cut(reset=True)
            task.cancel()


def _bound(port: int) -> socket.socket:
    """Return a socket bound to *port*, beside another one of ours that does not listen."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HERE, port))
    return bound
