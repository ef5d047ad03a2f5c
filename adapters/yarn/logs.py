"""What containers write, as one stream by offset: from their NodeManager, later from the timeline server.

Neither server knows offsets: they give the first or the last bytes of a file, in a frame of text that
says how long the file is. So its length is asked for first, then as many of the last bytes as are wanted.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

import aiohttp

from submarine.adapters.yarn import names
from submarine.adapters.yarn.api import Api
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.records import Run
from submarine.adapters.yarn.rest import Rest
from submarine.core.errors import SubmarineError, UnavailableError

_PIECE: Final = 2**16
_HEAD: Final = re.compile(
    rb"LogType:"
    + re.escape(names.OUTPUT.encode())
    + rb"\r?\n(?:LogLastModifiedTime|Log Upload Time):[^\n]*\n"
    rb"LogLength:(\d+)\r?\nLogContents:\r?\n"
)
_LONGEST_HEAD: Final = 2**14
_PAUSE: Final = (0.3, 2.0)
_TRIES: Final = 8
_OK: Final = 200
_NOT_FOUND: Final = 404


class Whose(NamedTuple):
    """Whose output is read: the container, if there is one yet, and whether it writes no more."""

    run: Run | None
    over: bool


class Output:
    """Reads what containers write."""

    def __init__(self, config: YarnConfig, rest: Rest, api: Api) -> None:
        self._config = config
        self._rest = rest
        self._api = api
        self._folder: str | None = config.logs

    async def read(self, run: Run, offset: int, *, over: bool) -> AsyncIterator[bytes]:
        """Yield what there is from *offset* on; what is *over* must be there, or the servers are away.

        While a container's files move from its node to HDFS neither server has them: it is tried again.
        """
        pause, longest = _PAUSE
        for attempt in range(_TRIES):
            sent = False
            try:
                async for piece in self._once(run, offset):
                    sent = True
                    offset += len(piece)
                    yield piece
            except UnavailableError:
                if sent or attempt + 1 == _TRIES:
                    raise
            except _MissingError as error:
                if not over:
                    return
                if attempt + 1 == _TRIES:
                    raise UnavailableError(f"nobody has the output of {run.container}: {error}") from error
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, longest)

    async def follow(self, now: Callable[[], Awaitable[Whose]], offset: int) -> AsyncIterator[bytes]:
        """Yield from *offset* on what is written, until the last byte."""
        pause, longest = _PAUSE
        while True:
            whose = await now()
            if whose.run is not None:
                async for piece in self.read(whose.run, offset, over=whose.over):
                    offset += len(piece)
                    pause = _PAUSE[0]
                    yield piece
            if whose.over:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, longest)

    async def runs(self, run: Run) -> bool:
        """Tell whether the node of *run* still has its container; a node that is away has told its last."""
        path = f"/ws/v1/node/containers/{run.container}"
        try:
            answer = await self._rest.ask((f"http://{run.node}",), "GET", path)
        except UnavailableError:
            return False
        if answer.status == _NOT_FOUND:
            return False
        found = answer.json().get("container")
        return isinstance(found, dict) and found.get("state") not in {
            "DONE",
            "COMPLETE",
            "EXITED_WITH_FAILURE",
        }

    async def erase(self, app: App, user: str) -> None:
        """Delete what was aggregated of *app*, where that can be told."""
        folder = await self._aggregated()
        if folder is None:
            return
        number = int(app.id.rpartition("_")[2])
        for place in (
            f"{folder}/{user}/bucket-logs-tfile/{number % 10_000:04}/{app.id}",
            f"{folder}/{user}/logs/{app.id}",
        ):
            try:
                await self._api.erase(place, user)
            except UnavailableError:
                raise
            except SubmarineError:
                return

    async def _aggregated(self) -> str | None:
        if self._folder is None:
            self._folder = await self._api.setting("yarn.nodemanager.remote-app-log-dir")
        return self._folder

    async def _once(self, run: Run, offset: int) -> AsyncIterator[bytes]:
        length = await self._length(run)
        if length <= offset:
            return
        wanted = length - offset
        async with AsyncExitStack() as stack:
            response, rest, length = await self._open(stack, run, wanted)
            # It may have grown since: the answer ends where the file did when it was written.
            skipped = length - min(wanted, length) - offset
            if skipped < 0:
                raise UnavailableError(f"the output of {run.container} has shrunk")
            left = min(wanted, length)
            if skipped > 0:
                left, rest = 0, b""  # between there are bytes that were not asked for: ask again
            while left > 0:
                piece = rest[:left] if rest else await _piece(response, run)
                rest = b""
                piece = piece[:left]
                left -= len(piece)
                if piece:
                    yield piece
        if skipped > 0:
            async for piece in self._once(run, offset):
                yield piece

    async def _length(self, run: Run) -> int:
        """Return how long the file is now."""
        async with AsyncExitStack() as stack:
            _, _, length = await self._open(stack, run, 1)
            return length

    async def _open(
        self, stack: AsyncExitStack, run: Run, last: int
    ) -> tuple[aiohttp.ClientResponse, bytes, int]:
        """Ask for the *last* bytes; return the answer, what of the file was read, and the file's length."""
        response = await self._answer(stack, run, last)
        if response.status == _NOT_FOUND:
            raise _MissingError(str(response.url))
        if response.status != _OK:
            said = (await response.content.read(_PIECE))[:200]
            raise UnavailableError(f"{response.url} answered {response.status}: {said!r}")
        head = b""
        while (found := _HEAD.search(head)) is None:
            piece = await response.content.read(_PIECE)
            if not piece and _is_nothing(head):
                raise _MissingError(str(response.url))
            head += piece
            if not piece or len(head) > _LONGEST_HEAD + _PIECE:
                raise UnavailableError(f"{response.url} answered what nobody understands: {head[:100]!r}")
        return response, head[found.end() :], int(found[1])

    async def _answer(self, stack: AsyncExitStack, run: Run, last: int) -> aiohttp.ClientResponse:
        """Ask the node of *run*; if it is away, whoever may have what it had brought to HDFS."""
        path = f"containers/{run.container}/logs/{names.OUTPUT}"
        query = {"size": str(-last)}
        try:
            reading = self._rest.reading(f"http://{run.node}/ws/v1/node/{path}", query)
            return await stack.enter_async_context(reading)
        except UnavailableError:
            if self._config.timeline is None:
                raise
            url = f"{self._config.timeline}/ws/v1/applicationhistory/{path}"
            reading = self._rest.reading(url, {**query, "redirected_from_node": "true"})
            return await stack.enter_async_context(reading)


def _is_nothing(head: bytes) -> bool:
    """Tell whether an answer of which *head* is all has no such file in it, and is no stranger's either."""
    return b"LogType" not in head and not head.lstrip().startswith((b"<", b"{")) and len(head) < _LONGEST_HEAD


class _MissingError(Exception):
    """The server that answers has no such file."""


async def _piece(response: aiohttp.ClientResponse, run: Run) -> bytes:
    piece = await response.content.read(_PIECE)
    if not piece:
        raise UnavailableError(f"the output of {run.container} broke off")
    return piece
