"""Chooses ports that will still be free when the process that was told of them binds them."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

from submarine.core.errors import FullError


class Ports:
    """Hands out ports of a range below the kernel's own choices, none twice and none in *taken*."""

    def __init__(self, span: tuple[int, int], taken: set[int]) -> None:
        self._taken = set(taken)
        self._candidates = self._shuffled(*span)

    def any(self) -> int:
        """Return a port nobody has; raise `FullError` if there is none."""
        for port in self._candidates:
            if port not in self._taken and _free(port):
                self._taken.add(port)
                return port
        raise FullError("no free port is left for this workload")

    def exactly(self, port: int) -> int:
        """Return *port*; raise `FullError` if somebody has it."""
        if port in self._taken or not _free(port):
            raise FullError(f"port {port} is in use")
        self._taken.add(port)
        return port

    @staticmethod
    def _shuffled(first: int, last: int) -> Iterator[int]:
        yield from random.sample(range(first, last + 1), last + 1 - first)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
