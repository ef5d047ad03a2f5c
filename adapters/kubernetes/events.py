"""Events of Kubernetes that say why pods do not come."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Note
from submarine.adapters.kubernetes.kinds import EVENTS
from submarine.adapters.kubernetes.names import host_name, set_name
from submarine.adapters.kubernetes.objects import Event
from submarine.core.errors import AdapterError, UnavailableError

_REASONS: Final = ("FailedCreate", "FailedCreatePod")
_MAKERS: Final = (
    set_name,
    lambda handle, role: host_name(handle, role, 0),  # one replica's, and a JobSet's
    lambda handle, _: f"{handle}-node-0",  # a TrainJob's
)
_FOR_S: Final = 2.0
_SHARE: Final = 20
"""A list of events is the dearer the more of them there are, so it is used that many times as long."""


class Complaints:
    """What controllers said last of pods that they could not create, in one list for all attempts."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._said: dict[str, Event] = {}
        self._until = float("-inf")
        self._lock = asyncio.Lock()

    async def note_of(self, handle: str, roles: Collection[str]) -> Note | None:
        """Return what was said last of a Job or StatefulSet of *handle* whose pods do not come."""
        async with self._lock:
            began = asyncio.get_running_loop().time()
            if began >= self._until:
                self._said = await self._read()
                ended = asyncio.get_running_loop().time()
                self._until = ended + max(_FOR_S, (ended - began) * _SHARE)
        makers = [maker(handle, role) for role in sorted(roles) for maker in _MAKERS]
        found = next((self._said[name] for name in [*makers, handle] if name in self._said), None)
        if found is None:
            return None
        return Note("quota" if "exceeded quota" in found.message else "refused", found.message)

    async def _read(self) -> dict[str, Event]:
        """Return the newest event by the name of whom it is about."""
        said: dict[str, Event] = {}
        for reason in _REASONS:
            try:
                found, _ = await self._api.list(EVENTS, fields=f"type=Warning,reason={reason}")
            except AdapterError:  # a role that may not read events hides them, nothing more
                return {}
            except UnavailableError:
                return self._said
            said |= {e.involved_object.name: e for e in sorted(found, key=lambda e: e.metadata.version)}
        return said
