"""How an attempt fares, from what is known of it."""

from __future__ import annotations

from submarine.adapters.yarn import observing
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.objects import App, Exit
from submarine.adapters.yarn.records import Cancel, End, Plan, RolePlan, Run, Stop
from submarine.core.workloads.workload import Handle

FIRST, SECOND = "container_1_1_01_000002", "container_1_1_01_000003"


def attempt(*, kind: str = "batch", replicas: int = 2, state: str = "RUNNING", running: int = 3) -> Attempt:
    plan = Plan(roles=(RolePlan("worker", replicas),), success="all", kind=kind, form="service")
    app = App(id="application_1_1", name="sub-x-1", state=state, running=running)
    return Attempt(handle=Handle("sub-x-1"), owner="alice", plan=plan, app=app)


def begins(found: Attempt, index: int, container: str) -> None:
    run = Run(container=container, host="h", port=1, node="h:8042", started=1)
    found.runs.setdefault(("worker", index), []).append(run)


def words(found: Attempt) -> list[tuple[str, str]]:
    sight = observing.look(found)
    assert sight is not None
    return [(state.phase, state.reason) for state in sight.states]


def phase(found: Attempt) -> str:
    sight = observing.look(found)
    assert sight is not None
    return sight.verdict.phase


def test_what_has_not_told_of_itself_waits() -> None:
    found = attempt(state="ACCEPTED")
    assert words(found) == [("pending", "queued")] * 2
    begins(found, 0, FIRST)
    assert (words(found)[0][0], phase(found)) == ("running", "running")


def test_a_container_that_is_missed_is_asked_for() -> None:
    found = attempt()
    begins(found, 0, FIRST)
    begins(found, 1, SECOND)
    assert not observing.unexplained(found)
    found.app = App(id="application_1_1", state="RUNNING", running=2)
    assert observing.unexplained(found)
    found.exits = {FIRST: Exit(container=FIRST, status=-104, state="COMPLETE", finished=5)}
    assert words(found) == [("failed", "out-of-memory"), ("running", "")]


def test_who_is_stopped_for_another_has_not_failed() -> None:
    found = attempt()
    begins(found, 0, FIRST)
    begins(found, 1, SECOND)
    found.ends[FIRST] = End(container=FIRST, code=3, started=1, ended=2)
    found.stop = Stop(by="worker-0", phase="failed")
    found.exits = {SECOND: Exit(container=SECOND, status=-106, state="COMPLETE", finished=5)}
    assert words(found) == [("failed", "exit-code"), ("cancelled", "stopped")]
    assert phase(found) == "failed"


def test_the_end_of_the_application_alone_is_no_verdict_before_the_containers_were_asked_for() -> None:
    found = attempt(replicas=1, state="FINISHED")
    begins(found, 0, FIRST)
    assert words(found) == [("running", "")]
    found.settled = True
    assert words(found) == [("lost", "vanished")]
    found.cancel = Cancel(0.0)
    assert words(found) == [("cancelled", "cancelled")]


def test_a_container_that_died_before_its_launcher_spoke_is_of_its_role() -> None:
    found = attempt(replicas=1, state="FINISHED")
    said = "java.io.FileNotFoundException: File does not exist: /x"
    found.exits = {
        FIRST: Exit(container=FIRST, status=-1000, state="COMPLETE", diagnostics=said, finished=4),
        SECOND: Exit(container=SECOND, status=126, state="COMPLETE", finished=5),
    }
    assert words(found) == [("failed", "exit-code")]


def test_a_service_is_started_again() -> None:
    found = attempt(kind="service", replicas=1)
    begins(found, 0, FIRST)
    found.ends[FIRST] = End(container=FIRST, code=1, started=1, ended=2)
    assert words(found) == [("pending", "restarting")]
    begins(found, 0, SECOND)
    assert words(found) == [("running", "")]


def test_a_tombstone_is_absent_until_a_submit_was_declined() -> None:
    found = Attempt(handle=Handle("sub-x-1"), owner="alice", cancel=Cancel(1.0))
    assert observing.look(found) is None
    assert observing.unplanned(found.handle, found).phase == "absent"
    found.declined = True
    assert observing.unplanned(found.handle, found).phase == "cancelled"


def test_a_container_that_was_not_wanted_says_nothing_of_a_replica() -> None:
    found = attempt(replicas=1)
    given = Exit(
        container=FIRST, status=-100, state="COMPLETE", diagnostics="Container released by application"
    )
    found.exits = {FIRST: given}
    assert words(found) == [("pending", "starting")]


def test_a_container_that_ended_with_its_application_ended_for_its_reason() -> None:
    found = attempt(replicas=1)
    begins(found, 0, FIRST)
    said = "Container of a completed application"
    found.exits = {FIRST: Exit(container=FIRST, status=-100, state="COMPLETE", diagnostics=said)}
    assert words(found) == [("running", "")]
    found.app = App(id="application_1_1", state="KILLED", diagnostics="Application killed by user root")
    assert words(found) == [("lost", "killed")]


def test_what_stands_still_is_suspended() -> None:
    found = attempt(replicas=1)
    found.runs["worker", 0] = [
        Run(container=FIRST, host="h", port=1, node="h:8042", started=1, suspended=True)
    ]
    assert phase(found) == "suspended"


def test_what_lives_without_a_folder_is_an_orphan() -> None:
    app = App(id="application_1_1", name="sub-x-1", user="alice", state="RUNNING")
    seen = observing.unplanned(Handle("sub-x-1"), None, app)
    assert (seen.phase, seen.reason, seen.native["application"]) == ("running", "orphaned", app.id)
    assert observing.unplanned(Handle("sub-x-1"), None).phase == "absent"


def test_what_cannot_be_read_is_not_absent() -> None:
    found = Attempt(handle=Handle("sub-x-1"), owner="bob", refused="permission denied")
    seen = observing.unplanned(found.handle, found)
    assert (seen.phase, seen.reason, seen.message) == ("pending", "unreadable", "permission denied")
