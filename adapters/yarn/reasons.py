"""What YARN's exit statuses and diagnostics mean, in our reasons and in a sentence.

Source of the numbers: org.apache.hadoop.yarn.api.records.ContainerExitStatus.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from typing import Final, NamedTuple

from submarine.adapters.yarn.objects import CONSIDERED, UNFINISHED, App, Exit
from submarine.adapters.yarn.records import End
from submarine.adapters.yarn.script import NO_PYTHON
from submarine.core.workloads.verdict import CANCELLED, FAILED, LOST, PENDING, STOPPED, SUCCEEDED

_BY_SIGNAL: Final = 128
_LONGEST: Final = 600


class Word(NamedTuple):
    """What is said of a replica."""

    phase: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None


_STATUSES: Final[Mapping[int, Word]] = {
    -100: Word(LOST, "node-lost", "its container was lost with its node, or released"),
    -101: Word(LOST, "disk-failed", "the disks of its node failed"),
    -102: Word(LOST, "preempted", "its container was taken away for somebody else"),
    -103: Word(FAILED, "out-of-memory", "used more virtual memory than its container may"),
    -104: Word(FAILED, "out-of-memory", "used more memory than it asked for"),
    -105: Word(LOST, "killed", "its container was killed by the application master"),
    -106: Word(LOST, "killed", "its container was killed by the ResourceManager"),
    -107: Word(LOST, "killed", "its application ended before it"),
    -108: Word(LOST, "preempted", "its container was taken away for containers that are guaranteed"),
    -109: Word(FAILED, "log-limit", "wrote more than the cluster lets a container write"),
    UNFINISHED: Word(LOST, "vanished", "its container is gone, and nobody saw how it ended"),
}

_WAITING: Final = (
    (re.compile(r"user.{0,20}limit", re.IGNORECASE), "user-limit"),
    (re.compile(r"(queue|AM|max-capacity).{0,20}limit", re.IGNORECASE), "queue-full"),
    (re.compile(r"Not able to find any node|no node.{0,20}label|partition", re.IGNORECASE), "unschedulable"),
)
DETAILS: Final = "Details :"
"""What follows is figures, the same whatever is the reason."""
_ENDED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), phase, reason)
    for pattern, phase, reason in (
        (r"unknown queue|does not exist.*queue|Queue .* doesn't exist", FAILED, "unknown-queue"),
        (r"is STOPPED|cannot (accept|submit)|maximum.{0,20}applications", FAILED, "queue-refused"),
        (r"exceeded the lifetime|lifetime period", FAILED, "deadline-exceeded"),
        (r"killed by user|Kill job|received from", LOST, "killed"),
        (r"AM Container for .* exited|failed \d+ times", LOST, "master-failed"),
    )
)
_LOCALISATION: Final = re.compile(
    r"FileNotFoundException|Failed to download|[Ll]ocalizer|Resource .* changed on src", re.IGNORECASE
)
_NO_MASTER: Final = re.compile(
    r"load main class .*distributedshell|ClassNotFoundException: .*distributedshell"
)
NO_MASTER: Final = (
    "YARN's class path has no distributed shell; put its jar on HDFS and name it by the setting shell_jar"
)
_STAMP: Final = re.compile(
    r"\[(\d{4}-\d\d-\d\d [\d:.]+|[A-Z][a-z]{2} [A-Z][a-z]{2} \d+ [\d:]+ [+-]\d{4} \d{4})\]\s*"
)
"""As NodeManagers and as ResourceManagers write it."""


def of_end(end: End, *, cancelled: bool) -> Word:
    """Return what a launcher's last word means."""
    match end.cause:
        case "":
            if end.code == 0:
                return Word(SUCCEEDED, exit_code=0)
            return Word(FAILED, "exit-code", end.message or how(end.code), end.code)
        case "cancelled":
            return Word(CANCELLED, "cancelled", end.message, end.code)
        case "stopped":
            return Word(CANCELLED, STOPPED, end.message, end.code)
        case "deadline-exceeded" | "preparation-failed" as reason:
            return Word(FAILED, reason, end.message, end.code)
        case _ if cancelled:
            return Word(CANCELLED, "cancelled", "cancelled", end.code)
        case reason:
            return Word(LOST, "supervisor-lost", end.message or reason, end.code)


def of_exit(found: Exit) -> Word:
    """Return what it means that a container has ended so, and its launcher left no word."""
    if found.released:
        return Word(LOST, "released", "its application master gave its container back")
    if (word := _STATUSES.get(found.status)) is not None:
        said = tidy(found.diagnostics)
        if found.status == UNFINISHED and _LOCALISATION.search(said):
            return Word(FAILED, "localisation-failed", f"YARN could not bring its files: {said}")
        return word._replace(message=f"{word.message}: {said}" if said else word.message)
    if _LOCALISATION.search(found.diagnostics) and "Exit code" not in found.diagnostics:
        return Word(
            FAILED, "localisation-failed", f"YARN could not bring its files: {tidy(found.diagnostics)}"
        )
    if found.status == NO_PYTHON:
        said = (
            f"node {found.node} has no Python 3.9 or newer at any of the places that the setting python names"
        )
        return Word(FAILED, "no-python", said, found.status)
    if found.status == 0:
        return Word(SUCCEEDED, exit_code=0)
    if found.status in {_BY_SIGNAL + signal.SIGKILL, _BY_SIGNAL + signal.SIGTERM}:
        return Word(LOST, "supervisor-lost", f"its launcher {how(found.status)}", found.status)
    return Word(FAILED, "exit-code", how(found.status), found.status)


def of_ended(app: App) -> Word:
    """Return what the end of an application means for a replica that left no trace at all."""
    if _NO_MASTER.search(app.diagnostics):
        return Word(FAILED, "no-master", NO_MASTER)
    said = tidy(app.diagnostics)
    for pattern, phase, reason in _ENDED:
        if pattern.search(said):
            return Word(phase, reason, said)
    if app.state == "KILLED":
        return Word(LOST, "killed", said or "its application was killed, not by Submarine")
    if app.final == "FAILED" or app.state == "FAILED":
        return Word(LOST, "master-failed", said or "its application failed before it started")
    return Word(LOST, "vanished", said or "its application ended, and nobody saw how it did")


def of_waiting(app: App | None) -> Word:
    """Return why a replica has not begun that is about to."""
    if app is None:
        return Word(PENDING, "starting", "YARN is about to be asked for it")
    said = tidy(app.diagnostics)
    if app.state in CONSIDERED:
        return Word(PENDING, "starting", said or "YARN is considering it")
    if app.state == "ACCEPTED":
        return Word(
            PENDING,
            hindrance(said.partition(DETAILS)[0]) or "queued",
            said or f"waits in queue {app.queue} for its application master",
        )
    return Word(PENDING, "starting", "waits for a container")


def hindrance(said: str) -> str | None:
    """Return our reason for what keeps an application waiting, None if it just waits."""
    return next((reason for pattern, reason in _WAITING if pattern.search(said)), None)


def how(code: int | None) -> str:
    """Return in words how a process ended: 128 + n for signal n."""
    if code is None:
        return "nobody saw how it ended"
    try:
        return f"ended by {signal.Signals(code - _BY_SIGNAL).name}"
    except ValueError:
        return f"exited with {code}"


def tidy(text: str) -> str:
    """Return *text* of YARN on one line, without its time stamps, not too long."""
    said = " ".join(_STAMP.sub("", text).split())
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
