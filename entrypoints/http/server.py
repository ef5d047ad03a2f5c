"""Listens, serves, and stops without dropping what it has begun."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import uvloop
from aiohttp import web

from submarine.core.errors import UnavailableError
from submarine.entrypoints.http.connection import FIELD_SIZE, LINE_SIZE, Connection, Gate

log = logging.getLogger(__name__)

T = TypeVar("T")

_BACKLOG: Final = 1024
_OPTIONS: Final[dict[str, Any]] = {
    # longer than any load balancer's own idle time-out, so that the side that sends is the side that closes
    "keepalive_timeout": 75.0,
    "max_line_size": LINE_SIZE,
    "max_field_size": FIELD_SIZE,
    "max_headers": 64,
    "lingering_time": 5.0,  # for a refused body: read on a little, so that the client sees the answer
    "auto_decompress": False,  # a kilobyte may unpack to a megabyte, also of a body that is refused
    "access_log": None,  # the door writes its own
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where, and how long a stop may take."""

    host: str = "127.0.0.1"
    port: int = 8080
    grace: float = 10.0


@asynccontextmanager
async def serving(
    app: web.Application,
    listen: Listen,
    *,
    gate: Gate | None = None,
    on_bound: Callable[[str], None] | None = None,
) -> AsyncIterator[str]:
    """Serve *app* as long as the context lasts; yield its URL, after telling *on_bound*.

    At the end: nobody new gets in, streams end so that their clients resume, what is being answered
    has ``grace`` seconds. Raise `UnavailableError` if the address cannot be had.

    Handlers are not cancelled when their client leaves: what was accepted is finished and remembered
    under its ``Idempotency-Key``, so that the client's repetition finds it done. Streams are, see
    `Connection.when_lost`: they serve nobody else.
    """
    gate = gate or Gate()
    sockets = bind(listen.host, listen.port)
    runner = web.AppRunner(app, handler_cancellation=False, shutdown_timeout=listen.grace)
    servers: list[asyncio.Server] = []
    try:
        await runner.setup()
        loop = asyncio.get_running_loop()

        def connect() -> Connection:
            return Connection(runner.server, loop=loop, gate=gate, **_OPTIONS)

        for bound in sockets:
            servers.append(await loop.create_server(connect, sock=bound, backlog=_BACKLOG))  # noqa: PERF401
        url = url_of(sockets[0])
        if on_bound is not None:
            on_bound(url)
        yield url
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()
        for bound in sockets:
            bound.close()


def bind(host: str, port: int) -> list[socket.socket]:
    """Return sockets bound to every address of *host*; raise `UnavailableError` in one sentence.

    Port 0 takes any free port, on the first address alone.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UnavailableError(f"cannot listen on {host!r}: {_why(error)}; check [server] host") from error
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    addresses.sort(key=lambda a: a[0] != socket.AF_INET)
    sockets: list[socket.socket] = []
    for family, address in addresses[:1] if port == 0 else addresses:
        try:
            sockets.append(_bound(family, address))
        except OSError as error:
            if sockets and error.errno in {98, 99, 97}:  # localhost is also ::1, where there is IPv6
                continue
            for other in sockets:
                other.close()
            raise UnavailableError(
                f"cannot listen on {host}:{port}: {_why(error)};"
                " choose another [server] port, or 0 for any free one"
            ) from error
    return sockets


def _bound(family: int, address: Any) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def url_of(bound: socket.socket) -> str:
    """Return the URL at which this machine reaches *bound*."""
    host, port = bound.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - read, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* on uvloop and return its result."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
