"""Events of Kubernetes, heard by one watch: some say why pods do not come, most go to the job's timeline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Final

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache, Note
from submarine.adapters.kubernetes.kinds import EVENTS
from submarine.adapters.kubernetes.names import host_name, set_name
from submarine.adapters.kubernetes.objects import Event
from submarine.adapters.kubernetes.remarks import remark_of
from submarine.core.errors import AdapterError, UnavailableError
from submarine.core.workloads.hearing import Audience
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

COMPLAINTS: Final = frozenset({"FailedCreate", "FailedCreatePod"})
_MAKERS: Final = (
    set_name,
    lambda handle, role: host_name(handle, role, 0),  # one replica's, and a JobSet's
    lambda handle, _: f"{handle}-node-0",  # a TrainJob's
)


class Complaints:
    """What controllers said last of pods that they could not create, by the name of whom it is about."""

    def __init__(self) -> None:
        self._said: dict[str, Event] = {}

    def put(self, event: Event) -> None:
        """Take *event*, unless a newer one is here."""
        name = event.involved_object.name
        before = self._said.get(name)
        if before is None or event.metadata.version >= before.metadata.version:
            self._said[name] = event

    def drop(self, event: Event) -> None:
        """Let *event* go: the cluster forgets it."""
        name = event.involved_object.name
        if (last := self._said.get(name)) is not None and last.metadata.uid == event.metadata.uid:
            del self._said[name]

    def clear(self) -> None:
        """Let all go."""
        self._said.clear()

    def note_of(self, handle: str, roles: Collection[str]) -> Note | None:
        """Return what was said last of a Job or StatefulSet of *handle* whose pods do not come."""
        makers = [maker(handle, role) for role in sorted(roles) for maker in _MAKERS]
        found = next((self._said[name] for name in [*makers, handle] if name in self._said), None)
        if found is None:
            return None
        return Note("quota" if "exceeded quota" in found.message else "refused", found.message)


class Events:
    """Where the watch puts them. Only complaints are kept, for the cluster holds an hour of all others."""

    def __init__(self, api: Api, cache: Cache, complained: Callable[[Handle], None]) -> None:
        self._api = api
        self._cache = cache
        self._complained = complained
        self._audience = Audience()
        self._reached = 0
        self.complaints: Final = Complaints()

    async def remarks(self) -> AsyncIterator[Remark]:
        """See `Remarking.remarks`; nothing where the server's role may not read events."""
        with self._audience.one() as hearer:
            try:
                past, _ = await self._api.list(EVENTS)
            except AdapterError:
                past = []
            for event in sorted(past, key=lambda e: e.metadata.version):
                if (remark := remark_of(event, self._cache)) is not None:
                    yield remark
            while True:
                yield await hearer.next()

    def lose(self, error: UnavailableError) -> None:
        """Note that the cluster is not heard any more."""
        self._audience.lose(error)

    def put(self, found: Event) -> None:
        """Take *found*, and tell it."""
        remark = remark_of(found, self._cache)
        if found.reason in COMPLAINTS:
            self.complaints.put(found)
            if remark is not None:
                self._complained(remark.handle)
        if remark is None or found.metadata.version <= self._reached:
            return  # heard before the watch was cut
        self._audience.tell(remark)

    def drop(self, found: Event) -> None:
        """Let *found* go."""
        self.complaints.drop(found)

    def replace(self, found: Iterable[Event], version: int) -> None:
        """Take *found*, which is all that the cluster remembers at *version*."""
        self.complaints.clear()
        for event in sorted(found, key=lambda e: e.metadata.version):
            self.put(event)
        self._reached = max(self._reached, version)

    def reach(self, version: str) -> None:
        """Note that the watch has come to *version*."""
        self._reached = max(self._reached, int(version) if version.isdecimal() else 0)
