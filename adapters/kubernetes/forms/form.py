"""What every form says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from submarine.adapters.kubernetes.kinds import AnyKind
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.core.workloads.workload import Workload

Body = dict[str, Any]
Installed = frozenset[str]
"""API groups and kinds of a cluster that operators brought: ``jobset.x-k8s.io/JobSet``."""


class Form(Protocol):
    """One way to write a workload down for Kubernetes.

    ``kinds`` are the kinds of its topmost objects. Where ``restless``, their controller would replace or
    delete pods that we end, so that it is taken away (its pods stay) before we end them.
    """

    name: str
    kinds: tuple[AnyKind, ...]
    restless: bool

    def suits(self, workload: Workload, installed: Installed) -> str | None:
        """Return why *workload* takes this form, None if it does not."""
        ...

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return what to create, without owners, in this order."""
        ...

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:
        """Return the patch that takes the pods away or lets them come, None if there is none."""
        ...
