"""The cluster where the project has the least at stake."""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.policies.options import check_known
from submarine.core.ports.placement import Candidate, Ranked, Request


class Spread:
    """Prefers the cluster with the fewest jobs of the project, then with the fewest jobs of ours at all.

    So the failure of one cluster costs a project the least. Further ties go to the order of the
    configuration.
    """

    name = "spread"

    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Return all candidates; the option list is empty."""
        check_known(request.options)
        best_first = sorted(candidates, key=lambda c: (c.project_running, c.running, c.order, c.cluster))
        return [Ranked(c.cluster, _reason(c)) for c in best_first]


def _reason(candidate: Candidate) -> str:
    return f"{candidate.project_running} of the project's jobs there, {candidate.running} of all our jobs"
