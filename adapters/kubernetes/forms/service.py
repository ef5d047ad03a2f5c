"""A service: a StatefulSet a role, for it stays, and is found under the same name when it comes back."""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.forms.form import Body
from submarine.adapters.kubernetes.kinds import STATEFUL_SETS, AnyKind
from submarine.adapters.kubernetes.pods import ALONE, PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Role, Workload, WorkloadKind


class Service:
    """StatefulSets; a replica whose node dies comes back on another."""

    name: str = "stateful-set"
    kinds: tuple[AnyKind, ...] = (STATEFUL_SETS,)
    made: tuple[AnyKind, ...] = (STATEFUL_SETS,)
    restless: bool = True
    claims: str = ""
    needs: str = ""
    asked: bool = False
    shape: Shape = ALONE

    def suits(self, workload: Workload) -> str | None:
        """Take every service."""
        return "it is a service, which stays" if workload.kind is WorkloadKind.SERVICE else None

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return one StatefulSet a role, or one a replica where no template can serve them all."""
        found: list[tuple[AnyKind, Body]] = []
        for role in templates.workload.roles:
            name = names.set_name(templates.workload.name, role.name)
            if template := templates.of_role(role, names.ORDINAL):
                found.append((STATEFUL_SETS, _set(templates, role, name, role.replicas, template)))
                continue
            for index in range(role.replicas):
                own = names.host_name(templates.workload.name, role.name, index)
                template = templates.of_replica(role, index)
                del template["spec"]["hostname"]  # the set gives its own, and the service finds it by that
                found.append((STATEFUL_SETS, _set(templates, role, own, 1, template)))
        return found

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:
        """Scale to nothing, and back."""
        return {"spec": {"replicas": 0 if suspended else replicas}}


def _set(templates: PodTemplates, role: Role, name: str, replicas: int, template: Body) -> Body:
    labels = {**templates.labels, names.ROLE: role.name}
    chosen = {names.HANDLE: templates.workload.name, names.ROLE: role.name}
    if (index := template["metadata"]["labels"].get(names.INDEX)) is not None:
        labels[names.INDEX] = chosen[names.INDEX] = index
    spec = {
        "serviceName": templates.workload.name,
        "replicas": replicas,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": chosen},
        "template": template,
    }
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}
