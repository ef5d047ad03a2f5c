"""Where workloads run: a machine, a Kubernetes cluster, a YARN cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from submarine.core.ports.port import Port
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a cluster has. ``queues``: it holds what does not fit by itself (Kubernetes, YARN);
    else the server holds it back and says why.
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
        if it has no room now and does not queue by itself. A workload of this name that has ended
        is left as it is: nothing runs twice.
        """
        ...

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """Return one observation per handle, `Phase.ABSENT` for what is not there; in bulk.

        None asks for everything that is ours on the cluster, whichever server submitted it.
        """
        ...

    def watch(self) -> AsyncIterator[Observation]:
        """Yield observations as they change, for everything that is ours, until closed.

        A change may be yielded late, twice, or merged with the next; never lost for good.
        """
        ...

    async def cancel(self, handle: Handle, grace: float) -> None:
        """Ask all processes to end (SIGTERM), kill what is left after *grace* seconds; return at once.

        Cancelling twice, or what has ended or is absent, does nothing. A submit of this name that
        comes later starts nothing.
        """
        ...

    async def remove(self, handle: Handle) -> None:
        """Kill what runs and delete every trace, logs too. Removing what is absent does nothing."""
        ...

    async def capacity(self) -> Capacity:
        """Return what the cluster has and what is free."""
        ...


@runtime_checkable
class Selective(Protocol):
    """A runtime that can tell beforehand what it will never run."""

    def refusal(self, workload: Workload) -> str | None:
        """Return why *workload* cannot run here, in a few words, or None; pure and quick."""
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
        """Yield the spooled lines of all replicas, each whole; nothing if there are none."""
        ...


@runtime_checkable
class Addressable(Protocol):
    """A runtime whose service ports can be reached from the server."""

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """Return ``http://host:port`` of replica 0; raise `NotFoundError` until it is known."""
        ...


@runtime_checkable
class Suspendable(Protocol):
    """A runtime that can pause workloads."""

    async def suspend(self, handle: Handle) -> None:
        """Pause *handle*; twice is as good as once; raise `NotFoundError` if absent."""
        ...

    async def resume(self, handle: Handle) -> None:
        """Go on with *handle*; twice is as good as once; raise `NotFoundError` if absent."""
        ...


RUNTIME: Final[Port[Runtime]] = Port("runtime")
