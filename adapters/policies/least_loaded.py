"""The cluster with the most room left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from submarine.adapters.policies.options import check_known
from submarine.core.ports.placement import Candidate, Ranked, Request
from submarine.core.workloads.resources import Resources


class LeastLoaded:
    """Prefers the cluster whose scarcest resource would be the least used with the workload on it.

    Ties go to the cluster with fewer of our jobs, then to the order of the configuration. The share of
    the scarcest resource is the dominant share of Ghodsi et al., "Dominant Resource Fairness" (NSDI 2011).
    """

    name = "least-loaded"

    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Return all candidates; the option list is empty."""
        check_known(request.options)
        loads = {c.cluster: _load(c, request.resources) for c in candidates}
        best_first = sorted(candidates, key=lambda c: (loads[c.cluster][0], c.running, c.order, c.cluster))
        return [Ranked(c.cluster, _reason(*loads[c.cluster], c.running)) for c in best_first]


def _load(candidate: Candidate, asked: Resources) -> tuple[float, str]:
    """Return the used share of the scarcest resource with *asked* placed, and which resource it is."""
    return max(_shares(candidate, asked), default=(0.0, ""))


def _shares(candidate: Candidate, asked: Resources) -> Iterator[tuple[float, str]]:
    total, free = candidate.total, candidate.free
    devices = [
        name for name, count in asked.extra.items() if count
    ]  # idle devices nobody asks for tell nothing
    for name, whole, left, wanted in (
        ("cpu", total.cpu, free.cpu, asked.cpu),
        ("memory", total.memory, free.memory, asked.memory),
        *((d, total.extra.get(d, 0), free.extra.get(d, 0), asked.extra[d]) for d in devices),
    ):
        if whole > 0:  # zero: the cluster does not say
            yield (whole - left + wanted) / whole, name


def _reason(share: float, resource: str, running: int) -> str:
    jobs = f"{running} of our jobs there"
    return (
        f"{share:.0%} of its {resource} used with this job, {jobs}" if resource else f"size unknown, {jobs}"
    )
