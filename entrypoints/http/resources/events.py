"""The feed over HTTP, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

from pydantic import TypeAdapter

from submarine.core.access.principal import Principal
from submarine.core.errors import BusyError
from submarine.core.events.event import Event
from submarine.core.events.feed import Feed
from submarine.core.experiments.doorway import Doorway
from submarine.core.experiments.manager import ExperimentManager
from submarine.core.jobs.lifecycle import TERMINAL
from submarine.entrypoints.http.event_stream import EventStream, LastEventId, ServerEvent
from submarine.entrypoints.http.resources.experiment_views import EventView
from submarine.entrypoints.http.routing import route

_EVENT: Final = TypeAdapter(EventView)
_REMEMBERED: Final = 1_000
_TERMINAL: Final = frozenset(state.value for state in TERMINAL)


class EventsController:
    """Translates between HTTP and `Feed`."""

    def __init__(self, feed: Feed, experiments: ExperimentManager, doorway: Doorway) -> None:
        self._feed = feed
        self._experiments = experiments
        self._doorway = doorway
        self._words: dict[tuple[str, str, int], bytes] = {}

    @route("GET", "/api/v1/events", tag="events")
    async def watch_events(
        self,
        principal: Principal,
        last: LastEventId | None,
        *,
        experiment: str | None = None,
        project: str | None = None,
    ) -> EventStream:
        """Watch what happens, as server-sent events.

        With `experiment` the stream begins with the whole history and ends (event `end`) after the
        terminal state; otherwise it begins now. `Last-Event-ID` resumes after that event. An event
        `reset` says that the records were restored from a copy that is older than that event: the
        stream begins as if nothing had been seen, so read again what you keep.
        """
        restored = last is not None and await self._feed.beyond(last)
        if restored:
            last = None
        if experiment is not None:
            found = await self._experiments.get(principal, experiment, project)
            return EventStream(self._one(found.id, last or "", restored=restored))
        only = None if project is None else [(await self._doorway.resolve(principal, project)).id]
        if principal.job is not None:
            return EventStream(self._one(principal.job, last or "", restored=restored))
        projects = await self._doorway.visible(principal) if only is None else only
        start = last if last is not None else await self._feed.last()
        return EventStream(self._all(start, projects, restored=restored))

    async def _one(self, job: str, cursor: str, *, restored: bool) -> AsyncIterator[bytes]:
        source = self._feed.watch(cursor, job=job)
        try:
            if restored:
                yield _reset("")
            async for events in source:
                last = next((n for n, event in enumerate(events, 1) if _is_last(event)), None)
                yield self._encoded(events[:last])
                if last is not None:
                    yield ServerEvent(event="end", data="{}").encode()
                    return
        except BusyError:
            return  # the client resumes at its own pace
        finally:
            await source.aclose()

    async def _all(
        self, cursor: str, projects: Collection[str] | None, *, restored: bool
    ) -> AsyncIterator[bytes]:
        source = self._feed.watch(cursor, projects=projects)
        try:
            if restored:
                yield _reset(cursor)
            async for events in source:
                yield self._encoded(events)
        except BusyError:
            return
        finally:
            await source.aclose()

    def _encoded(self, events: Sequence[Event]) -> bytes:
        """Return *events* as they go over the wire: each is put into words once, however many watch."""
        words = []
        for event in events:
            key = event.cursor, event.job, event.at  # a restored feed gives places out again
            if (found := self._words.get(key)) is None:
                if len(self._words) >= _REMEMBERED:
                    self._words.clear()
                found = self._words[key] = _server_event(event).encode()
            words.append(found)
        return b"".join(words)


def _is_last(event: Event) -> bool:
    return event.data.get("state") in _TERMINAL


def _reset(cursor: str) -> bytes:
    """Return the event that says that nothing which was seen counts; the stream goes on at *cursor*."""
    return ServerEvent(id=cursor, event="reset", data="{}").encode()


def _server_event(event: Event) -> ServerEvent:
    return ServerEvent(id=event.cursor, event=event.type, data=_EVENT.dump_json(EventView.of(event)).decode())
