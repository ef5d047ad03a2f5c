"""What others want of a replica, read from the attempt's folder."""

from __future__ import annotations

import time
from typing import Any

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher.staging import AwayError, GoneError, Names, Staging

CANCELLED = "cancelled"
STOPPED = "stopped"
FENCED = "fenced"
SURPLUS = "surplus"
"""The service was made smaller, and this replica is to go."""
_TRIES = 4
_PAUSE = 0.3


class Orders:
    """The orders as they were last seen; each look asks HDFS one question, and more if something is new."""

    def __init__(self, staging: Staging, who: str, container: str, grace: float) -> None:
        self._staging = staging
        self._who = who
        self._container = container
        self._grace = grace
        self._seen: Names | None = None
        self._ticket: int | None = None
        self._sized: int | None = None
        self.cause = ""
        self.message = ""
        self.grace = grace
        self.suspended = False
        self.scale: dict[str, Any] = {}
        """The size that was ordered since the service was submitted, nothing if none was."""

    @property
    def surplus(self) -> bool:
        """Tell whether the service has no room for this replica, as it was seen last."""
        role, _, index = self._who.rpartition("-")
        return int(index) >= int(self.scale.get("roles", {}).get(role, int(index) + 1))

    def look(self, *, insisting: bool = False) -> Names | None:
        """Look for new orders; return what is in the folder, None if HDFS is away.

        *insisting* tries it for a second or so.
        """
        for attempt in range(_TRIES if insisting else 1):
            try:
                found = self._staging.list()
                if found != self._seen:
                    self._heed(found)
                    self._seen = found
            except AwayError:
                if attempt + 1 < _TRIES and insisting:
                    time.sleep(_PAUSE)
            except GoneError:
                self._set(FENCED, "the attempt was removed", 0.0)
                return None
            else:
                return found
        return None

    def begun(self, found: Names) -> bool:
        """Tell whether an older container of this replica has told in *found* that it began."""
        notes = [note for note in map(names.note, found) if note is not None and note.kind == names.RUN]
        own = names.age(self._container)
        return any(self._who == f"{n.role}-{n.number}" and names.age(n.container) < own for n in notes)

    def _heed(self, found: Names) -> None:
        if found.get(names.TICKET, self._ticket) != self._ticket:
            token = self._read(names.TICKET).get("token")
            if token:
                self._staging.trust(token)
            self._ticket = found[names.TICKET]
        self.suspended = names.SUSPEND in found
        if found.get(names.SCALE) != self._sized:
            self.scale = self._read(names.SCALE)
            self._sized = found.get(names.SCALE)
        if names.CLOSING in found:
            self._set(FENCED, "the attempt has ended without it", 0.0)
        elif any(self._replaces(name) for name in found):
            self._set(FENCED, "another container has taken its place", 0.0)
        elif names.CANCEL in found:
            order = self._read(names.CANCEL)
            self._set(CANCELLED, "cancelled", float(order.get("grace", self._grace)))
        elif names.STOP in found and not self.cause:
            order = self._read(names.STOP)
            said = "stopped: {} has {}".format(order.get("by"), order.get("phase"))
            self._set(STOPPED, said, self._grace)
        elif self.surplus and not self.cause:
            self._set(SURPLUS, "the service was made smaller", self._grace)

    def _replaces(self, name: str) -> bool:
        kind, _, rest = name.partition(".")
        who, _, container = rest.partition(".")
        return kind == names.RUN and who == self._who and names.age(container) > names.age(self._container)

    def _read(self, name: str) -> Any:
        try:
            return self._staging.read(name)
        except GoneError:
            return {}

    def _set(self, cause: str, message: str, grace: float) -> None:
        self.cause, self.message, self.grace = cause, message, grace
