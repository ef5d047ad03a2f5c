"""Runs workloads on a Hadoop YARN cluster, and sees them there.

Everything that must outlive the server is on the cluster, so any number of servers, one after the other
or at once, see and steer the same workloads.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final, Self

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn import acting, forms, names, observing, refusals, remarks
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.capacity import Size
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.ending import Orders
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.leftovers import clearing
from submarine.adapters.yarn.logs import Output, Whose
from submarine.adapters.yarn.looking import Looking, looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.observing import Sight
from submarine.adapters.yarn.routes import Routes
from submarine.adapters.yarn.scaling import Scaling
from submarine.adapters.yarn.steward import Steward
from submarine.adapters.yarn.submission import Submission
from submarine.adapters.yarn.tickets import Tickets
from submarine.core.errors import InvalidError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.lines import whole_lines
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.verdict import LIVE
from submarine.core.workloads.workload import Handle, Workload

log = logging.getLogger(__name__)

_GREETING_S: Final = 3.0


class YarnRuntime:
    """The runtime; made by `open`."""

    def __init__(self, config: YarnConfig, web: Web) -> None:
        self._config = config
        self._manager = manager = Manager(config, web)
        self._files = files = Files(config, WebHdfs(web, Routes(config).hdfs))
        cluster = Cluster(config, manager, files)
        self._tickets = Tickets(config, files)
        self._listeners = Listeners()
        self._steward = Steward(manager, files, self._listeners)
        self._looking = Looking(cluster, self._steward.changed)
        self._nodes = Nodes(config, manager)
        self._output = Output(config, web, manager, files, self._nodes)
        self._orders = Orders(config, manager, files, self._looking, self._steward, self._output)
        self._scaling = Scaling(files, self._looking, self._steward)
        self._size = Size(manager, self._nodes, config.resource_names, lambda seen: forms.note(config, seen))
        self._submission = Submission(cluster, self._size, self._looking, self._steward)

    @classmethod
    @asynccontextmanager
    async def open(cls, config: YarnConfig) -> AsyncIterator[Self]:
        """Begin to look; a cluster that is away keeps nobody from starting."""
        async with AsyncExitStack() as stack:
            runtime = cls(config, await stack.enter_async_context(Web.opened(config)))
            await stack.enter_async_context(runtime._files.tidying())
            await stack.enter_async_context(clearing(runtime._manager, runtime._files, runtime._owners))
            await stack.enter_async_context(runtime._steward.running(runtime._looking))
            every = config.every
            await stack.enter_async_context(looking(runtime._looking, lambda: every, runtime._lose))
            attempts = runtime._looking.attempts
            await stack.enter_async_context(runtime._tickets.brought(attempts.values))
            await runtime._greet()
            yield runtime

    async def submit(self, workload: Workload) -> None:
        """See `Runtime.submit`; when it returns, YARN has accepted it."""
        if not self._size.asked:
            await self._size.count()  # the form hangs on it
        if why := self.refusal(workload):
            raise InvalidError(why)
        await self._submission.submit(workload)

    def refusal(self, workload: Workload) -> str | None:
        """See `Selective.refusal`."""
        return refusals.refusal(workload, self._config, self._size.seen)

    def form(self, workload: Workload) -> str | None:
        """See `Explaining.form`; as what the cluster was found to offer when it was asked last."""
        if not self._size.asked:
            return None
        told = forms.told(self._config, self._size.seen)
        personal = self._config.personal and acting.refusal(self._config, workload.user) is None
        return f"{told} of {acting.owner(self._config, workload)}" if personal else told

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """See `Runtime.observe`; answered from a round of questions that began after the call."""
        if handles is not None and not handles:
            return []
        await self._looking.fresh()
        asked = [*self._ours(), *self._looking.orphans] if handles is None else handles
        found = await asyncio.gather(*(self._settled(handle) for handle in asked))
        return [o for o in found if handles is not None or o.phase is not Phase.ABSENT]

    def watch(self) -> AsyncIterator[Observation]:
        """See `Runtime.watch`; begins with what is there."""
        return self._listeners.news(self._present, self._look)

    async def remarks(self) -> AsyncIterator[Remark]:
        """See `Remarking.remarks`: the diagnostics of applications, and of containers that died."""
        with self._looking.audience.one() as hearer:
            for handle in await self._present():
                attempt = self._looking.attempts.get(handle)
                for remark in remarks.said(attempt) if attempt is not None else ():
                    yield remark
            while True:
                yield await hearer.next()

    async def _owners(self) -> Collection[str]:
        """Return whose attempts were ever seen, as folders tell."""
        await self._looking.fresh()
        owners = self._looking.owners
        return owners - {self._config.me} if self._config.personal else owners

    def _lose(self, error: UnavailableError) -> None:
        """Tell everybody that the cluster is neither seen nor heard any more."""
        self._listeners.lose(error)
        self._looking.audience.lose(error)

    async def _present(self) -> Iterable[Handle]:
        await self._looking.fresh()
        return self._ours()

    def _ours(self) -> list[Handle]:
        return [handle for handle, attempt in self._looking.attempts.items() if attempt.ours]

    async def cancel(self, handle: Handle, grace: float) -> None:
        """See `Runtime.cancel`; carried out by whichever server is there, also when this one dies."""
        await self._orders.cancel(handle, grace)

    async def suspend(self, handle: Handle) -> None:
        """See `Suspendable.suspend`; its containers keep their memory."""
        await self._orders.suspend(handle)

    async def resume(self, handle: Handle) -> None:
        """See `Suspendable.resume`."""
        await self._orders.resume(handle)

    async def scale(self, workload: Workload) -> None:
        """See `Scalable.scale`; carried out by whichever server is there, also when this one dies."""
        if why := self.refusal(workload):
            raise InvalidError(why)
        await self._looking.fresh()
        self._sight(workload.name)
        await self._settled(workload.name)
        await self._scaling.scale(workload, self._sight(workload.name))

    async def remove(self, handle: Handle) -> None:
        """See `Runtime.remove`."""
        await self._orders.remove(handle)

    async def capacity(self) -> Capacity:
        """See `Runtime.capacity`."""
        found = await self._size.count()
        await self._files.sound()
        return found

    async def identity(self) -> str:
        """See `Identifiable.identity`: a number kept in the staging folder.

        What the ResourceManager calls its id is the moment it was started, so that will not do.
        """
        return (await self._files.own(names.IDENTITY, secrets.token_hex(8).encode())).decode().strip()

    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """See `Readable.logs`."""

        async def now() -> Whose:
            await self._looking.fresh()
            attempt, whose = self._whose(handle, role, index)
            if whose.run is not None and not await self._looking.theirs(attempt, whose.run.container):
                raise NotFoundError(f"{whose.run.container} is no container of {handle}, as YARN knows")
            return whose

        whose = await now()
        if follow:
            chunks = self._output.follow(now, offset)
        elif whose.run is None:
            return
        else:
            chunks = self._output.read(whose.run, offset, over=whose.over)
        async for chunk in chunks:
            yield chunk

    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        """See `Spooling.spool`; what launchers brought to HDFS when their commands had ended."""
        await self._looking.fresh()
        attempt = self._looking.attempts.get(handle)
        if attempt is None:
            return
        for name in sorted(attempt.files):
            if (note := names.note(name)) is not None and note.kind == names.SPOOL:
                with suppress(NotFoundError):
                    async for line in whole_lines(self._files.pieces(f"{handle}/{name}", attempt.owner)):
                        yield line

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """See `Addressable.endpoint`; the address that the replica's launcher told."""
        await self._looking.fresh()
        sight = self._sight(handle)
        run = sight.attempt.run((role, 0))
        phase = next((s.phase for s in sight.states if (s.role, s.number) == (role, 0)), "absent")
        if run is None or phase not in LIVE or port not in run.ports or sight.attempt.end(run) is not None:
            raise NotFoundError(f"no port {port!r} of {role}-0 of {handle!r}, which is {phase}")
        if not await self._looking.theirs(sight.attempt, run.container):
            raise NotFoundError(f"no port {port!r} of {role}-0 of {handle!r}: its container is another's")
        return f"http://{await self._nodes.host(run.host)}:{run.ports[port]}"

    async def _greet(self) -> None:
        """Learn the size of the nodes, so that what is too large for all is refused from the first moment."""
        try:
            async with asyncio.timeout(_GREETING_S):
                await self._size.count()
        except (SubmarineError, TimeoutError) as error:
            log.info("the cluster at the start: %s", error)

    async def _settled(self, handle: Handle) -> Observation:
        """Return how *handle* fares; an end is written down before anybody hears of it."""
        for _ in range(5):
            if (observation := self._look(handle)) is not None:
                return observation
            attempt = self._looking.attempts.get(handle)
            if attempt is not None:
                await self._steward.attend(attempt)
        raise UnavailableError(f"the end of {handle} could not be written down yet")

    def _look(self, handle: Handle) -> Observation | None:
        """Return how *handle* fares, None if it has ended and that is not written down."""
        attempt = self._looking.attempts.get(handle)
        sight = observing.look(attempt) if attempt is not None else None
        if sight is None:
            return observing.unplanned(handle, attempt, self._looking.orphans.get(handle))
        if sight.verdict.phase not in LIVE and not sight.closed:
            return None
        return sight.observation()

    def _sight(self, handle: Handle) -> Sight:
        attempt: Attempt | None = self._looking.attempts.get(handle)
        sight = observing.look(attempt) if attempt is not None else None
        if sight is None:
            raise NotFoundError(f"no workload {handle!r} on this cluster")
        return sight

    def _whose(self, handle: Handle, role: str, index: int) -> tuple[Attempt, Whose]:
        sight = self._sight(handle)
        state = next((s for s in sight.states if (s.role, s.number) == (role, index)), None)
        run = sight.attempt.run((role, index))
        if state is None and run is None:
            raise NotFoundError(f"no replica {role}-{index} of {handle!r}")
        # one that was taken away is over
        return sight.attempt, Whose(run, over=state is None or state.phase not in LIVE)
