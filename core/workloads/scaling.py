"""What a change of size may ask for, the same on every runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from submarine.core.errors import InvalidError
from submarine.core.workloads.workload import Workload, WorkloadKind


def sizes(workload: Workload, kind: str, roles: Sequence[str]) -> Mapping[str, int]:
    """Return how many replicas each role is to have by *workload*, which runs as *kind* with *roles*.

    Raise `InvalidError` if it is a batch, if its roles are others, or one of them would be empty.
    """
    if kind != WorkloadKind.SERVICE:
        raise InvalidError(f"{workload.name} is a {kind}, and only a service can be scaled while it runs")
    asked = {role.name: role.replicas for role in workload.roles}
    for name in asked:
        if name not in roles:
            raise InvalidError.of(
                "roles", f"{workload.name} has no role {name!r}", f"one of {', '.join(roles)}"
            )
    for name in roles:
        if name not in asked:
            raise InvalidError.of("roles", f"role {name!r} of {workload.name} is missing", "its replicas")
        if asked[name] < 1:
            why = f"{asked[name]} replicas are no size; a service ends by cancel and pauses by suspend"
            raise InvalidError.of(f"roles.{name}.replicas", why, "1 or more")
    return {name: asked[name] for name in roles}
