"""Following an experiment to its end, across cut connections and restarts of the server."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable

from submarine.entrypoints.sdk.aio.concurrency import sleep
from submarine.entrypoints.sdk.aio.namespace import AsyncNamespace
from submarine.entrypoints.sdk.errors import (
    ApiError,
    Conflict,
    ConnectionFailed,
    NotFound,
    Unavailable,
    WaitTimeout,
)
from submarine.entrypoints.sdk.reading import LogReading, Pace
from submarine.entrypoints.sdk.request import Request, get, path_of, query_of
from submarine.entrypoints.sdk.retries import Backoff
from submarine.entrypoints.sdk.sse import EventStream
from submarine.entrypoints.sdk.values import Event, Experiment

PATIENCE = 600.0
"""Seconds the server may stay away before a follower gives up."""

_BRIEF = ("id", "name", "project", "state", "reason", "message", "since_at", "attempt", "cluster")


class AsyncFollowing(AsyncNamespace):
    """Waiting, events and logs of experiments."""

    async def pin(self, ref: str | Experiment, *, project: str | None = None) -> Experiment:
        """Return the state of *ref* with its id, so that a later namesake cannot take its place."""
        name = ref if isinstance(ref, str) else ref.id
        return await self._ask(get(path_of("experiments", name), project=project, fields=_BRIEF), Experiment)

    async def wait(
        self,
        ref: str | Experiment,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the blocking twin has the same signature
        on_change: Callable[[Experiment], None] | None = None,
    ) -> Experiment:
        """Return the experiment once it has ended, however it ended.

        Raise `WaitTimeout` if it goes on after *timeout* seconds. *on_change* is told of each new state,
        reason or attempt.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        seen, pace, backoff = None, Pace(), Backoff(PATIENCE)
        experiment = await self.pin(ref)
        while True:
            now = (experiment.state, experiment.get("reason"), experiment.get("message"), experiment.attempt)
            if now != seen:
                seen = now
                pace.reset()
                if on_change is not None:
                    on_change(experiment)
            if experiment.ended:
                return await self._ask(get(path_of("experiments", experiment.id)), Experiment)
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeout(
                    f"{experiment.name} is still {experiment.state} after {timeout:g} s", experiment
                )
            await sleep(pace.next(deadline))
            try:
                experiment = await self.pin(experiment.id)
                backoff.reset()
            except (ConnectionFailed, Unavailable) as error:
                await self._hold_on(error, backoff)

    async def watch(self, ref: str | Experiment, *, after: str | None = None) -> AsyncIterator[Event]:
        """Yield the events of *ref* from its first (or *after* the event of that id) to its end."""
        experiment = await self.pin(ref)
        async for event in self._events(after, experiment=experiment.id):
            yield event

    async def watch_project(
        self, project: str | None = None, *, after: str | None = None
    ) -> AsyncIterator[Event]:
        """Yield what happens in *project*, or wherever the caller may look, without end."""
        return self._events(after, project=project)

    async def _events(self, after: str | None, **query: str | None) -> AsyncIterator[Event]:
        stream, backoff, pace = EventStream(after), Backoff(PATIENCE), Pace()
        while True:
            headers = {"Accept": "text/event-stream"}
            if stream.last_id is not None:
                headers["Last-Event-ID"] = stream.last_id
            request = Request(method="GET", path="/events", query=query_of(**query), headers=headers)
            try:
                async with self._transport.stream(request) as response:
                    async for chunk in response.aiter_bytes():
                        backoff.reset()
                        for message in stream.feed(chunk):
                            if message.event == "end":
                                return
                            pace.reset()
                            if message.event == "reset":
                                self._transport.notice("the server's records were restored; watching anew")
                                continue
                            yield Event.of(json.loads(message.data))
                await sleep(pace.next())
            except (ConnectionFailed, Unavailable) as error:
                await self._hold_on(error, backoff)
            stream = EventStream(stream.last_id)

    async def logs(
        self,
        ref: str | Experiment,
        *,
        role: str | None = None,
        index: int | None = None,
        attempt: int | None = None,
        offset: int | None = None,
        tail: int | None = None,
        follow: bool = False,
    ) -> AsyncIterator[bytes]:
        """Yield the log of one replica (the first role's replica 0) in pieces.

        With *follow*, until the experiment has ended, through its later attempts unless one is named.
        A broken connection is taken up at the byte after the last one received.
        """
        experiment = await self.pin(ref)
        reading = LogReading(experiment, role, index, attempt, offset, tail, follow)
        backoff, pace = Backoff(PATIENCE), Pace()
        while True:
            try:
                async with self._transport.stream(reading.request()) as response:
                    reading.begin(response.headers.get("submarine-log-offset"))
                    async for chunk in response.aiter_bytes():
                        backoff.reset()
                        pace.reset()
                        reading.got(chunk)
                        yield chunk
                if not follow or reading.finished(await self.pin(experiment.id)):
                    return
                await sleep(pace.next())
            except (ConnectionFailed, Unavailable) as error:
                await self._hold_on(error, backoff)
            except (NotFound, Conflict):
                if not follow or reading.hopeless(await self.pin(experiment.id)):
                    raise
                if reading.over:
                    return
                await sleep(pace.next())

    async def _hold_on(self, error: ApiError | ConnectionFailed, backoff: Backoff) -> None:
        """Sleep before the next attempt, or raise *error* when patience is at its end."""
        pause = backoff.pause(getattr(error, "retry_after", None))
        if pause is None:
            raise error
        self._transport.notice(f"{error.message}; reconnecting")
        await sleep(pause)
