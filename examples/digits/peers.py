"""Workers that add up their gradients over TCP: a star around rank 0, nothing but sockets.

Every worker calls `Peers.sum` with an array of the same shape, and every array becomes the sum. Rank 0
adds in the order of ranks, so that the same workers give the same bits each time.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_HELLO: Final = struct.Struct("!8sII")  # magic, rank, world size
_MAGIC: Final = b"digits/1"
_LENGTH: Final = struct.Struct("!Q")


class PeerError(Exception):
    """Another worker did not come, went away, or is not one of ours."""


@dataclass(frozen=True, slots=True)
class Rendezvous:
    """Who I am among how many, and where rank 0 listens."""

    rank: int = 0
    world_size: int = 1
    address: str = "127.0.0.1"
    port: int = 0

    @classmethod
    def from_environment(cls) -> Rendezvous:
        """Read what ``framework: pytorch`` sets; alone in the world where nothing is set."""
        env = os.environ
        world_size = int(env.get("WORLD_SIZE", "1"))
        if world_size == 1:
            return cls()
        try:
            return cls(int(env["RANK"]), world_size, env["MASTER_ADDR"], int(env["MASTER_PORT"]))
        except KeyError as error:
            raise PeerError(f"WORLD_SIZE is {world_size}, but {error} is not set") from None


class Peers:
    """The open connections of one worker; close it when done."""

    def __init__(self, rank: int, world_size: int, links: dict[int, socket.socket]) -> None:
        self.rank = rank
        self.world_size = world_size
        self._links = links

    @classmethod
    def meet(cls, rendezvous: Rendezvous, patience: float = 60.0, silence: float = 120.0) -> Peers:
        """Return when all workers are connected; raise `PeerError` after *patience* seconds.

        After that a peer that says nothing for *silence* seconds counts as dead.
        """
        deadline = time.monotonic() + patience
        if rendezvous.world_size == 1:
            links: dict[int, socket.socket] = {}
        elif rendezvous.rank == 0:
            links = _wait_for_all(rendezvous, deadline)
        else:
            links = {0: _reach_first(rendezvous, deadline)}
        for link in links.values():
            link.settimeout(silence)
        return cls(rendezvous.rank, rendezvous.world_size, links)

    def sum(self, mine: Array) -> Array:
        """Add everybody's array into *mine* and return it; raise `PeerError` if somebody is gone."""
        if self.rank != 0:
            self._send(0, mine)
            self._receive(0, mine)
            return mine
        theirs = np.empty_like(mine)
        for rank in range(1, self.world_size):
            self._receive(rank, theirs)
            mine += theirs
        for rank in range(1, self.world_size):
            self._send(rank, mine)
        return mine

    def close(self) -> None:
        """Hang up; the others notice at their next `sum`."""
        for link in self._links.values():
            link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, rank: int, array: Array) -> None:
        try:
            self._links[rank].sendall(_LENGTH.pack(array.nbytes))
            self._links[rank].sendall(array.data.cast("B"))
        except OSError as error:
            raise PeerError(f"worker {rank} is gone: {error}") from error

    def _receive(self, rank: int, array: Array) -> None:
        try:
            (size,) = _LENGTH.unpack(_read(self._links[rank], _LENGTH.size))
            if size != array.nbytes:
                raise PeerError(f"worker {rank} sent {size} bytes, {array.nbytes} were due")
            _read_into(self._links[rank], array.data.cast("B"))
        except OSError as error:
            raise PeerError(f"worker {rank} is gone: {error}") from error


def _wait_for_all(rendezvous: Rendezvous, deadline: float) -> dict[int, socket.socket]:
    links: dict[int, socket.socket] = {}
    with contextlib.ExitStack() as on_failure:
        with socket.create_server(
            (rendezvous.address, rendezvous.port), backlog=rendezvous.world_size
        ) as server:
            while missing := set(range(1, rendezvous.world_size)) - links.keys():
                server.settimeout(max(deadline - time.monotonic(), 0.001))
                try:
                    link, _ = server.accept()
                except TimeoutError:
                    raise PeerError(f"workers {sorted(missing)} did not come in time") from None
                rank = _greet(link, rendezvous.world_size)
                if rank in missing:
                    links[rank] = on_failure.enter_context(link)
                else:  # a stranger, or one who gave up and came again
                    link.close()
        on_failure.pop_all()
    return links


def _greet(link: socket.socket, world_size: int) -> int:
    """Return the rank of who has come, 0 if it is none of us; what is said is not trusted."""
    link.settimeout(5.0)
    try:
        _configure(link)
        magic, rank, world = _HELLO.unpack(_read(link, _HELLO.size))
        if magic != _MAGIC or world != world_size:
            return 0
        link.sendall(_MAGIC)
    except OSError:
        return 0
    return int(rank)


def _reach_first(rendezvous: Rendezvous, deadline: float) -> socket.socket:
    place = (rendezvous.address, rendezvous.port)
    complaint: OSError = TimeoutError("no time left")
    while (left := deadline - time.monotonic()) > 0:
        try:
            link = socket.create_connection(place, timeout=left)
        except OSError as error:  # not listening yet
            complaint = error
            time.sleep(0.05)
            continue
        try:
            _configure(link)
            link.sendall(_HELLO.pack(_MAGIC, rendezvous.rank, rendezvous.world_size))
            if _read(link, len(_MAGIC)) == _MAGIC:
                return link
            complaint = ConnectionError("it is no worker of ours")
        except OSError as error:
            complaint = error
        link.close()
        time.sleep(0.05)
    raise PeerError(f"worker 0 at {rendezvous.address}:{rendezvous.port} was not reached: {complaint}")


def _configure(link: socket.socket) -> None:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _read(link: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    _read_into(link, memoryview(data))
    return bytes(data)


def _read_into(link: socket.socket, view: memoryview) -> None:
    while view:
        if not (count := link.recv_into(view)):
            raise ConnectionError("it closed the connection")
        view = view[count:]
