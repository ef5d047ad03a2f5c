"""A workload as one YARN service: a component for each role, an instance for each replica."""

from __future__ import annotations

import math
from typing import Any, Final

from submarine.adapters.yarn import kit, names
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.script import KIT
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Archive, Remote, Role, Workload, WorkloadKind

Body = dict[str, Any]

FORM: Final = "service"
_MEBI: Final = 2**20
_MOUNTS: Final = "YARN_CONTAINER_RUNTIME_DOCKER_MOUNTS"
"""Beside what is localised, which YARN mounts by itself. Source: Hadoop 3.4, "Docker Containers"."""
_COMMAND: Final = "exec bash main.sh"
"""YARN hands this to ``bash -c`` unquoted. Without exec that shell would die of the SIGTERM meant for us."""


def spec(config: YarnConfig, workload: Workload) -> Body:
    """Return what is posted to the services API."""
    said: Body = {
        "name": workload.name,
        "version": "1",
        "description": f"{workload.job}, attempt {workload.attempt}",
        "components": [_component(config, workload, role) for role in workload.roles],
    }
    if queue := workload.queue or config.queue:
        said["queue"] = queue
    if workload.environment.image is not None and config.docker_client_config is not None:
        said["docker_client_config"] = config.docker_client_config
    return said


def _component(config: YarnConfig, workload: Workload, role: Role) -> Body:
    service = workload.kind is WorkloadKind.SERVICE
    said: Body = {
        "name": names.component(role.name),
        "number_of_containers": role.replicas,
        "restart_policy": "ALWAYS" if service else "NEVER",
        "launch_command": _COMMAND,
        "resource": _resource(config, role.resources),
        "configuration": {
            "env": {
                "SUBMARINE_WORKLOAD": workload.name,
                "SUBMARINE_ROLE": role.name,
                "SUBMARINE_INDEX": "${COMPONENT_ID}",
            },
            "files": _files(config, workload, role),
        },
    }
    if (image := workload.environment.image) is not None:
        said["artifact"] = {"id": image, "type": "DOCKER"}
        said["configuration"]["properties"] = {"docker.network": config.docker_network}
        if config.docker_mounts:
            said["configuration"]["env"][_MOUNTS] = ",".join(config.docker_mounts)
    label = config.placement.get(role.name, config.placement.get("*"))
    if label is not None:
        constraint = {"type": "AFFINITY", "scope": "NODE", "node_partitions": [label]}
        said["placement_policy"] = {"constraints": [constraint]}
    return said


def _files(config: YarnConfig, workload: Workload, role: Role) -> list[Body]:
    folder = f"{config.folder}/{workload.name}"
    found = [
        _file(f"{folder}/{names.script(role.name)}", "main.sh"),
        _file(f"{folder}/{names.JOB}", names.JOB),
        _file(f"{folder if config.personal else f'{config.folder}/{names.KIT}'}/{kit.name()}", KIT),
    ]
    match workload.source:
        case Archive():
            found.append(_file(f"{folder}/{names.CODE}", names.CODE))
        case Remote(uri=uri) if not uri.startswith(("http://", "https://")):
            found.append(_file(uri, names.CODE))
    if config.environment is not None:
        found.append({**_file(config.environment, "environment"), "type": "ARCHIVE"})
    return found


def _file(source: str, name: str) -> Body:
    return {"type": "STATIC", "src_file": source, "dest_file": name}


def _resource(config: YarnConfig, asked: Resources) -> Body:
    said: Body = {
        "cpus": max(1, math.ceil(asked.cpu / 1000)),
        "memory": str(math.ceil(asked.memory / _MEBI) if asked.memory else config.memory),
    }
    if extra := {
        config.resource_names.get(name, name): count for name, count in asked.extra.items() if count
    }:
        said["additional"] = {name: {"value": count} for name, count in extra.items()}
    return said
