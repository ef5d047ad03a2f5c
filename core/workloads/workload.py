"""What a runtime runs: named roles times replicas, and nothing of experiments or notebooks."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import NewType

from submarine.core.workloads.rendezvous import Framework
from submarine.core.workloads.resources import Resources

Handle = NewType("Handle", str)
"""The name of a workload on its cluster; derives from job and attempt, so it is known before submit."""


def handle_of(job: str, attempt: int) -> Handle:
    """Return the remote name of *attempt* (from 1) of *job*: a DNS label of at most 63 characters."""
    return Handle(f"sub-{job}-{attempt}")


def parse_handle(handle: str) -> tuple[str, int]:
    """Return job and attempt of *handle*; ("", 0) if it is no name of ours."""
    prefix, _, rest = handle.partition("-")
    job, _, attempt = rest.rpartition("-")
    if prefix != "sub" or not job or not attempt.isdecimal():
        return "", 0
    return job, int(attempt)


class WorkloadKind(enum.StrEnum):
    """Whether the work ends by itself."""

    BATCH = "batch"
    SERVICE = "service"


class SuccessPolicy(enum.StrEnum):
    """Which replicas must exit with 0 for the workload to have succeeded.

    ``all``: every one, and the first failure stops the others. ``chief``: replica 0 of the first
    role decides; when it ends the others are stopped. ``any``: the first success ends it.
    """

    ALL = "all"
    CHIEF = "chief"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Code as a gzipped tar: SHA-256 ``digest`` in hex, ``size`` in bytes, ``read`` yields the bytes.

    ``url`` is where the job's own token may fetch it, for runtimes that cannot carry much themselves.
    """

    digest: str
    size: int
    read: Callable[[], AsyncIterator[bytes]] = field(compare=False)
    url: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Code in a repository: ``path`` below its root is where the command starts."""

    url: str
    ref: str = "HEAD"
    path: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Code as an archive (.tar.gz) at a URI that the runtime itself can read."""

    uri: str


Source = Archive | Git | Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the command finds installed: an image, or packages over the runtime's own Python."""

    image: str | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """``replicas`` equal processes; ``ports`` are named ports of a service role, 0 = any free one."""

    name: str
    replicas: int
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One attempt of one job, complete: a runtime needs nothing else to run it.

    ``secrets`` are environment variables that no record, log or process list may show.
    ``labels`` go on every remote object. ``max_duration`` and ``grace`` are seconds.
    ``user`` is who asked for it, by their name in Submarine; empty if nobody did.
    """

    name: Handle
    job: str
    attempt: int
    kind: WorkloadKind
    roles: tuple[Role, ...]
    framework: Framework
    success: SuccessPolicy = SuccessPolicy.ALL
    source: Source | None = None
    environment: Environment = field(default_factory=Environment)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    max_duration: float | None = None
    grace: float = 30.0
    queue: str | None = None
    priority: int = 0
    user: str = ""

    @property
    def resources(self) -> Resources:
        """Return what all replicas together ask for."""
        total = Resources()
        for role in self.roles:
            total += role.resources * role.replicas
        return total
