"""The output of containers, by byte offset, though the API knows none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, NamedTuple

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.kinds import PODS
from submarine.core.errors import InvalidError, NotFoundError, SubmarineError, UnavailableError

_PAUSE_S: Final = 0.25
_NOT_YET: Final = ("waiting to start", "is not available", "not found", "PodInitializing")


class Whose(NamedTuple):
    """Whose output it is now: a pod, if there is one, whether it has begun, and has written its last byte."""

    pod: str | None
    container: str
    over: bool
    begun: bool


class Output:
    """Reads what containers have written."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def read(
        self, pod: str, container: str, offset: int, *, follow: bool = False, begun: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield what a container has written from *offset* on; nothing if it has not begun.

        A kubelet that was just started knows of no pod for some seconds. Of what has *begun*, its "not found"
        is `UnavailableError` unless the pod is gone: taken for an empty log, the output would be lost.
        """
        params = {"container": container, **({"follow": "true"} if follow else {})}
        path = f"{PODS.path(self._api.namespace)}/{pod}/log"
        try:
            async with self._api.streaming(path, params) as chunks:
                async for chunk in chunks:
                    if offset < len(chunk):
                        yield chunk[offset:] if offset else chunk
                    offset = max(offset - len(chunk), 0)
        except InvalidError as error:
            if not any(word in str(error) for word in _NOT_YET):
                raise
            if begun:
                await self._demand(pod, error)
        except NotFoundError as error:
            if begun:
                await self._demand(pod, error)

    async def _demand(self, pod: str, error: SubmarineError) -> None:
        """Raise `UnavailableError` if there is *pod*, whose node does not know its output now."""
        try:
            await self._api.get(PODS, pod)
        except NotFoundError:
            return
        raise UnavailableError(f"the node of pod {pod} does not give its output now: {error}") from error

    async def follow(self, whose: Callable[[], Awaitable[Whose]], offset: int) -> AsyncIterator[bytes]:
        """Yield from *offset* on until *whose* says that it is over and the last byte is out."""
        while True:
            now = await whose()
            if now.pod is not None:
                # A followed stream may break early (a restarted API server), so the end is asked for.
                async for chunk in self.read(
                    now.pod, now.container, offset, follow=not now.over, begun=now.begun
                ):
                    offset += len(chunk)
                    yield chunk
            if now.over:
                return
            await asyncio.sleep(_PAUSE_S)
