"""What every placement policy promises."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import pytest

from submarine.contracts.faults.outside import reached
from submarine.contracts.kit import Kit
from submarine.core.errors import InvalidError
from submarine.core.ports.placement import Candidate, PlacementPolicy, Request
from submarine.core.workloads.resources import Resources
from submarine.plugins.registry import discover

GIB: Final = 2**30


class PlacementContract(Kit):
    """Subclass, set ``policy`` to its name, and return what options it takes and does not take."""

    policy: ClassVar[str]
    patience: ClassVar[float] = 1.0
    """Seconds that ranking a thousand clusters may take."""

    @pytest.fixture
    def ranking(self) -> PlacementPolicy:
        """Find the policy the way the server does."""
        return discover().policies[self.policy]

    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        """Return options of a spec that the policy understands."""
        return {}

    @pytest.fixture
    def bad_options(self) -> Mapping[str, object]:
        """Return options that it cannot read."""
        return {"no-such-option": 1}

    @pytest.fixture
    def request_(self, options: Mapping[str, object]) -> Request:
        """Return what is to be placed."""
        return Request(resources=Resources(cpu=1000, memory=GIB, extra={"gpu": 1}), options=options)

    @pytest.fixture
    def candidates(self) -> Sequence[Candidate]:
        """Return clusters of all kinds: empty, full, silent about their size, with and without devices."""
        return [
            _candidate("big", 0, cpu=(64_000, 60_000), memory=(256 * GIB, 100 * GIB), running=4),
            _candidate("full", 1, cpu=(8_000, 0), memory=(32 * GIB, 0), running=20, project_running=20),
            _candidate("devices", 2, cpu=(16_000, 8_000), memory=(64 * GIB, GIB), gpu=(8, 3)),
            _candidate("silent", 3, cpu=(0, 0), memory=(0, 0)),
            _candidate("twin", 4, cpu=(64_000, 60_000), memory=(256 * GIB, 100 * GIB), running=4),
            _candidate("overdrawn", 5, cpu=(8_000, -2_000), memory=(32 * GIB, -GIB), running=9),
        ]

    def test_it_goes_by_its_name(self, ranking: PlacementPolicy) -> None:
        """What a spec says is what the policy says of itself."""
        assert ranking.name == self.policy

    def test_only_candidates_are_ranked_and_each_once(
        self, ranking: PlacementPolicy, request_: Request, candidates: Sequence[Candidate]
    ) -> None:
        """A policy chooses; whether a cluster is fit has been settled before."""
        ranked = [r.cluster for r in ranking.rank(request_, candidates)]
        assert len(set(ranked)) == len(ranked)
        assert set(ranked) <= {c.cluster for c in candidates}

    def test_the_answer_is_the_same_each_time(
        self, ranking: PlacementPolicy, request_: Request, candidates: Sequence[Candidate]
    ) -> None:
        """Whatever was asked in between; else nobody could explain where a job went."""
        first = list(ranking.rank(request_, candidates))
        for number in range(20):
            ranking.rank(request_, [candidates[number % len(candidates)]])
            assert list(ranking.rank(request_, list(candidates))) == first

    def test_ranking_reaches_for_nothing_outside(
        self, ranking: PlacementPolicy, request_: Request, candidates: Sequence[Candidate]
    ) -> None:
        """No file, no network, no process: all that may count is in what it is shown."""
        ranking.rank(request_, candidates)  # whatever it imports late is imported now
        with reached() as outside:
            ranking.rank(request_, candidates)
        assert outside == []

    def test_every_place_has_a_reason(
        self, ranking: PlacementPolicy, request_: Request, candidates: Sequence[Candidate]
    ) -> None:
        """In a few words on one line."""
        for ranked in ranking.rank(request_, candidates):
            assert ranked.reason.strip()
            assert len(ranked.reason) <= 200
            assert "\n" not in ranked.reason

    def test_nothing_to_choose_from_is_no_choice(self, ranking: PlacementPolicy, request_: Request) -> None:
        """It is no error either."""
        assert list(ranking.rank(request_, [])) == []

    def test_candidates_stay_as_they_are(
        self, ranking: PlacementPolicy, request_: Request, candidates: Sequence[Candidate]
    ) -> None:
        """The lists and mappings a policy is shown are the server's."""
        before = copy.deepcopy((request_, candidates))
        ranking.rank(request_, candidates)
        assert (request_, candidates) == before

    def test_nothing_asked_is_placed_too(
        self, ranking: PlacementPolicy, candidates: Sequence[Candidate]
    ) -> None:
        """A job without resources, on clusters of any size, and without options."""
        for candidate in candidates:
            ranked = ranking.rank(Request(resources=Resources()), [candidate])
            assert [r.cluster for r in ranked] in ([], [candidate.cluster])

    def test_a_thousand_clusters_are_ranked_at_once(
        self, ranking: PlacementPolicy, request_: Request
    ) -> None:
        """Ranking happens in the submitter's loop, where everybody waits."""
        many = [_candidate(f"c{n}", n, cpu=(64_000, n), memory=(GIB, n), running=n % 7) for n in range(1000)]
        begin = time.perf_counter()
        ranking.rank(request_, many)
        assert time.perf_counter() - begin < self.patience

    def test_options_it_cannot_read_are_refused(
        self,
        ranking: PlacementPolicy,
        bad_options: Mapping[str, object],
        candidates: Sequence[Candidate],
    ) -> None:
        """Before there is any candidate, so that a spec is refused and not its job; each is named."""
        self._refuses(ranking, bad_options, [])
        self._refuses(ranking, bad_options, candidates)

    def _refuses(
        self, ranking: PlacementPolicy, options: Mapping[str, object], candidates: Sequence[Candidate]
    ) -> None:
        with pytest.raises(InvalidError) as caught:
            ranking.rank(Request(resources=Resources(), options=options), candidates)
        fields = {fault.field for fault in caught.value.faults}
        assert fields == {f"placement.options.{name}" for name in options}


def _candidate(
    name: str,
    order: int,
    *,
    cpu: tuple[int, int],
    memory: tuple[int, int],
    gpu: tuple[int, int] | None = None,
    running: int = 0,
    project_running: int = 0,
) -> Candidate:
    """Return a candidate; sizes are (total, free)."""
    total, free = ({"gpu": count} for count in gpu) if gpu else ({}, {})
    return Candidate(
        cluster=name,
        labels={"zone": name[:1]},
        total=Resources(cpu=cpu[0], memory=memory[0], extra=total),
        free=Resources(cpu=cpu[1], memory=memory[1], extra=free),
        running=running,
        project_running=project_running,
        order=order,
    )
