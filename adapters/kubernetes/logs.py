"""The output of containers, by byte offset, though the API knows none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.kinds import PODS
from submarine.core.errors import InvalidError, NotFoundError, SubmarineError, UnavailableError

_PAUSE_S: Final = 0.25
_LONGEST_S: Final = 2.0
_LAST: Final = 2**15
"""Bytes of the end that are compared; a line of a container runtime has half of that at most."""
_NEVER: Final = "is terminated"
"""What a kubelet says of a container that it has ended before it was made."""
_NOT_YET: Final = ("waiting to start", "is not available", "not found", "PodInitializing")


class Source(NamedTuple):
    """A pod, or, where it is ``gone``, what was saved of it: another may have its name now."""

    name: str
    uid: str
    gone: bool = False


class Whose(NamedTuple):
    """Whose output it is now: a pod, if there is one, whether it has begun, and has written its last byte.

    ``before`` are the pods that it had earlier, oldest first, of which nothing comes any more.
    """

    pod: Source | None
    container: str
    over: bool
    begun: bool
    before: tuple[Source, ...] = ()


class Output:
    """Reads what containers have written."""

    def __init__(self, api: Api, saved: Callable[[str, str], AsyncIterator[bytes]]) -> None:
        """*saved* yields what is left of a container (uid of its pod, name) that is gone."""
        self._api = api
        self._saved = saved

    async def read(
        self,
        pod: str,
        container: str,
        offset: int,
        *,
        follow: bool = False,
        begun: bool = False,
        over: bool = False,
    ) -> AsyncIterator[bytes]:
        """Yield what a container has written from *offset* on; nothing if it has not begun.

        A kubelet that was just started knows of no pod for some seconds. Of what has *begun*, its "not found"
        is `UnavailableError` unless the pod is gone: taken for an empty log, the output would be lost. So
        is the output of what is *over*, if it is cut off.
        """
        params = {"container": container, **({"follow": "true"} if follow else {})}
        async with self._understood(pod, begun=begun):
            async for chunk in self._chunks(pod, params, offset, over=over):
                yield chunk

    async def _chunks(
        self, pod: str, params: Mapping[str, str], offset: int, *, over: bool
    ) -> AsyncIterator[bytes]:
        path = f"{PODS.path(self._api.namespace)}/{pod}/log"
        last = b""
        async with self._api.streaming(path, params) as chunks:
            async for chunk in chunks:
                last = (last + chunk)[-_LAST:]
                if offset < len(chunk):
                    yield chunk[offset:] if offset else chunk
                offset = max(offset - len(chunk), 0)
        if not over:
            return
        # Where a kubelet dies in the middle, the API server ends its answer as if that were all.
        said = await self._api.ask(path, {**params, "tailLines": "1"})
        if not last.endswith(said[-_LAST:]):
            raise UnavailableError(f"the output of pod {pod} was cut off; it has to be read again")

    @asynccontextmanager
    async def _understood(self, pod: str, *, begun: bool) -> AsyncIterator[None]:
        try:
            yield
        except InvalidError as error:
            if str(error).endswith(_NEVER):
                return
            if not any(word in str(error) for word in _NOT_YET):
                raise
            if begun:
                await self._demand(pod, error)
        except NotFoundError as error:
            if begun:
                await self._demand(pod, error)

    async def read_all(self, whose: Whose, offset: int, *, follow: bool = False) -> AsyncIterator[bytes]:
        """Yield from *offset* on what *whose* pods have written, one after the other."""
        pods = [whose._replace(pod=pod, over=True, begun=True) for pod in whose.before]
        for one in [*pods, whose]:
            size = 0
            async for chunk in self._whole(one, follow=follow and one is whose):
                size += len(chunk)
                if rest := chunk[max(offset - size + len(chunk), 0) :]:
                    yield rest
            offset = max(offset - size, 0)

    def to_the_end(self, pod: str, container: str) -> AsyncIterator[bytes]:
        """Yield what a container writes until it ends."""
        return self.read(pod, container, 0, follow=True)

    async def _whole(self, one: Whose, *, follow: bool) -> AsyncIterator[bytes]:
        """Yield what the cluster has of a pod's output, then what else was saved of it."""
        if one.pod is None:
            return
        size = passed = 0
        if not one.pod.gone:
            async for chunk in self.read(
                one.pod.name, one.container, 0, follow=follow, begun=one.begun, over=one.over
            ):
                size += len(chunk)
                yield chunk
        async for chunk in self._saved(one.pod.uid, one.container):
            passed += len(chunk)
            if passed > size:
                yield chunk[-(passed - size) :]
                size = passed

    async def _demand(self, pod: str, error: SubmarineError) -> None:
        """Raise `UnavailableError` if there is *pod*, whose node does not know its output now."""
        try:
            await self._api.get(PODS, pod)
        except NotFoundError:
            return
        raise UnavailableError(f"the node of pod {pod} does not give its output now: {error}") from error

    async def follow(self, whose: Callable[[], Awaitable[Whose]], offset: int) -> AsyncIterator[bytes]:
        """Yield from *offset* on until *whose* says that it is over and the last byte is out."""
        pause = _PAUSE_S
        while True:
            now = await whose()
            before = offset
            # A followed stream may break early (a restarted API server), so the end is asked for.
            async for chunk in self.read_all(now, offset, follow=not now.over):
                offset += len(chunk)
                yield chunk
            if now.over:
                return
            # what is suspended is silent for long, and is read from its beginning each time
            pause = _PAUSE_S if offset > before or now.pod is None else min(pause * 2, _LONGEST_S)
            await asyncio.sleep(pause)
