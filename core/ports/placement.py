"""How a cluster is chosen among those that could run a workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from submarine.core.workloads.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A healthy cluster that the workload fits; ``running`` counts our live jobs there.

    ``order`` is the cluster's place in the configuration, ``project_running`` the live jobs of the
    same project there.
    """

    cluster: str
    labels: Mapping[str, str]
    total: Resources
    free: Resources
    running: int
    project_running: int
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be placed; ``options`` are the policy's own, from the spec's ``placement``."""

    resources: Resources
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate's place in the order and the policy's reason in a few words."""

    cluster: str
    reason: str


class PlacementPolicy(Protocol):
    """Ranks candidates, best first; may leave some out. Pure, quick, the same answer each time."""

    name: str

    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Return the clusters to try, best first, each with why it stands there.

        Raise `InvalidError`, its faults under ``placement.options``, for options it cannot read,
        even if there are no candidates: so a spec is checked before its job is accepted.
        """
        ...
