"""How an attempt fares under a master that knows no roles, and replaces only what was lost with a node."""

from __future__ import annotations

from submarine.adapters.yarn import observing
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.objects import ABORTED, App, Exit
from submarine.adapters.yarn.reasons import of_ended
from submarine.adapters.yarn.records import End, Plan, RolePlan, Run, Seat
from submarine.core.workloads.workload import Handle

FIRST, SECOND, THIRD = (f"container_1_1_01_00000{number}" for number in (2, 3, 4))


def attempt(*, kind: str = "batch", replicas: int = 2, state: str = "RUNNING") -> Attempt:
    plan = Plan(
        roles=(RolePlan("ps", 1), RolePlan("worker", replicas - 1)), success="all", kind=kind, form="shell"
    )
    app = App(id="application_1_1", name="sub-x-1", state=state, running=replicas + 1)
    return Attempt(handle=Handle("sub-x-1"), owner="alice", plan=plan, app=app)


def begins(found: Attempt, role: str, container: str, *, at: int = 1) -> None:
    run = Run(container=container, host="h", port=1, node="h:8042", started=at)
    found.seats[role, 0] = Seat(container)
    found.runs[role, 0] = [run]


def ends(container: str, status: int, **more: object) -> dict[str, Exit]:
    return {container: Exit(container=container, status=status, state="COMPLETE", finished=5, **more)}  # type: ignore[arg-type]


def words(found: Attempt) -> list[tuple[str, str]]:
    sight = observing.look(found)
    assert sight is not None
    return [(state.phase, state.reason) for state in sight.states]


def test_who_died_on_taking_a_replica_is_known_by_its_seat() -> None:
    found = attempt()
    found.seats["worker", 0] = Seat(SECOND)
    found.exits = ends(SECOND, -104)
    assert words(found) == [("pending", "starting"), ("failed", "out-of-memory")]


def test_who_died_before_it_had_taken_one_was_for_any() -> None:
    found = attempt()
    begins(found, "worker", SECOND)
    found.exits = ends(FIRST, 69)
    assert words(found) == [("failed", "no-python"), ("running", "")]


def test_who_had_nothing_to_do_is_no_replica() -> None:
    found = attempt()
    begins(found, "ps", FIRST)
    found.exits = ends(THIRD, 0)
    assert words(found) == [("running", ""), ("pending", "starting")]


def test_a_container_that_is_replaced_before_it_took_a_replica_is_not_missed() -> None:
    found = attempt()
    found.exits = ends(FIRST, ABORTED)
    assert words(found) == [("pending", "starting")] * 2


def test_a_batch_does_not_begin_again_where_a_node_was_lost() -> None:
    found = attempt()
    begins(found, "ps", FIRST)
    begins(found, "worker", SECOND)
    found.exits = ends(SECOND, ABORTED)
    assert words(found) == [("running", ""), ("lost", "node-lost")]


def test_a_service_begins_again_in_its_container() -> None:
    found = attempt(kind="service", replicas=1)
    begins(found, "ps", FIRST)
    found.ends[FIRST] = End(container=FIRST, code=1, started=1, ended=2)
    assert words(found) == [("pending", "restarting")]
    begins(found, "ps", FIRST, at=4)
    assert words(found) == [("running", "")]


def test_a_lone_service_begins_again_where_its_node_was_lost_and_nowhere_else() -> None:
    for status, word in ((ABORTED, ("pending", "restarting")), (-104, ("failed", "out-of-memory"))):
        found = attempt(kind="service", replicas=1)
        begins(found, "ps", FIRST)
        found.exits = ends(FIRST, status)
        assert words(found) == [word]


def test_a_service_of_several_has_lost_what_was_lost_with_its_node() -> None:
    found = attempt(kind="service")
    begins(found, "ps", FIRST)
    begins(found, "worker", SECOND)
    found.exits = ends(SECOND, ABORTED)
    assert words(found) == [("running", ""), ("lost", "node-lost")]


def test_a_class_path_without_the_shell_is_told_with_what_to_do() -> None:
    said = (
        "AM Container for appattempt_1_1_000001 exited with exitCode: 1\n[2026-01-01 00:00:00.000]Last "
        "4096 bytes of stderr :\nError: Could not find or load main class "
        "org.apache.hadoop.yarn.applications.distributedshell.ApplicationMaster\n"
    )
    word = of_ended(App(id="application_1_1", state="FAILED", final="FAILED", diagnostics=said))
    assert (word.phase, word.reason) == ("failed", "no-master")
    assert "shell_jar" in word.message
