"""The plugin that the documentation shows is one."""

from __future__ import annotations

import types
from pathlib import Path

from submarine.core.ports.placement import Candidate, Request
from submarine.core.workloads.resources import Resources
from tests.docs.console import blocks

PAGE = Path(__file__).parents[2] / "docs/how-to/plugins.md"


def candidate(name: str, site: str) -> Candidate:
    nothing = Resources()
    labels = {"site": site}
    return Candidate(
        cluster=name, labels=labels, total=nothing, free=nothing, running=0, project_running=0, order=0
    )


def test_the_policy_of_the_page_ranks_by_its_label() -> None:
    shown = types.ModuleType("nearest")
    exec(next(block.body for block in blocks(PAGE) if "class Nearest" in block.body), vars(shown))
    (policy,) = shown.submarine_policies()
    request = Request(resources=Resources(), options={"site": "b"})
    ranked = policy.rank(request, [candidate("far", "a"), candidate("near", "b")])
    assert [(choice.cluster, choice.reason) for choice in ranked] == [
        ("near", "is in b"),
        ("far", "is not in b"),
    ]
