"""Waits for a child, and carries out on it and all its kin what is asked meanwhile."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from submarine.adapters.yarn.launcher.kin import Kin, bury
from submarine.adapters.yarn.launcher.orders import FENCED, Orders

WAKING = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGQUIT})
"""Blocked in a launcher from its first moment; it takes them when it waits."""

DEADLINE = "deadline-exceeded"
TOLD = "told"
"""Somebody sent SIGTERM and left no word: YARN itself, which will say why."""

_ENDING_TICK = 0.5


class Ending(NamedTuple):
    """How a child ended: 128 + n for signal n; ``cause`` is empty if by itself."""

    code: int
    cause: str
    message: str


class Attendant:
    """Attends to one child at a time; every *poll* seconds it looks at the orders."""

    def __init__(self, orders: Orders, kin: Kin, poll: float, grace: float) -> None:
        self._orders = orders
        self._kin = kin
        self._poll = poll
        self._grace = grace
        self._cause = ""
        self._message = ""
        self._kill_at: float | None = None
        self._look_at = 0.0
        self._held = self._told = False
        self._tell: Callable[[bool], bool] = lambda _: True
        self._began = time.monotonic()

    def tells(self, tell: Callable[[bool], bool]) -> None:
        """Have *tell* say whether the child stands still; it returns False if it must be asked again."""
        self._tell = tell

    def sleep(self, seconds: float) -> None:
        """Wait, no longer than until somebody wants something."""
        if signal.sigtimedwait(WAKING, seconds) is not None:
            self._look_at = 0.0

    def attend(self, child: int, duration: float | None) -> Ending:
        """Return how *child* ended, once nothing of it is left; end it *duration* seconds after our birth."""
        self._plan_look()
        while True:
            code = bury(child)
            if code is not None:
                break
            self._judge(duration)
            self._wait(duration)
        if self._kill_at is not None:
            self._outlast()
        self._kin.kill()
        return Ending(code, self._cause, self._message)

    def _judge(self, duration: float | None) -> None:
        now = time.monotonic()
        if now >= self._look_at:
            self._orders.look()
            self._plan_look()
        if self._orders.cause:
            self._end(self._orders.cause, self._orders.message, self._orders.grace)
        elif duration is not None and now - self._began >= duration:
            self._end(DEADLINE, f"ran longer than {duration:g} s", self._grace)
        self._hold(self._orders.suspended and not self._cause)
        if self._kill_at is not None and now >= self._kill_at:
            self._kin.send(signal.SIGKILL)

    def _hold(self, wanted: bool) -> None:
        """Let all stand still, or go on."""
        if wanted != self._held:
            self._kin.send(signal.SIGSTOP if wanted else signal.SIGCONT)
            self._held = wanted
        if self._told != self._held and not self._cause and self._tell(self._held):
            self._told = self._held

    def _end(self, cause: str, message: str, grace: float) -> None:
        """Ask all to end; the first cause stays, and a later one can only hasten the end."""
        kill_at = time.monotonic() + grace
        if self._cause and self._cause != TOLD:
            if grace != self._granted:
                self._kill_at = min(self._kill_at or kill_at, kill_at)
                self._granted = grace
            return
        told = self._cause == TOLD
        self._cause, self._message, self._kill_at, self._granted = cause, message, kill_at, grace
        if cause == FENCED:
            self._kin.send(signal.SIGKILL)
        elif not told:
            self._kin.send(signal.SIGTERM)

    def _wait(self, duration: float | None) -> None:
        now = time.monotonic()
        until = self._look_at
        if duration is not None and not self._cause:
            until = min(until, self._began + duration)
        if self._kill_at is not None:
            until = min(until, max(self._kill_at, now + 0.02))
        info = signal.sigtimedwait(WAKING, max(until - now, 0.0))
        if info is not None and info.si_signo == signal.SIGTERM:
            self._was_told()
        elif info is not None and info.si_signo == signal.SIGQUIT:
            self._look_at = 0.0  # somebody has left an order

    def _was_told(self) -> None:
        """Find out who wants the end; where nobody has written an order it is YARN, which kills soon."""
        self._orders.look(insisting=True)
        self._plan_look()
        if not self._orders.cause and not self._cause:
            self._end(TOLD, "YARN asked it to end", self._grace)

    def _outlast(self) -> None:
        """Let the others have what is left of the grace."""
        while time.monotonic() < (self._kill_at or 0.0) and self._kin.living():
            bury()
            self._judge(None)
            time.sleep(0.05)

    def _plan_look(self) -> None:
        # Not all at once: the launchers of a large job were born together.
        pause = _ENDING_TICK if self._cause else self._poll * random.uniform(0.8, 1.2)  # noqa: S311
        self._look_at = time.monotonic() + pause

    _granted: float = -1.0
