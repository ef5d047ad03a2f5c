"""Pod templates: one for all replicas of a role, or for one of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from submarine.adapters.kubernetes import names, preparing, pulling, variables
from submarine.adapters.kubernetes.addresses import needs_service, peers_of, ports_of
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Role, Workload, WorkloadKind

Body = dict[str, Any]

ALONE: Final = Shape()

_PORT_NAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_LOCKED: Final[Body] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True, slots=True)
class PodTemplates:
    """Makes the pod templates of one workload; *kit* is the ConfigMap with our own programs."""

    config: KubernetesConfig
    workload: Workload
    kit: str
    shape: Shape = ALONE
    peers: Peers = field(init=False)

    def __post_init__(self) -> None:
        domain = f"{self.config.namespace}.svc.{self.config.domain}"
        object.__setattr__(self, "peers", peers_of(self.workload, domain, self.shape.host))

    @property
    def service(self) -> bool:
        """Tell whether its pods are found by a Service of ours."""
        return self.shape.service and needs_service(self.workload)

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels of all objects of this workload."""
        return names.labels_of(self.workload.name, self.workload.labels)

    def of_role(self, role: Role, index_label: str) -> Body | None:
        """Return the template of all replicas of *role*; None if their variables cannot share one.

        *index_label* is the label of a pod from which a replica learns its index.
        """
        each = [self._variables(role, index) for index in range(role.replicas)]
        values = variables.templates(each)
        if values is None:
            return None
        source = {"valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{index_label}']"}}}
        replica = f"{role.name}-$({variables.INDEX})"
        return self._template(role, {**values, "SUBMARINE_REPLICA": replica}, source)

    def of_replica(self, role: Role, index: int) -> Body:
        """Return the template of one replica, which says all of it in plain words."""
        values = {k: variables.literal(v) for k, v in self._variables(role, index).items()}
        values["SUBMARINE_REPLICA"] = f"{role.name}-{index}"
        template = self._template(role, values, {"value": str(index)})
        template["metadata"]["labels"][names.INDEX] = str(index)
        if self.service:
            template["spec"]["hostname"] = self.shape.host(self.workload.name, role.name, index)
        return template

    def _variables(self, role: Role, index: int) -> dict[str, str]:
        workload = self.workload
        found = {"PYTHONUNBUFFERED": "1", **role.env}
        if self.config.url is not None and "SUBMARINE_URL" in found:
            found["SUBMARINE_URL"] = self.config.url
        if self.shape.rendezvous:
            found |= workload.framework.variables(self.peers, role.name, index)
        ports = ports_of(role)
        found |= {"SUBMARINE_PORT_" + re.sub(r"\W", "_", n).upper(): str(p) for n, p in ports.items()}
        if ports:
            found["PORT"] = str(next(iter(ports.values())))
        found |= {
            "SUBMARINE_WORKLOAD": workload.name,
            "SUBMARINE_ROLE": role.name,
            "SUBMARINE_SPOOL": preparing.SPOOL,
            "SUBMARINE_OUTPUT": preparing.OUTPUT,
        }
        if paths := preparing.python_path(self.config, workload):
            found["PYTHONPATH"] = ":".join([p for p in (found.get("PYTHONPATH"),) if p] + paths)
        return found

    def _template(self, role: Role, values: Mapping[str, str], index: Mapping[str, Any]) -> Body:
        metadata: Body = {"labels": {**self.labels, names.ROLE: role.name}}
        if odd := names.annotations_of(self.workload.labels):
            metadata["annotations"] = odd
        return {"metadata": metadata, "spec": self._spec(role, values, index)}

    def _spec(self, role: Role, values: Mapping[str, str], index: Mapping[str, Any]) -> Body:
        config, workload = self.config, self.workload
        extra, mounts = _volumes(config)
        ready = preparing.Preparation(config, workload, self.kit)
        main: Body = {
            "name": self.shape.container,
            "image": self._image,
            "command": [variables.literal(word) for word in role.command],
            "env": variables.entries(values, index, workload.secrets, workload.name),
            "volumeMounts": [*ready.mounts(), *mounts],
            "terminationMessagePolicy": "FallbackToLogsOnError",
            **self._container(),
        }
        if resources := _resources(role.resources):
            main["resources"] = resources
        if folder := ready.folder():
            main["workingDir"] = folder
        if ports := ports_of(role):
            main["ports"] = [_port(name, port) for name, port in ports.items()]
        service = workload.kind is WorkloadKind.SERVICE
        spec: Body = {
            "restartPolicy": "Always" if service else "Never",
            "terminationGracePeriodSeconds": max(1, math.ceil(workload.grace)),
            "enableServiceLinks": False,
            "automountServiceAccountToken": config.service_account is not None,
            "containers": [main],
            "volumes": [*ready.volumes(), *extra],
        }
        if init := ready.containers(self._image, self._container(), role.env):
            spec["initContainers"] = init
        if self.service:
            spec["subdomain"] = workload.name
        if workload.max_duration is not None and not service:
            spec["activeDeadlineSeconds"] = max(1, math.ceil(workload.max_duration))
        return spec | self._placement()

    def _placement(self) -> Body:
        config = self.config
        pulls = list(config.pull_secrets)
        if pulling.logins(config, self.workload):
            pulls.append(pulling.secret_name(self.workload.name))
        wanted: Body = {
            "nodeSelector": dict(config.node_selector),
            "tolerations": [dict(t) for t in config.tolerations],
            "affinity": dict(config.affinity),
            "imagePullSecrets": [{"name": name} for name in pulls],
            "serviceAccountName": config.service_account,
            "priorityClassName": _priority(config.priority_classes, self.workload.priority),
        }
        if config.security == "restricted":
            wanted["securityContext"] = {
                "runAsNonRoot": True,
                "runAsUser": config.user,
                "runAsGroup": config.user,
                "fsGroup": config.user,
                "seccompProfile": {"type": "RuntimeDefault"},
            }
        return {key: value for key, value in wanted.items() if value}

    def _container(self) -> Body:
        said: Body = {"securityContext": _LOCKED} if self.config.security == "restricted" else {}
        if self.config.pull_policy:
            said["imagePullPolicy"] = self.config.pull_policy
        return said

    @property
    def _image(self) -> str:
        image = self.workload.environment.image or self.config.image
        if image is None:
            raise ValueError("a workload without an image is refused before")
        return image


def _resources(asked: Resources) -> Body:
    said = {"cpu": f"{asked.cpu}m" if asked.cpu else "", "memory": str(asked.memory) if asked.memory else ""}
    said |= {name: str(count) for name, count in asked.extra.items() if count}
    said = {name: value for name, value in said.items() if value}
    return {"requests": said, "limits": said} if said else {}


def _port(name: str, port: int) -> Body:
    said: Body = {"containerPort": port}
    return said | {"name": name} if _PORT_NAME.fullmatch(name) else said


def _priority(classes: Mapping[int, str], priority: int) -> str | None:
    fit = [threshold for threshold in classes if threshold <= priority]
    return classes[max(fit)] if fit else None


def _volumes(config: KubernetesConfig) -> tuple[list[Body], list[Body]]:
    """Return the operator's volumes, and where they are mounted."""
    volumes, mounts = [], []
    for volume in config.volumes:
        said = {key: value for key, value in volume.items() if key not in {"mount", "read_only"}}
        volumes.append(said)
        mount: Body = {"name": said["name"], "mountPath": volume["mount"]}
        if volume.get("read_only"):
            mount["readOnly"] = True
        mounts.append(mount)
    return volumes, mounts
