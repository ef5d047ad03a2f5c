"""What the watches have told, by attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from submarine.adapters.kubernetes import names, parents
from submarine.adapters.kubernetes.objects import ConfigMap, Job, Meta, Object, Pod
from submarine.adapters.kubernetes.parents import Parent
from submarine.core.workloads.workload import Handle

R = TypeVar("R", bound=Object)
T = TypeVar("T")

_REMEMBERED: Final = 50_000


class Shelf(Generic[R, T]):
    """The objects of one kind, read by *convert*; *changed* is told whose changed, *departed* what left."""

    def __init__(
        self,
        convert: Callable[[R], T],
        changed: Callable[[Handle], None],
        departed: Callable[[Handle, T], None] = lambda _handle, _item: None,
    ) -> None:
        self._convert = convert
        self._changed = changed
        self._departed = departed
        self._items: dict[Handle, dict[str, tuple[int, T]]] = {}
        self._gone: dict[str, None] = {}
        self.version = 0
        """All changes up to this one are here."""

    def of(self, handle: Handle) -> list[T]:
        """Return the objects of an attempt."""
        return [item for _, item in self._items.get(handle, {}).values()]

    def handles(self) -> Iterator[Handle]:
        """Yield the attempts that have any."""
        yield from list(self._items)

    def put(self, found: R) -> None:
        """Take *found*, unless what is here is newer or it was forgotten."""
        meta = found.metadata
        if (handle := _handle(meta)) is None or meta.uid in self._gone:
            return
        shelf = self._items.setdefault(handle, {})
        before = shelf.get(meta.uid)
        if before is not None and before[0] >= meta.version:
            return
        shelf[meta.uid] = meta.version, self._convert(found)
        self._changed(handle)

    def drop(self, found: R) -> None:
        """Let *found* go; it is as it was last."""
        if (handle := _handle(found.metadata)) is not None and found.metadata.uid not in self._gone:
            self._take(handle, found.metadata.uid, self._convert(found))

    def replace(self, found: Iterable[R], version: int) -> None:
        """Hold *found*, which is all there was at *version*; what came here later stays."""
        there = set()
        for item in found:
            there.add(item.metadata.uid)
            self.put(item)
        for handle, shelf in list(self._items.items()):
            for uid, (seen, last) in list(shelf.items()):
                if uid not in there and seen <= version:
                    self._take(handle, uid, last)

    def forget(self, handle: Handle) -> None:
        """Let all of *handle* go for good, whatever the watch still says of it."""
        for uid in self._items.pop(handle, {}):
            self._gone[uid] = None
        while len(self._gone) > _REMEMBERED:
            self._gone.pop(next(iter(self._gone)))
        self._changed(handle)

    def _take(self, handle: Handle, uid: str, last: T) -> None:
        shelf = self._items.get(handle, {})
        shelf.pop(uid, None)
        if not shelf:
            self._items.pop(handle, None)
        self._departed(handle, last)
        self._changed(handle)

    def reach(self, version: str) -> None:
        """Note that the watch has come to *version*."""
        self.version = int(version) if version.isdecimal() else self.version


class Note(NamedTuple):
    """Why pods of an attempt do not come, as the cluster's events say."""

    reason: str
    message: str


class Cache:
    """Parents, pods and Jobs of all attempts, and the last state of pods that left before their attempt."""

    def __init__(self, changed: Callable[[Handle], None]) -> None:
        self._departed: dict[Handle, dict[str, Pod]] = {}
        self._asked: dict[Handle, int] = {}
        self._taken: dict[Handle, dict[str, bool]] = {}
        self.notes: Final[dict[Handle, Note]] = {}
        self.queued: Final[dict[Handle, Note]] = {}
        self.parents: Final = Shelf[ConfigMap, Parent](parents.read, changed, self._over)
        self.pods: Final = Shelf[Pod, Pod](lambda pod: pod, changed, self._left)
        self.jobs: Final = Shelf[Job, Job](lambda job: job, changed)

    def parent(self, handle: Handle) -> Parent | None:
        """Return the parent of *handle*, None if it has none."""
        return next(iter(self.parents.of(handle)), None)

    def departed(self, handle: Handle) -> list[Pod]:
        """Return the pods of *handle* that are gone, as they were last."""
        return list(self._departed.get(handle, {}).values())

    def forget(self, handle: Handle) -> None:
        """Let all of *handle* go: it was removed."""
        self.pods.forget(handle)
        self.jobs.forget(handle)
        self.parents.forget(handle)
        self._over(handle, None)

    def heard(self, handle: Handle) -> int:
        """Return up to which version all pods of *handle* are known: what is not here is not there."""
        return max(self.pods.version, self._asked.get(handle, 0))

    def asked(self, handle: Handle, pods: Iterable[Pod], version: str) -> None:
        """Take *pods*, which are all that *handle* had at *version*."""
        for pod in pods:
            self.pods.put(pod)
        if version.isdecimal() and self.parent(handle) is not None:
            self._asked[handle] = int(version)

    def gone(self, pod: Pod) -> bool:
        """Tell whether *pod* left, though its attempt has not."""
        handle = _handle(pod.metadata)
        return handle is not None and pod.metadata.uid in self._departed.get(handle, {})

    def taken(self, pod: Pod) -> bool | None:
        """Return whether *pod* was deleted for a pause, None if the cluster was not asked yet."""
        handle = _handle(pod.metadata)
        return None if handle is None else self._taken.get(handle, {}).get(pod.metadata.uid)

    def explain(self, pod: Pod, *, taken: bool) -> None:
        """Note whether *pod* was deleted because its controller was suspended."""
        if (handle := _handle(pod.metadata)) is not None and self.parent(handle) is not None:
            self._taken.setdefault(handle, {})[pod.metadata.uid] = taken

    def _left(self, handle: Handle, pod: Pod) -> None:
        if self.parent(handle) is not None:
            self._departed.setdefault(handle, {})[pod.metadata.uid] = pod

    def _over(self, handle: Handle, _: Parent | None) -> None:
        self._departed.pop(handle, None)
        self._asked.pop(handle, None)
        self._taken.pop(handle, None)
        self.notes.pop(handle, None)
        self.queued.pop(handle, None)


def _handle(meta: Meta) -> Handle | None:
    found = meta.labels.get(names.HANDLE)
    return None if found is None else Handle(found)
