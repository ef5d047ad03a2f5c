"""Where workloads run: a machine, a Kubernetes cluster, a YARN cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from submarine.core.ports.port import Port
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a cluster has, and what of it is free.

    ``queues``: it holds by itself what does not fit now (Kubernetes, YARN); else the server holds it back
    and says why.
    """

    total: Resources
    free: Resources
    queues: bool
    notes: tuple[str, ...] = ()


class Runtime(Protocol):
    """Runs workloads. Every method raises `UnavailableError` when the backend is away, and only then."""

    async def submit(self, workload: Workload) -> None:
        """Start *workload*, or adopt it if one of its name is there: twice is as good as once.

        Raise `InvalidError` if this cluster can never run it (nothing is left behind), `FullError`
        if it has no room now and does not queue by itself, any other `BusyError` if something stands in the
        way of this one alone, which may have begun; then it is submitted again, here. A workload of this
        name that has ended is left as it is: nothing runs twice. Who gives up waiting submits again.
        """
        ...

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """Return one observation per handle, `Phase.ABSENT` for what is not there; in bulk.

        None asks for everything that is ours on the cluster, whichever server submitted it.
        """
        ...

    def watch(self) -> AsyncIterator[Observation]:
        """Yield an observation of everything that is ours, then of each change, until closed.

        A change may be yielded late, twice, or merged with the next; never lost for good. What is
        removed may be yielded once more, as `Phase.ABSENT`.
        """
        ...

    async def cancel(self, handle: Handle, grace: float) -> None:
        """Ask all processes to end (SIGTERM), kill what is left after *grace* seconds; return at once.

        What has ended stays as it ended. Cancelling twice is as good as once, but a shorter grace
        counts. Cancelling what is absent is no error. A submit of this name that comes later
        starts nothing, whether it was there or not.
        """
        ...

    async def remove(self, handle: Handle) -> None:
        """Kill what runs and delete every trace, logs too; when it returns, all is gone.

        Removing what is absent does nothing.
        """
        ...

    async def capacity(self) -> Capacity:
        """Return what the cluster has and what is free."""
        ...


@runtime_checkable
class Identifiable(Protocol):
    """A runtime whose cluster can be told from every other, by whatever name it is configured."""

    async def identity(self) -> str:
        """Return what only this cluster answers, the same to every server and after every restart.

        A short text for people to compare. Raise `UnavailableError` when the backend is away.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """A runtime that can tell beforehand what it will never run."""

    def refusal(self, workload: Workload) -> str | None:
        """Return why *workload* cannot run here, in a few words, or None; pure and quick."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A runtime that has several ways to run a workload, and can tell which it takes."""

    def form(self, workload: Workload) -> str | None:
        """Return as what *workload* would run here and why, in a few words; None if that is not known.

        Pure and quick, the same before and after a submit. It becomes part of the placement's reason,
        so everybody who sees the job reads it.
        """
        ...


@runtime_checkable
class Remarking(Protocol):
    """A runtime whose cluster says what it does with a workload, and what hinders it."""

    def remarks(self) -> AsyncIterator[Remark]:
        """Yield what was said of all that is ours and is not forgotten, then each new remark, until closed.

        The same remark may come late, twice, or once for several times that it was said; asked again, also
        after a restart, the runtime says the same `Remark.words`. What the cluster forgets meanwhile is
        lost, so nothing may depend on it. Raise `UnavailableError` when the backend is away.
        """
        ...


@runtime_checkable
class Readable(Protocol):
    """A runtime whose processes' output can be read."""

    def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield the output (stdout and stderr as one) from byte *offset* on, in chunks of any size.

        With *follow*, go on until the replica has ended and its last byte is out. Nothing yet
        written yields nothing; raise `NotFoundError` if there is no such replica.
        """
        ...


@runtime_checkable
class Spooling(Protocol):
    """A runtime that keeps what the SDK in a job could not send (JSON lines) beside the log."""

    def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        """Yield the spooled lines of all replicas, each whole and without its newline.

        Nothing if there are none or *handle* is absent. A line still being written is left out.
        """
        ...


@runtime_checkable
class Addressable(Protocol):
    """A runtime whose service ports can be reached from the server."""

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """Return ``http://host:port`` of replica 0 while it runs.

        Raise `NotFoundError` before and after, and if there is no such workload, role or port.
        """
        ...


@runtime_checkable
class Suspendable(Protocol):
    """A runtime that can pause workloads."""

    async def suspend(self, handle: Handle) -> None:
        """Pause *handle*; twice is as good as once; raise `NotFoundError` if absent.

        It becomes `Phase.SUSPENDED` soon; its ``max_duration`` runs on. What has ended stays so.
        """
        ...

    async def resume(self, handle: Handle) -> None:
        """Go on with *handle*; twice is as good as once; raise `NotFoundError` if absent."""
        ...


@runtime_checkable
class Scalable(Protocol):
    """A runtime whose running services can be made larger and smaller."""

    async def scale(self, workload: Workload) -> None:
        """Have the service that runs as *workload* have as many replicas of each role as *workload* says.

        All else of *workload* must be as it was submitted. When it returns, the order stands: it is carried
        out also when this server dies, where the cluster has no room as soon as it has, and whoever looks
        sees the new size. Twice is as good as once; of several orders the last counts, as a whole. One
        that is given before the service has begun, or while it is suspended, counts as well.

        Those with the highest indexes are taken away first, by SIGTERM and after ``grace`` by SIGKILL. They
        are seen until they have ended, which is no failure and decides nothing, and their output is kept
        like any. All others run on undisturbed, and go by the peers that they were told of. Who joins, or
        starts again, is told of those that there are now.

        Raise `NotFoundError` if it is absent, `ConflictError` if it has ended or its end was asked for,
        `InvalidError` if it is a batch, has other roles, would have a role without replicas, could never
        fit, or runs in a form that keeps its size; `FullError` if there is no room now and this
        runtime does not queue by itself. Then all is as it was. After `UnavailableError` it may have been
        heard or not, and can be repeated.
        """
        ...


RUNTIME: Final[Port[Runtime]] = Port("runtime")
