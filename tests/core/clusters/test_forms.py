"""A cluster with several ways to run a workload tells which it took, and why, where the placement is told."""

from __future__ import annotations

from submarine.core.workloads.workload import Workload
from tests.core.jobs.site import FaultyRuntime, build, shared


class SeveralForms(FaultyRuntime):
    known: str | None = "as a set, because it has one role"

    def form(self, workload: Workload) -> str | None:
        assert [role.name for role in workload.roles] == ["worker"]
        return self.known


async def placed(known: str | None) -> tuple[str, list[str]]:
    """Return why a job was placed, and what is said of both clusters."""
    forms = SeveralForms()
    forms.known = known
    async with shared() as (records, store):
        site = build(records, store, {"one": forms, "two": FaultyRuntime()})
        site.start()
        try:
            job = await site.in_state(await site.submit(), "running")
        finally:
            await site.kill()
    assert job.placement is not None
    return job.placement.reason, [candidate.reason for candidate in job.placement.candidates]


async def test_the_placement_tells_the_form_and_why() -> None:
    reason, candidates = await placed("as a set, because it has one role")
    assert reason.endswith("; as a set, because it has one role")
    assert candidates[0] == reason
    assert "as a set" not in candidates[1]


async def test_a_form_that_is_not_known_is_not_told() -> None:
    reason, _ = await placed(None)
    assert reason
    assert ";" not in reason
