"""Runs workloads on a Kubernetes cluster, and sees them there.

Everything that must outlive the server is on the cluster, so any number of servers, one after the other
or at once, see and steer the same workloads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final, Self

from submarine.adapters.kubernetes import observing, refusals
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.capacity import Size
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.ending import Orders
from submarine.adapters.kubernetes.events import Events
from submarine.adapters.kubernetes.forms import choose
from submarine.adapters.kubernetes.forwarding import Forwarder
from submarine.adapters.kubernetes.housekeeping import tidying
from submarine.adapters.kubernetes.installed import Groups
from submarine.adapters.kubernetes.kinds import NAMESPACES
from submarine.adapters.kubernetes.logs import Output, Source, Whose
from submarine.adapters.kubernetes.names import MAIN, SPOOLER
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.pausing import Pausing
from submarine.adapters.kubernetes.queues import Queues
from submarine.adapters.kubernetes.rescue import Rescue
from submarine.adapters.kubernetes.steward import Steward
from submarine.adapters.kubernetes.submission import Submission
from submarine.adapters.kubernetes.taking import Taking
from submarine.adapters.kubernetes.watching import Watching
from submarine.core.errors import InvalidError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.lines import whole_lines
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.verdict import LIVE
from submarine.core.workloads.workload import Handle, Workload, WorkloadKind

log = logging.getLogger(__name__)

_REMOVAL_S: Final = 60.0
_GREETING_S: Final = 3.0
_IN_A_ROW: Final = 100


class KubernetesRuntime:
    """The runtime; made by `open`."""

    def __init__(self, config: KubernetesConfig, api: Api) -> None:
        self._config = config
        self._api = api
        self._listeners = Listeners()
        self._cache = Cache(self._changed)
        self._events = Events(api, self._cache, self._changed)
        self._groups = Groups(api)
        taking = Taking(api, self._groups)
        pausing = Pausing(api, self._cache, taking)
        complaints = self._events.complaints
        self._steward = Steward(api, self._cache, self._listeners, complaints, taking, pausing)
        self._watching = Watching(api, self._cache, self._events, self._listeners.lose)
        self._queues = Queues(api, self._cache, self._groups, self._changed)
        self._submission = Submission(config, api, self._cache, self._steward)
        patience = max(config.timeout, _REMOVAL_S)
        self._orders = Orders(api, self._cache, self._steward, taking, pausing, patience)
        self._size = Size(api)
        self._forwarder = Forwarder(api)
        self._output = Output(api, self._saved)
        self._rescue = Rescue(self._cache, self._output.to_the_end)

    @classmethod
    @asynccontextmanager
    async def open(cls, config: KubernetesConfig) -> AsyncIterator[Self]:
        """Begin to watch; a cluster that is away keeps nobody from starting."""
        async with AsyncExitStack() as stack:
            runtime = cls(config, await stack.enter_async_context(Api.open(config)))
            await stack.enter_async_context(runtime._rescue.running())
            await stack.enter_async_context(runtime._watching.running())
            await stack.enter_async_context(runtime._size.running())
            await stack.enter_async_context(runtime._steward.running())
            await stack.enter_async_context(runtime._queues.running())
            await stack.enter_async_context(runtime._forwarder.running())
            await stack.enter_async_context(tidying(runtime._api, runtime._cache))
            await runtime._greet()
            yield runtime

    async def submit(self, workload: Workload) -> None:
        """See `Runtime.submit`; when it returns, all objects are on the cluster."""
        if why := self.refusal(workload):
            raise InvalidError(why)
        await self._submission.submit(workload, await self._groups.found())

    def refusal(self, workload: Workload) -> str | None:
        """See `Selective.refusal`."""
        return refusals.refusal(workload, self._config, self._size.nodes)

    def form(self, workload: Workload) -> str | None:
        """See `Explaining.form`; by the operators that the cluster had when it was asked last."""
        if (installed := self._groups.last) is None:
            return None
        try:
            form, why = choose(workload, self._config, installed)
        except InvalidError:  # which submit will say
            return None
        return f"as {form.name}, because {why}"

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """See `Runtime.observe`; answered from what the watches told, once the cluster has given a sign."""
        if handles is not None and not handles:
            return []
        await self._watching.fresh()
        asked = list(self._cache.parents.handles()) if handles is None else handles
        found: dict[Handle, Observation] = {}
        for number, handle in enumerate(asked):
            if number % _IN_A_ROW == _IN_A_ROW - 1:
                await asyncio.sleep(0)  # thousands are asked after at once, and others wait for their turn
            if (observation := self._look(handle)) is not None:
                found[handle] = observation
        rest = [handle for handle in asked if handle not in found]
        found |= zip(rest, await asyncio.gather(*map(self._settled, rest)), strict=True)
        return [o for o in found.values() if handles is not None or o.phase is not Phase.ABSENT]

    def watch(self) -> AsyncIterator[Observation]:
        """See `Runtime.watch`; begins with what is there."""
        return self._listeners.news(self._present, self._look)

    async def _present(self) -> Iterable[Handle]:
        await self._watching.fresh()
        return self._cache.parents.handles()

    async def remarks(self) -> AsyncIterator[Remark]:
        """See `Remarking.remarks`: the events of Kubernetes."""
        async for remark in self._events.remarks():
            yield remark

    async def cancel(self, handle: Handle, grace: float) -> None:
        """See `Runtime.cancel`; carried out by whichever server is there, also when this one dies."""
        await self._orders.cancel(handle, grace)

    async def remove(self, handle: Handle) -> None:
        """See `Runtime.remove`."""
        await self._orders.remove(handle)

    async def capacity(self) -> Capacity:
        """See `Runtime.capacity`."""
        found = await self._size.count()
        with suppress(SubmarineError):  # it is for `form` alone, which can do without
            await self._groups.found()
        return found

    async def identity(self) -> str:
        """See `Identifiable.identity`; a namespace of a cluster, which has a number for all its life."""
        return (await self._api.get(NAMESPACES, self._api.namespace)).metadata.uid

    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """See `Readable.logs`."""
        await self._watching.fresh()
        whose = self._whose(handle, role, index)
        if follow:

            async def now() -> Whose:
                return self._whose(handle, role, index)

            chunks = self._output.follow(now, offset)
        else:
            chunks = self._output.read_all(whose, offset)
        async for chunk in chunks:
            yield chunk

    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        """See `Spooling.spool`; what the sidecars printed when their commands had ended."""
        await self._watching.fresh()
        if not self._config.spool or observing.look(self._cache, handle) is None:
            return
        for pod in [*self._cache.pods.of(handle), *self._cache.departed(handle)]:
            whose = Whose(self._source(pod), SPOOLER, pod.over, pod.begun(SPOOLER))
            async for line in whole_lines(self._output.read_all(whose, 0)):
                yield line

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """See `Addressable.endpoint`; a port of this machine, unless pods are reached directly."""
        await self._watching.fresh()
        sight = self._sight(handle)
        number = next((r.ports.get(port) for r in sight.plan.roles if r.name == role), None)
        if number is None:
            raise NotFoundError(f"no port {port!r} of role {role!r} of {handle!r}")
        pod = sight.pods.get((role, 0))
        phase = next(s.phase for s in sight.states if (s.role, s.number) == (role, 0))
        if pod is None or phase not in LIVE or not pod.status.pod_ip:
            raise NotFoundError(f"{role}-0 of {handle!r} is {phase}, so it has no address")
        if self._config.inside:
            ip = pod.status.pod_ip
            return f"http://[{ip}]:{number}" if ":" in ip else f"http://{ip}:{number}"
        return await self._forwarder.address(pod.metadata.uid, pod.metadata.name, number)

    async def suspend(self, handle: Handle) -> None:
        """See `Suspendable.suspend`: the processes end, and begin anew when resumed."""
        await self._orders.suspend(handle, suspended=True)

    async def resume(self, handle: Handle) -> None:
        """See `Suspendable.resume`."""
        await self._orders.suspend(handle, suspended=False)

    async def _greet(self) -> None:
        """Learn the size of the nodes, so that what is too large for all is refused from the first moment."""
        try:
            async with asyncio.timeout(_GREETING_S):
                await self.capacity()
        except (SubmarineError, TimeoutError) as error:
            log.info("the cluster at the start: %s", error)

    def _saved(self, uid: str, container: str) -> AsyncIterator[bytes]:
        return self._rescue.read(uid, container)

    def _source(self, pod: Pod) -> Source:
        return Source(pod.metadata.name, pod.metadata.uid, gone=self._cache.gone(pod))

    def _changed(self, handle: Handle) -> None:
        self._rescue.look(handle)
        self._steward.changed(handle)

    async def _settled(self, handle: Handle) -> Observation:
        """Return how *handle* fares; an end is written down before anybody hears of it."""
        for _ in range(5):
            if (observation := self._look(handle)) is not None:
                return observation
            try:
                await self._steward.attend(handle)
            except UnavailableError:
                raise
            except SubmarineError:
                await asyncio.sleep(0.05)  # another server wrote it, and the watch will tell
        raise UnavailableError(f"the end of {handle} could not be written down yet")

    def _look(self, handle: Handle) -> Observation | None:
        """Return how *handle* fares, None if it has ended and that is not written down."""
        sight = observing.look(self._cache, handle)
        if sight is None:
            return observing.unplanned(self._cache, handle)
        if sight.verdict.phase not in LIVE and not sight.closed:
            return None
        return sight.observation(self._api.namespace)

    def _sight(self, handle: Handle) -> Sight:
        sight = observing.look(self._cache, handle)
        if sight is None:
            raise NotFoundError(f"no workload {handle!r} in namespace {self._api.namespace}")
        return sight

    def _whose(self, handle: Handle, role: str, index: int) -> Whose:
        sight = self._sight(handle)
        state = next((s for s in sight.states if (s.role, s.number) == (role, index)), None)
        if state is None:
            raise NotFoundError(f"no replica {role}-{index} of {handle!r}")
        pod = sight.pods.get((role, index))
        main = pod.main if pod is not None else None
        ended = main is not None and main.state.terminated is not None
        final = ended and sight.plan.kind == WorkloadKind.BATCH
        if pod is not None and observing.replaceable(sight.parent, pod):
            final = False  # another may go on where it was
        over = state.phase not in LIVE or final
        container = main.name if main is not None else MAIN
        begun = main is not None and (main.state.running is not None or ended)
        source = self._source(pod) if main is not None and pod is not None else None
        before = observing.earlier(self._cache, handle, (role, index), pod)
        return Whose(source, container, over, begun, tuple(self._source(one) for one in before))
