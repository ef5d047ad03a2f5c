"""What containers write, as one stream by offset: from their NodeManager, later from the timeline server.

Neither server knows offsets: they give the first or the last bytes of a file, in a frame of text that
says how long the file is. So its length is asked for first, then as many of the last bytes as are wanted.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

import aiohttp

from submarine.adapters.hadoop.pair import MOVED
from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.web import Web
from submarine.adapters.yarn import names
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.records import Run
from submarine.adapters.yarn.routes import Routes
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
_HOPS: Final = 3
_PLAIN: Final = {"Accept-Encoding": "identity"}
"""Nodes are to spend their time on jobs, not on packing what they say."""
_NOT_FOUND: Final = 404


class Whose(NamedTuple):
    """Whose output is read: the container, if there is one yet, and whether it writes no more."""

    run: Run | None
    over: bool


class Output:
    """Reads what containers write."""

    def __init__(self, config: YarnConfig, web: Web, manager: Manager, files: Files, nodes: Nodes) -> None:
        self._config = config
        self._nodes = nodes
        self._routes = Routes(config)
        self._web = web
        self._manager = manager
        self._files = files
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
        """Tell whether the node of *run* still has its container; raise `UnavailableError` if it is away."""
        path = f"/ws/v1/node/containers/{run.container}"
        try:
            where = self._routes.to(await self._nodes.web(run.node) + path)
            answer = await self._web.ask("GET", where, headers={"Accept": "application/json"})
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        found = answer.get("container") if isinstance(answer, dict) else None
        return isinstance(found, dict) and found.get("state") not in {
            "DONE",
            "COMPLETE",
            "EXITED_WITH_FAILURE",
        }

    async def erase(self, application: str, user: str) -> None:
        """Delete what was aggregated of *application*, where that can be told."""
        folder = await self._aggregated()
        if folder is None:
            return
        number = int(application.rpartition("_")[2])
        for place in (
            f"{folder}/{user}/bucket-logs-tfile/{number % 10_000:04}/{application}",
            f"{folder}/{user}/logs/{application}",
        ):
            try:
                await self._files.erase(place, user)
            except UnavailableError:
                raise
            except SubmarineError:
                return

    async def _aggregated(self) -> str | None:
        if self._folder is None:
            self._folder = await self._manager.setting("yarn.nodemanager.remote-app-log-dir")
        return self._folder

    async def _once(self, run: Run, offset: int) -> AsyncIterator[bytes]:
        length = await self._length(run)
        slack = 0
        while length > offset:
            wanted = length - offset + slack
            async with AsyncExitStack() as stack:
                response, rest, length = await self._open(stack, run, wanted)
                begin = max(length - wanted, 0)
                if length < offset:
                    raise UnavailableError(f"the output of {run.container} has shrunk")
                if begin <= offset:
                    async for piece in _pieces(response, rest, run, length - begin, skipped=offset - begin):
                        yield piece
                    return
            slack = 2 * (begin - offset) + _PIECE  # it has grown meanwhile, and the beginning is missing

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
        head = b""
        while (found := _HEAD.search(head)) is None:
            piece = await response.content.read(_PIECE)
            if not piece and _is_nothing(head):
                raise _MissingError(str(response.url))
            head += piece
            if not piece or len(head) > _LONGEST_HEAD + _PIECE:
                # Not its words: a job's container may listen where its node did before.
                raise UnavailableError(f"{response.url} answers what is no log")
        return response, head[found.end() :], int(found[1])

    async def _answer(self, stack: AsyncExitStack, run: Run, last: int) -> aiohttp.ClientResponse:
        """Ask the node of *run*; if it is away, whoever may have what it had brought to HDFS."""
        path = f"containers/{run.container}/logs/{names.OUTPUT}"
        query = {"size": str(-last)}
        try:
            node = await self._nodes.web(run.node)
            return await self._reading(stack, f"{node}/ws/v1/node/{path}", query)
        except UnavailableError:
            if self._config.timeline is None:
                raise
            url = f"{self._config.timeline}/ws/v1/applicationhistory/{path}"
            return await self._reading(stack, url, {**query, "redirected_from_node": "true"})

    async def _reading(
        self, stack: AsyncExitStack, url: str, query: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Ask for a long answer, wherever it is."""
        where, asked = self._routes.to(url), query
        for _ in range(_HOPS):
            try:
                answering = self._web.asked("GET", where, asked, bounded=False, headers=_PLAIN)
                response = await stack.enter_async_context(answering)
            except RefusedError as error:
                if error.status == _NOT_FOUND:
                    raise _MissingError(str(error)) from error
                raise UnavailableError(str(error)) from error
            if response.status not in MOVED:
                return response
            where = self._routes.to(await self._nodes.redirected(response.headers.get("Location", url)))
            asked = {}
        raise UnavailableError(f"{url} is always somewhere else")


async def _pieces(
    response: aiohttp.ClientResponse, first: bytes, run: Run, size: int, *, skipped: int
) -> AsyncIterator[bytes]:
    """Yield *size* bytes of an answer, of which *first* were read already, without the *skipped* ones."""
    left, piece = size, first
    while left > 0:
        piece = (piece or await _piece(response, run))[:left]
        left -= len(piece)
        if len(piece) > skipped:
            yield piece[skipped:]
        skipped = max(skipped - len(piece), 0)
        piece = b""


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
