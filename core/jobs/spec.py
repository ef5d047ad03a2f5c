"""What to run, in the words of a user; an experiment, a notebook and an endpoint say it alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from submarine.core.jobs.code import Code, CodeArchive, code_document, stored_code
from submarine.core.jobs.durations import parse_duration, show_duration
from submarine.core.jobs.environment import DEFAULT, EnvironmentSpec
from submarine.core.jobs.interpolation import Scalar
from submarine.core.jobs.placement import ANYWHERE, PlacementSpec
from submarine.core.jobs.resources import NOTHING, read_resources, resources_document
from submarine.core.jobs.retry import NEVER, RetryPolicy
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import SuccessPolicy

__all__ = [
    "Code",
    "CodeArchive",
    "Command",
    "EnvironmentSpec",
    "JobSpec",
    "PlacementSpec",
    "RetryPolicy",
    "RoleSpec",
]

NORMAL: Final = 50
GRACE: Final = 30.0

Command = str | tuple[str, ...]
"""Words as they are, or a text for ``sh -c``; ``${params.x}`` still stands in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    """Equal replicas of one part of a job, with all that it inherits from the job filled in."""

    name: str = "worker"
    replicas: int = 1
    command: Command = ()
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = NOTHING
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to run, valid and complete.

    ``command``, ``env`` and ``resources`` are what the roles inherit; they are kept so that the document
    reads as its author wrote it, and a clone may change them for all roles at once. ``source`` is the
    document's ``code``. ``priority`` goes from 0 to 100, ``max_duration`` and ``grace`` are seconds.
    """

    roles: tuple[RoleSpec, ...]
    command: Command = ()
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = NOTHING
    framework: str = "none"
    environment: EnvironmentSpec = DEFAULT
    source: Code | None = None
    params: Mapping[str, Scalar] = field(default_factory=dict)
    placement: PlacementSpec = ANYWHERE
    queue: str | None = None
    priority: int = NORMAL
    max_duration: float | None = None
    grace: float = GRACE
    retry: RetryPolicy = NEVER
    success: SuccessPolicy = SuccessPolicy.ALL

    @property
    def total(self) -> Resources:
        """Return what all replicas of all roles ask for together."""
        total = NOTHING
        for role in self.roles:
            total += role.resources * role.replicas
        return total

    def document(self) -> dict[str, Any]:
        """Return the spec as plain JSON values, normalized: equal specs have equal documents."""
        said: dict[str, Any] = {"framework": self.framework}
        if environment := self.environment.document():
            said["environment"] = environment
        if self.source is not None:
            said["code"] = code_document(self.source)
        if self.command:
            said["command"] = _command_document(self.command)
        if self.params:
            said["params"] = dict(self.params)
        if self.env:
            said["env"] = dict(self.env)
        if resources := resources_document(self.resources):
            said["resources"] = resources
        said["roles"] = {role.name: self._role_document(role) for role in self.roles}
        if placement := self.placement.document():
            said["placement"] = placement
        if self.queue:
            said["queue"] = self.queue
        said["priority"] = self.priority
        if self.max_duration is not None:
            said["max_duration"] = show_duration(self.max_duration)
        said["grace"] = show_duration(self.grace)
        said["retry"] = self.retry.document()
        said["success"] = self.success.value
        return said

    def _role_document(self, role: RoleSpec) -> dict[str, Any]:
        """Return what *role* says for itself; what it inherits is said by the job."""
        said: dict[str, Any] = {"replicas": role.replicas}
        if role.command != self.command:
            said["command"] = _command_document(role.command)
        if env := {k: v for k, v in role.env.items() if self.env.get(k) != v}:
            said["env"] = env
        if role.resources != self.resources:
            said["resources"] = resources_document(role.resources)
        if role.ports:
            said["ports"] = dict(role.ports)
        return said

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> JobSpec:
        """Return the spec of a document that ``document`` made; no law is asked again."""
        command = _stored_command(document.get("command", ()))
        env = document.get("env", {})
        resources = read_resources(document.get("resources", {}))
        roles = tuple(
            RoleSpec(
                name=name,
                replicas=role["replicas"],
                command=_stored_command(role["command"]) if "command" in role else command,
                env={**env, **role["env"]} if "env" in role else env,
                resources=read_resources(role["resources"]) if "resources" in role else resources,
                ports=role.get("ports", {}),
            )
            for name, role in document["roles"].items()
        )
        return cls(
            roles=roles,
            command=command,
            env=env,
            resources=resources,
            framework=document["framework"],
            environment=EnvironmentSpec.from_document(document.get("environment", {})),
            source=stored_code(document["code"]) if "code" in document else None,
            params=document.get("params", {}),
            placement=PlacementSpec.from_document(document.get("placement", {})),
            queue=document.get("queue"),
            priority=document["priority"],
            max_duration=parse_duration(document["max_duration"]) if "max_duration" in document else None,
            grace=parse_duration(document["grace"]),
            retry=RetryPolicy(limit=document["retry"]["limit"], on=tuple(document["retry"]["on"])),
            success=SuccessPolicy(document["success"]),
        )


def _command_document(command: Command) -> str | list[str]:
    return command if isinstance(command, str) else [*command]


def _stored_command(value: str | list[str] | tuple[str, ...]) -> Command:
    return value if isinstance(value, str) else tuple(value)
