"""Workloads to translate."""

from __future__ import annotations

from typing import Any

from submarine.adapters.frameworks.pytorch import PyTorch
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind

NAME = Handle("sub-01j0000000000000000000000a-1")


def role(name: str = "worker", replicas: int = 1, **more: Any) -> Role:
    return Role(name=name, replicas=replicas, **{"command": ("python3", "train.py"), **more})


def workload(*roles: Role, **more: Any) -> Workload:
    given = {"kind": WorkloadKind.BATCH, "framework": PyTorch(), "labels": {"submarine/job": "j"}, **more}
    return Workload(name=NAME, job="j", attempt=1, roles=roles or (role(),), **given)


SMALL = Resources(cpu=500, memory=64 * 2**20, extra={"nvidia.com/gpu": 1})
