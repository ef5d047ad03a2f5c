"""What is kept of an attempt in its folder on HDFS, one document a file."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import msgspec

from submarine.core.jobs.roles import REPLICAS, ROLES
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.verdict import ReplicaState, Verdict
from submarine.core.workloads.workload import WorkloadKind

FORMAT: Final = 1

T = TypeVar("T")

Place = Annotated[str, msgspec.Meta(pattern=r"^[^\s/?#@\\]*$")]
"""A host, perhaps with a port, and nothing else of an address: containers say it, and we go there."""


def read(content: bytes, kind: type[T]) -> T:
    """Return the document that *content* is; raise `msgspec.MsgspecError` whatever it is instead.

    Jobs can write anything there, and one of them must not stop the look at all others.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deeply") from error


class RolePlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role: its size, and the names of the ports that others reach."""

    name: str
    replicas: Annotated[int, msgspec.Meta(ge=1, le=REPLICAS)]
    ports: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """An attempt: what an observer must know of it. ``form`` names how it is run, ``why`` the reason.

    ``seal`` says that a server made it for the owner of its folder, where others can make folders too.
    """

    roles: Annotated[tuple[RolePlan, ...], msgspec.Meta(max_length=ROLES)]
    success: str
    kind: str
    form: str
    why: str = ""
    grace: float = 30.0
    max_duration: float | None = None
    labels: dict[str, str] = {}
    seal: str = ""
    format: int = FORMAT

    def replicas(self) -> list[tuple[str, int]]:
        """Return role and index of every replica, in order."""
        return [(role.name, index) for role in self.roles for index in range(role.replicas)]

    def sized(self, scale: Scale | None) -> Plan:
        """Return the plan with the sizes that were ordered since; only a service has another."""
        if scale is None or self.kind != WorkloadKind.SERVICE:
            return self
        roles = (
            msgspec.structs.replace(role, replicas=scale.roles.get(role.name, role.replicas))
            for role in self.roles
        )
        return msgspec.structs.replace(self, roles=tuple(roles))


class Scale(msgspec.Struct, frozen=True):
    """How many replicas each role of a service is to have, and what launchers tell those that join.

    It is one document, so that of two orders one counts as a whole.
    """

    roles: dict[str, Annotated[int, msgspec.Meta(ge=1, le=REPLICAS)]]
    peers: list[dict[str, Any]] = []
    variables: dict[str, dict[str, str]] = {}


class Sealed(msgspec.Struct, frozen=True):
    """The seal of a plan, whatever else that says."""

    seal: str = ""


class Application(msgspec.Struct, frozen=True):
    """Under which id it is submitted: taken before YARN is asked, so that it can be asked again."""

    id: str


class Seat(msgspec.Struct, frozen=True):
    """Which container has taken a replica, where YARN gives them none."""

    container: str


class Run(msgspec.Struct, frozen=True):
    """What a launcher says when it begins: where it is, and since when, Unix milliseconds."""

    container: str
    host: Place
    port: int
    node: Place
    ports: dict[str, int] = {}
    started: int = 0
    suspended: bool = False


class End(msgspec.Struct, frozen=True):
    """What a launcher says last. ``cause`` is why it ended the command, nothing if that ended by itself."""

    container: str
    code: int | None = None
    cause: str = ""
    message: str = ""
    started: int = 0
    ended: int = 0


class Cancel(msgspec.Struct, frozen=True):
    """That somebody wants the end, within so many seconds of hearing it."""

    grace: float = 0.0


class Stop(msgspec.Struct, frozen=True):
    """That *by* has ended all."""

    by: str = ""
    phase: str = ""


class Claim(msgspec.Struct, frozen=True):
    """Which application runs an attempt: the first of which a container arrived."""

    application: str


class Closing(msgspec.Struct, frozen=True):
    """How an attempt ended: written once, and then never judged again.

    ``seal`` says that ``application`` was its, for YARN forgets that.
    """

    verdict: Verdict
    replicas: list[ReplicaState]
    nodes: dict[str, str] = {}
    application: str = ""
    remarks: list[Remark] = []
    seal: str = ""

    def __post_init__(self) -> None:
        """Refuse phases that there are not: msgspec knows them as texts alone."""
        for phase in (self.verdict.phase, *(state.phase for state in self.replicas)):
            Phase(phase)
