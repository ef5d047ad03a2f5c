"""What YARN says of containers and applications, in our words; the texts are those of Hadoop 3.4.2."""

from __future__ import annotations

import pytest

from submarine.adapters.yarn import reasons
from submarine.adapters.yarn.objects import App, Exit
from submarine.adapters.yarn.records import End

MEMORY = (
    "[2026-11-25 14:19:35.213]Container [pid=1,containerID=container_1_1_01_000002] is running 11534336B "
    "beyond the 'PHYSICAL' memory limit. Current usage: 139 MB of 128 MB physical memory used"
)


@pytest.mark.parametrize(
    ("status", "phase", "reason"),
    [
        (0, "succeeded", ""),
        (7, "failed", "exit-code"),
        (-100, "lost", "node-lost"),
        (-102, "lost", "preempted"),
        (-104, "failed", "out-of-memory"),
        (-106, "lost", "killed"),
        (137, "lost", "supervisor-lost"),
    ],
)
def test_an_exit_status_means(status: int, phase: str, reason: str) -> None:
    word = reasons.of_exit(Exit(container="container_1_1_01_000002", status=status))
    assert (word.phase, word.reason) == (phase, reason)


def test_a_container_that_was_given_back_was_on_no_lost_node() -> None:
    given = Exit(container="c", status=-100, diagnostics="Container released by application")
    lost = Exit(container="c", status=-100, diagnostics="Container released on a *lost* node")
    assert [reasons.of_exit(each).reason for each in (given, lost)] == ["released", "node-lost"]


def test_the_memory_checker_is_quoted() -> None:
    word = reasons.of_exit(Exit(container="c", status=-104, diagnostics=MEMORY))
    assert "139 MB of 128 MB" in word.message
    assert "14:19" not in word.message


def test_a_file_that_cannot_be_brought_is_told_from_an_exit() -> None:
    said = "File does not exist: hdfs://h/x java.io.FileNotFoundException: File does not exist"
    assert (
        reasons.of_exit(Exit(container="c", status=-1000, diagnostics=said)).reason == "localisation-failed"
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Application application_1_1 submitted by user alice to unknown queue: nowhere", "unknown-queue"),
        ("Application killed due to exceeded the lifetime period", "deadline-exceeded"),
        ("AM Container for appattempt_1_1_000002 exited with  exitCode: 1", "master-failed"),
        ("", "vanished"),
    ],
)
def test_diagnostics_of_an_application_mean(said: str, reason: str) -> None:
    app = App(id="application_1_1", state="FINISHED", diagnostics=said)
    assert reasons.of_ended(app).reason == reason


DETAILS = (
    "  Details : AM Partition = <DEFAULT_PARTITION> ; Partition Resource = <memory:8192, vCores:16> ; "
    "Queue's Absolute capacity = 50.0 % ; Queue's Absolute max capacity = 100.0 % ; User's AM limit = 1"
)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Application is added to the scheduler. Queue's AM resource limit exceeded. ", "queue-full"),
        ("Application is added to the scheduler. User's AM resource limit exceeded. ", "user-limit"),
        ("Queue hits max-capacity limit", "queue-full"),
        ("Queue hits user max-capacity limit", "user-limit"),
        ("Application is Activated, waiting for resources to be assigned for AM.", "queued"),
    ],
)
def test_who_waits_says_why(said: str, reason: str) -> None:
    assert reasons.of_waiting(App(id="a", state="ACCEPTED", diagnostics=said + DETAILS)).reason == reason


def test_who_waits_for_no_reason_is_queued() -> None:
    assert reasons.of_waiting(App(id="a", state="ACCEPTED", queue="batch")).reason == "queued"
    assert reasons.of_waiting(None).reason == "starting"


def test_a_launchers_last_word_means() -> None:
    end = End(container="c", code=3)
    assert reasons.of_end(end, cancelled=False)[:2] == ("failed", "exit-code")
    ended = End(container="c", code=143, cause="cancelled", message="cancelled")
    assert reasons.of_end(ended, cancelled=True).phase == "cancelled"
    broke = End(container="c", cause="launcher-broke", message="it broke")
    assert reasons.of_end(broke, cancelled=False).reason == "supervisor-lost"
