"""From a spec to what a runtime runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from submarine.core.errors import InvalidError
from submarine.core.jobs.code import CodeArchive
from submarine.core.jobs.interpolation import Scalar, fill
from submarine.core.jobs.spec import Command, JobSpec
from submarine.core.workloads.rendezvous import Framework
from submarine.core.workloads.workload import (
    Archive,
    Environment,
    Handle,
    Role,
    Source,
    Workload,
    WorkloadKind,
    handle_of,
)

NONE: Final[Mapping[str, str]] = {}


def to_workload(  # noqa: PLR0913 - a workload is complete
    spec: JobSpec,
    *,
    job: str,
    attempt: int,
    framework: Framework,
    kind: WorkloadKind = WorkloadKind.BATCH,
    name: Handle | None = None,
    source: Source | None = None,
    environment: Environment | None = None,
    secrets: Mapping[str, str] = NONE,
    labels: Mapping[str, str] = NONE,
    env: Mapping[str, str] = NONE,
    user: str = "",
) -> Workload:
    """Return *attempt* of *job* of *user*: parameters filled in, *env* over the roles' own variables.

    *name* is ``handle_of(job, attempt)`` if None. *source* must be given when the spec names an
    uploaded archive (its bytes are not in the spec), *environment* when it names a registered one.
    """
    return Workload(
        name=name or handle_of(job, attempt),
        job=job,
        attempt=attempt,
        kind=kind,
        roles=tuple(
            Role(
                name=role.name,
                replicas=role.replicas,
                command=words(role.command, spec.params),
                env={key: fill(value, spec.params) for key, value in role.env.items()} | dict(env),
                resources=role.resources,
                ports=role.ports,
            )
            for role in spec.roles
        ),
        framework=framework,
        success=spec.success,
        source=_source(spec, source),
        environment=environment or _environment(spec),
        secrets=secrets,
        labels=labels,
        max_duration=spec.max_duration,
        grace=spec.grace,
        queue=spec.queue,
        priority=spec.priority,
        user=user,
    )


def words(command: Command, params: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Return *command* as a process gets it, parameters filled in and quoted where a shell reads it."""
    if isinstance(command, str):
        return ("sh", "-c", fill(command, params, quoting=True))
    return tuple([fill(word, params) for word in command])


def _source(spec: JobSpec, given: Source | None) -> Source | None:
    if not isinstance(spec.source, CodeArchive):
        return given or spec.source
    if isinstance(given, Archive) and given.digest == spec.source.digest:
        return given
    raise ValueError(f"the bytes of code archive {spec.source.digest} must be given as source")


def _environment(spec: JobSpec) -> Environment:
    if spec.environment.name:
        raise InvalidError.of(
            "environment.name", f"there is no environment {spec.environment.name!r}", "image or python"
        )
    return Environment(image=spec.environment.image, packages=spec.environment.packages)
