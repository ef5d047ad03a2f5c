"""The end of a loop that has served connections, with none of them left open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

_LOOK_S: Final = 0.05
_ROUNDS: Final = 3


async def stop(server: asyncio.Server) -> None:
    """Let *server* accept nobody any more.

    Python 3.11 forgets a connection that is accepted and not yet served when its server is closed, and leaves
    the socket open; so those are begun first.
    """
    for listening in server.sockets:
        server.get_loop().remove_reader(listening.fileno())
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
    server.close()


async def until_alone(end: Callable[[], None]) -> None:
    """Return when this loop has no other task; *end* is called as often as it takes, to end those there are.

    A connection that was accepted a moment ago is a task that has no handler yet, so once is not enough
    on a busy machine, and a loop that stops too early leaves its socket open.
    """
    me = asyncio.current_task()
    while others := {task for task in asyncio.all_tasks() if task is not me}:
        end()
        await asyncio.wait(others, timeout=_LOOK_S)
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)  # transports let go of their sockets in the loop's next rounds
