"""What has been asked of a workload; orders are files, so they outlive whoever gave them."""

from __future__ import annotations

import os
import time
from typing import Any

from submarine.adapters.local import documents
from submarine.adapters.local.layout import Attempt


class Orders:
    """The orders for replica *name* as last seen; `look` looks again, at the price of a few stats.

    An *elastic* workload's plan is written anew when it is scaled.
    ``kill_at`` is on the monotonic clock, None unless somebody asked for the end.
    """

    def __init__(self, attempt: Attempt, name: str, *, elastic: bool) -> None:
        self._attempt = attempt
        self._name = name
        self._elastic = elastic
        self._seen: dict[str, tuple[int, int]] = {}
        self.kill_at: float | None = None
        self.stop: dict[str, Any] | None = None
        self.suspended = False
        self.surplus = False
        """Whether the service was made smaller, and this replica is to go."""

    @property
    def cancelled(self) -> bool:
        """Tell whether the workload is to end because somebody said so."""
        return self.kill_at is not None

    def look(self) -> None:
        """Read what has changed since the last look."""
        if self._changed(self._attempt.cancel) and (order := documents.read(self._attempt.cancel)):
            self._cancel(order)
        if self.stop is None and self._changed(self._attempt.stop):
            self.stop = documents.read(self._attempt.stop)
        self.suspended = os.path.exists(self._attempt.suspend)
        if not os.path.exists(self._attempt.plan):  # removed under our feet
            self.kill_at = time.monotonic()
        elif self._elastic and self._changed(self._attempt.plan):
            self._size()

    def _size(self) -> None:
        plan: dict[str, Any] = documents.read(self._attempt.plan) or {}
        gone = {f"{r['role']}-{r['index']}" for r in plan.get("leaving", ())}
        self.surplus = self._name in gone

    def _cancel(self, order: dict[str, Any]) -> None:
        # The order holds a time of day, which may be set back meanwhile: never wait longer than asked.
        left = min((order["kill_at"] - documents.now()) / 1000, order["grace"])
        kill_at = time.monotonic() + max(left, 0.0)
        self.kill_at = kill_at if self.kill_at is None else min(self.kill_at, kill_at)

    def _changed(self, path: str) -> bool:
        mark = documents.mark(path)
        if mark is None or self._seen.get(path) == mark:
            return False
        self._seen[path] = mark
        return True
