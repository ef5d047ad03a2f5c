"""What every form says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from submarine.adapters.kubernetes.kinds import AnyKind
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Workload

Body = dict[str, Any]
Installed = frozenset[str]
"""The group versions of a cluster's API, also those that operators brought: ``kubeflow.org/v1``."""


class Form(Protocol):
    """One way to write a workload down for Kubernetes.

    ``made`` are the kinds of the objects that we create, in this order. ``kinds`` are those that make pods,
    be they made by us or by one another, the topmost first. Where ``restless``, one of them would replace or
    delete pods that we end, so that all are taken away (the pods stay) before we end them.
    ``claims`` is the label by which that controller finds its pods, also such as have no owner; "" if it goes
    by their owner alone. ``needs`` is the group version it is written in, if that is none of Kubernetes'
    own, and ``asked`` whether the operator of the server has to ask for it.
    """

    name: str
    kinds: tuple[AnyKind, ...]
    made: tuple[AnyKind, ...]
    restless: bool
    claims: str
    needs: str
    asked: bool
    shape: Shape

    def suits(self, workload: Workload) -> str | None:
        """Return why *workload* takes this form, None if it does not."""
        ...

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return what to create, without owners, in this order."""
        ...

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:
        """Return the patch that takes the pods away or lets them come, None if there is none."""
        ...
