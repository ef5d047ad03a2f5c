"""Placement policies that break one promise each, named by the promise."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.placement import PlacementContract
from submarine.core.errors import Fault, InvalidError
from submarine.core.ports.placement import Candidate, Ranked, Request


class Honest:
    """Takes clusters as they come."""

    name = "honest"

    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        self.check(request)
        return [Ranked(c.cluster, "it came in this place") for c in candidates]

    def check(self, request: Request) -> None:
        if faults := [Fault(f"placement.options.{name}", "unknown") for name in request.options]:
            raise InvalidError("unknown options", faults)


class Misnames(Honest):
    name = "another"


class Invents(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        ranked = list(super().rank(request, candidates))
        return [*ranked, ranked[0]] if len(ranked) > 1 else ranked


class Remembers(Honest):
    """Prefers what it was shown least often."""

    def __init__(self) -> None:
        self.shown: dict[str, int] = {}

    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        if len(candidates) == 1:
            name = candidates[0].cluster
            self.shown[name] = 1 + self.shown.get(name, 0) + (name == "big")
        return sorted(super().rank(request, candidates), key=lambda r: self.shown.get(r.cluster, 0))


class ReadsAFile(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        with Path("/proc/loadavg").open() as load:
            load.read()
        return super().rank(request, candidates)


class KeepsItsReasons(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return [Ranked(ranked.cluster, " ") for ranked in super().rank(request, candidates)]


class NeedsOne(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        self.check(request)
        best = max(candidates, key=lambda c: c.free.cpu)
        return [Ranked(best.cluster, "has most room")]


class Meddles(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        self.check(request)
        if isinstance(candidates, list):
            candidates.sort(key=lambda c: (-c.free.cpu, c.cluster))
        return super().rank(request, candidates)


class DividesByWhatIsAsked(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        self.check(request)
        return [Ranked(c.cluster, f"room for {c.free.cpu // request.resources.cpu}") for c in candidates]


class Ponders(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        time.sleep(0.0012 * len(candidates) if len(candidates) > 100 else 0)
        return super().rank(request, candidates)


class TakesAnyOptionIfItCan(Honest):
    @override
    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        if candidates:
            return [Ranked(c.cluster, "it came in this place") for c in candidates]
        return super().rank(request, candidates)


LIARS: dict[str, type[Honest]] = {
    "test_it_goes_by_its_name": Misnames,
    "test_only_candidates_are_ranked_and_each_once": Invents,
    "test_the_answer_is_the_same_each_time": Remembers,
    "test_every_place_has_a_reason": KeepsItsReasons,
    "test_nothing_to_choose_from_is_no_choice": NeedsOne,
    "test_candidates_stay_as_they_are": Meddles,
    "test_nothing_asked_is_placed_too": DividesByWhatIsAsked,
    "test_a_thousand_clusters_are_ranked_at_once": Ponders,
    "test_options_it_cannot_read_are_refused": TakesAnyOptionIfItCan,
    "test_ranking_reaches_for_nothing_outside": ReadsAFile,
}


class Suite(PlacementContract):
    __test__ = False
    lie: ClassVar[str]
    policy = "honest"

    @pytest.fixture
    @override
    def ranking(self) -> Honest:
        return LIARS[self.lie]()
