"""Events of Kubernetes that say why pods do not come."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Note
from submarine.adapters.kubernetes.kinds import EVENTS
from submarine.adapters.kubernetes.names import host_name, set_name
from submarine.core.errors import AdapterError

_FEW: Final = 4
_REASONS: Final = frozenset({"FailedCreate", "FailedCreatePod"})
_MAKERS: Final = (
    set_name,
    lambda handle, role: host_name(handle, role, 0),  # one replica's, and a JobSet's
    lambda handle, _: f"{handle}-node-0",  # a TrainJob's
)


async def note_of(api: Api, handle: str, roles: Collection[str]) -> Note | None:
    """Return what a controller said last of a Job or StatefulSet whose pods it could not create."""
    makers = [maker(handle, role) for role in sorted(roles)[:_FEW] for maker in _MAKERS]
    for name in [*makers, handle]:
        try:
            found, _ = await api.list(EVENTS, fields=f"involvedObject.name={name},type=Warning")
        except AdapterError:  # a role that may not read events hides them, nothing more
            return None
        failed = [event for event in found if event.reason in _REASONS]
        if failed:
            said = max(failed, key=lambda event: event.metadata.version).message
            return Note("quota" if "exceeded quota" in said else "refused", said)
    return None
