"""Tells how calls end while something is broken, and whether the event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from submarine.core.errors import AdapterError, UnavailableError

NO_VERDICT: Final = (UnavailableError, AdapterError)
"""What may be said of a backend that answers nonsense; all else would be a lie about something."""
_TICK: Final = 0.01
_MARGIN: Final = 10.0
"""Seconds more than promised that a call may take on a machine that is busy."""


async def each_raises(
    calls: Mapping[str, Awaitable[object]], *errors: type[Exception], within: float
) -> None:
    """Make all *calls* at once; fail unless each raises one of *errors* within so many seconds."""

    async def end(call: Awaitable[object]) -> object:
        try:
            async with asyncio.timeout(within + _MARGIN):
                return await call
        except TimeoutError:
            return f"nothing within {within:g} s"
        except Exception as error:  # noqa: BLE001 - whatever comes is the finding
            return error

    ends = await asyncio.gather(*map(end, calls.values()))
    wrong = {name: found for name, found in zip(calls, ends, strict=True) if not isinstance(found, errors)}
    assert not wrong, f"each should have raised one of {', '.join(e.__name__ for e in errors)}: {wrong}"


class Stutter:
    """The longest time, in seconds, in which the event loop did nothing."""

    longest = 0.0


@asynccontextmanager
async def measured() -> AsyncIterator[Stutter]:
    """Watch the event loop, and tell how long it stood still."""
    stutter, loop = Stutter(), asyncio.get_running_loop()

    async def tick() -> None:
        while True:
            begin = loop.time()
            await asyncio.sleep(_TICK)
            stutter.longest = max(stutter.longest, loop.time() - begin - _TICK)

    ticking = asyncio.create_task(tick())
    try:
        yield stutter
        await asyncio.sleep(2 * _TICK)
    finally:
        ticking.cancel()
