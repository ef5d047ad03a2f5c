"""Policies are written by strangers: whatever they do, the queue goes on and somebody is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from submarine.core.clusters.counsel import Counsel
from submarine.core.errors import AdapterError, InvalidError
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.ports.placement import Candidate, PlacementPolicy, Ranked, Request
from submarine.core.workloads.resources import Resources
from tests.core.jobs.site import FaultyRuntime, build, shared

ASKED = Request(resources=Resources(cpu=1))
FIT = [
    Candidate(
        cluster=name,
        labels={},
        total=Resources(),
        free=Resources(),
        running=0,
        project_running=0,
        order=0,
    )
    for name in ("a", "b")
]


class Policy:
    """Does what a test says."""

    def __init__(self, does: Callable[[], Any]) -> None:
        self.name = "stranger"
        self._does = does

    def rank(self, request: Request, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        found: Sequence[Ranked] = self._does()
        return found


def ask(does: Callable[[], Any], counsel: Counsel | None = None) -> Sequence[Ranked]:
    return (counsel or Counsel()).rank("stranger", Policy(does), ASKED, FIT)


def raises(error: BaseException) -> Callable[[], Any]:
    def rank() -> Any:
        raise error

    return rank


def lazily_raises() -> Iterator[Ranked]:
    yield Ranked("a", "fine")
    raise ZeroDivisionError


def test_what_a_policy_ranks_is_taken_in_its_order_each_once() -> None:
    ranked = [Ranked("b", "near"), Ranked("stranger", "?"), Ranked("a", "far"), Ranked("b", "again")]
    assert ask(lambda: ranked) == [Ranked("b", "near"), Ranked("a", "far")]


def test_a_long_story_becomes_one_line() -> None:
    (ranked,) = ask(lambda: [Ranked("a", "one\ntwo " + "x" * 500)])
    assert ranked.reason.startswith("one two x")
    assert len(ranked.reason) == 200


@pytest.mark.parametrize(
    "does",
    [
        raises(ZeroDivisionError("oh")),
        raises(AdapterError("oh")),
        lambda: None,
        lambda: 7,
        lambda: ["a"],
        lambda: [("a", "reason")],
        lambda: [Ranked(7, "x")],  # type: ignore[arg-type]
        lazily_raises,
    ],
)
def test_failures_and_nonsense_are_told_with_the_policys_name(does: Callable[[], Any]) -> None:
    with pytest.raises(AdapterError, match="placement policy stranger failed: "):
        ask(does)


def test_options_it_refuses_are_refused() -> None:
    with pytest.raises(InvalidError, match="no such option"):
        ask(raises(InvalidError.of("placement.options.x", "no such option")))


def test_one_that_hangs_is_left_behind_and_asked_again_when_it_is_back() -> None:
    counsel, go_on = Counsel(patience=0.5), threading.Event()
    with pytest.raises(AdapterError, match=r"stranger did not answer within 0\.5 s"):
        ask(lambda: go_on.wait(30) and [], counsel)
    begin = time.monotonic()
    with pytest.raises(AdapterError, match="has been thinking for "):
        ask(list, counsel)
    assert time.monotonic() - begin < 0.5, "who hangs is waited for once"
    assert counsel.rank("another", Policy(lambda: [Ranked("a", "fine")]), ASKED, FIT)
    go_on.set()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            assert ask(lambda: [Ranked("a", "back")], counsel) == [Ranked("a", "back")]
        except AdapterError:
            time.sleep(0.01)
        else:
            return
    pytest.fail("it is not asked again")


async def test_jobs_of_a_policy_that_hangs_or_fails_wait_and_say_why_and_others_run() -> None:
    go_on = threading.Event()
    policies: dict[str, PlacementPolicy] = {
        "hangs": Policy(lambda: go_on.wait(30) and []),
        "lazy": Policy(lazily_raises),
    }
    async with shared() as (records, store):
        site = build(records, store, {"one": FaultyRuntime()})
        site.fleet._policies = {**site.fleet._policies, **policies}
        site.start()
        try:
            stuck = await site.submit(placement=PlacementSpec(policy="hangs"))
            wrong = await site.submit(placement=PlacementSpec(policy="lazy"))
            fine = await site.submit()
            await site.in_state(fine, "running")
            for job, why in ((stuck, "placement policy hangs"), (wrong, "policy lazy failed: ZeroDiv")):
                found = await site.until(job, lambda j, why=why: why in j.message)  # type: ignore[misc]
                assert found.state == "queued"
        finally:
            go_on.set()
            await site.kill()
