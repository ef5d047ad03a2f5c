"""The first cluster of a list."""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.policies.options import check_known
from submarine.core.errors import InvalidError
from submarine.core.ports.placement import Candidate, Ranked, Request


class OrderedPreference:
    """Takes clusters as the spec's ``order`` names them, else in the order of the configuration.

    ``order`` is a list of names; what it does not name is left out.
    """

    name = "ordered-preference"

    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Return the candidates in order; those left out come not at all."""
        check_known(request.options, "order")
        order = _order(request.options.get("order"))
        if order is None:
            as_configured = sorted(candidates, key=lambda c: (c.order, c.cluster))
            return [Ranked(c.cluster, f"place {c.order + 1} in the configuration") for c in as_configured]
        there = {c.cluster for c in candidates}
        return [
            Ranked(name, f"place {place} in the spec's order")
            for place, name in enumerate(order, 1)
            if name in there
        ]


def _order(option: object) -> list[str] | None:
    if option is None:
        return None
    if isinstance(option, list | tuple) and option and all(isinstance(name, str) for name in option):
        return list(dict.fromkeys(option))
    raise InvalidError.of("placement.options.order", "is no list of names", "names of clusters, best first")
