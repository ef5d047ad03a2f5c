"""What YARN says of an attempt goes to its timeline as it is, each word once; texts of Hadoop 3.4.2."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest

from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.objects import App, Exit
from submarine.adapters.yarn.observing import look
from submarine.adapters.yarn.records import Closing, End, Plan, RolePlan, Run
from submarine.adapters.yarn.remarks import REMEMBERED_MS, kept, note, said
from submarine.core.clock import now
from submarine.core.workloads.workload import Handle

APPLICATION: Final = "application_1_1"
MASTER: Final = "http://n:8042/node/containerlogs/container_1_0001_0{}_000001/alice"
FIRST: Final = "container_1_0001_01_000002"
NOT_ACTIVE: Final = (
    "[Wed Nov 25 21:09:29 +0000 2026] Application is added to the scheduler and is not yet activated. "
    "Queue's AM resource limit exceeded.  Details : AM Partition = <DEFAULT_PARTITION>; Queue AM usage = {}; "
)
LAUNCHED: Final = "AM container is launched, waiting for AM container to Register with RM"


def attempt(**app: Any) -> Attempt:
    plan = Plan(roles=(RolePlan("worker", 1),), success="all", kind="batch", form="service")
    return Attempt(handle=Handle("sub-x-1"), owner="alice", plan=plan, app=_app(**app))


def _app(**more: Any) -> App:
    return msgspec.structs.replace(App(id=APPLICATION, state="RUNNING"), **more)


def heard(found: Attempt) -> list[tuple[str, str, bool, int]]:
    return [(r.reason, r.message, r.warning, r.count) for r in note(found)]


def test_a_word_is_said_once_whatever_its_figures() -> None:
    found = attempt(state="ACCEPTED", diagnostics=NOT_ACTIVE.format(1))
    text = (
        "Application is added to the scheduler and is not yet activated. Queue's AM resource limit exceeded."
    )
    assert heard(found) == [("ACCEPTED", text, True, 1)]
    found.app = _app(state="ACCEPTED", diagnostics=NOT_ACTIVE.format(2))
    assert heard(found) == []
    (remark,) = said(found)
    assert remark.subject == f"Application {APPLICATION}"


def test_a_word_that_comes_again_after_another_is_counted() -> None:
    found = attempt(state="ACCEPTED", diagnostics=NOT_ACTIVE.format(1))
    note(found)
    found.app = _app(state="ACCEPTED", diagnostics=LAUNCHED)
    assert heard(found) == [("ACCEPTED", LAUNCHED, False, 1)]
    found.app = _app(state="ACCEPTED", diagnostics=NOT_ACTIVE.format(1))
    assert [count for *_, count in heard(found)] == [2]


def test_a_master_that_was_started_again_is_a_warning() -> None:
    found = attempt(host="n:8042", output=MASTER.format(1))
    told = "its application master runs in container_1_0001_01_000001 on n:8042"
    assert heard(found) == [("RUNNING", told, False, 1)]
    found.app = _app(host="n:8042", output=MASTER.format(2))
    (again,) = note(found)
    assert again.warning
    assert "has failed 1 time;" in again.message


def test_a_gateway_may_keep_the_container_of_the_master_to_itself() -> None:
    found = attempt(host="n:8042", output="")
    assert heard(found) == [("RUNNING", "its application master runs on n:8042", False, 1)]


def test_the_end_is_told_in_yarns_words() -> None:
    killed = "Application application_1_1 was killed by user root at 10.0.0.1"
    found = attempt(state="KILLED", final="KILLED", diagnostics=killed, finished=7)
    assert heard(found) == [("KILLED", killed, True, 1)]
    assert [remark.at for remark in said(found)] == [7]


@pytest.mark.parametrize(
    ("status", "diagnostics", "reason"),
    [
        (-102, "Container preempted by scheduler", "PREEMPTED"),
        (
            -104,
            "[2026-11-25 21:09:29.123]Container is running beyond physical limits",
            "KILLED_EXCEEDED_PMEM",
        ),
        (-1000, "File does not exist: hdfs://n/code.tar.gz java.io.FileNotFoundException", "INVALID"),
        (137, "", "EXITED"),
    ],
)
def test_the_end_of_a_container_that_its_launcher_could_not_tell_is_told(
    status: int, diagnostics: str, reason: str
) -> None:
    found = attempt()
    found.runs["worker", 0] = [Run(container=FIRST, host="n", port=1, node="n:8042")]
    found.exits = {FIRST: _exit(status, diagnostics)}
    (remark,) = note(found)
    assert (remark.subject, remark.reason) == (f"Container {FIRST}", reason)
    assert (remark.replica, remark.warning, remark.at) == ("worker-0", True, 9)
    assert remark.message
    assert "[2026" not in remark.message


@pytest.mark.parametrize(
    "usual",
    [
        (0, ""),
        (-105, "Container killed by the ApplicationMaster."),
        (-100, "Container released by application"),
        (-100, "Container of a completed application"),
    ],
)
def test_an_end_as_it_should_be_is_not_worth_a_word(usual: tuple[int, str]) -> None:
    found = attempt()
    found.exits = {FIRST: _exit(*usual)}
    assert heard(found) == []


def test_what_the_launcher_told_is_not_told_again() -> None:
    found = attempt()
    found.exits = {FIRST: _exit(3, "Exit code from container")}
    found.ends[FIRST] = End(container=FIRST, code=3)
    assert heard(found) == []


def test_the_words_are_kept_with_the_end_for_an_hour() -> None:
    found = attempt(state="ACCEPTED", diagnostics=LAUNCHED)
    note(found)
    sight = look(found)
    assert sight is not None
    again = Attempt(handle=found.handle, owner="alice", plan=found.plan, changed=now())
    again.closing = msgspec.json.decode(msgspec.json.encode(sight.closing()), type=Closing)
    assert list(said(again)) == list(found.said.values())
    again.changed -= REMEMBERED_MS
    assert list(said(again)) == []


def test_of_many_words_the_first_and_the_last_are_kept() -> None:
    found = attempt(state="ACCEPTED", diagnostics=LAUNCHED)
    (remark,) = note(found)
    for number in range(100):
        another = replace(remark, message=str(number), at=number)
        found.said[another.words] = another
    assert [int(each.message) for each in kept(found)[:10]] == list(range(10))
    assert kept(found)[-1].message == LAUNCHED


def _exit(status: int, diagnostics: str) -> Exit:
    return Exit(container=FIRST, status=status, state="COMPLETE", diagnostics=diagnostics, finished=9)
