"""What things are called: the files of an attempt on HDFS, and components of a YARN service."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

PLAN: Final = "plan.json"
JOB: Final = "job.json"
CODE: Final = "code.tar.gz"
APPLICATION: Final = "application.json"
CANCEL: Final = "cancel.json"
STOP: Final = "stop.json"
SUSPEND: Final = "suspend.json"
SCALE: Final = "scale.json"
SERVICE: Final = "service.json"
CLOSING: Final = "closing.json"
TICKET: Final = "ticket.json"
DECLINED: Final = "declined.json"
CLAIM: Final = "claim.json"
PEERS: Final = "peers.json"
RUN: Final = "run"
END: Final = "end"
SPOOL: Final = "spool"
LEFT: Final = "left"

ENVIRONMENT: Final = "environment"
KIT: Final = ".kit"
SCRATCH: Final = ".new"
IDENTITY: Final = ".identity"
SEAL: Final = ".seal"
OWNER: Final = ".owner."
"""How the names of files begin that say who ever had an attempt, where each has their own."""

OUTPUT: Final = "stdout.txt"
"""Where what a container writes goes."""

_NOTE: Final = re.compile(r"(run|end|spool)\.([a-z0-9-]+)-(\d+)\.(container_[a-z0-9_]+)")
_SEAT: Final = re.compile(r"seat\.([a-z0-9-]+)-(\d+)")
_COMPONENT: Final = re.compile(r"[a-z][a-z0-9-]*")
_CONTAINER: Final = re.compile(r"container_(?:e(\d+)_)?(\d+)_(\d+)_(\d+)_(\d+)")
_APPLICATION: Final = re.compile(r"application_\d+_\d+")


class Note(NamedTuple):
    """What the name of a file says that a launcher left: its kind, of which replica, from which container."""

    kind: str
    role: str
    number: int
    container: str


def note(name: str) -> Note | None:
    """Return what *name* says, None if it is no launcher's file."""
    if (found := _NOTE.fullmatch(name)) is None:
        return None
    kind, role, index, container = found.groups()
    return Note(kind, role, int(index), container)


def script(role: str) -> str:
    """Return the name of the script that starts a replica of *role*."""
    return f"main.{role}.sh"


def seat(role: str, number: int) -> str:
    """Return the name of the file that says which container has taken a replica."""
    return f"seat.{role}-{number}"


def seated(name: str) -> tuple[str, int] | None:
    """Return for which replica the file *name* says that, None if for none."""
    found = _SEAT.fullmatch(name)
    return None if found is None else (found[1], int(found[2]))


def component(role: str) -> str:
    """Return the name of *role* in a service, which begins with a letter."""
    return role if _COMPONENT.fullmatch(role) else f"role-{role}"


def age(container: str) -> tuple[int, ...]:
    """Return what orders containers by their birth: epoch of the ResourceManager, attempt, number."""
    found = _CONTAINER.fullmatch(container)
    if found is None:
        return (-1,)
    epoch, _, _, attempt, number = found.groups()
    return int(attempt), int(epoch or 0), int(number)


def attempt(container: str) -> int:
    """Return which attempt of its application *container* is of, from 1; 0 if it says none."""
    found = _CONTAINER.fullmatch(container)
    return int(found[4]) if found else 0


def is_application(text: str) -> bool:
    """Tell whether *text* is the id of an application."""
    return _APPLICATION.fullmatch(text) is not None


def application(container: str) -> str:
    """Return the application that *container* is of."""
    found = _CONTAINER.fullmatch(container)
    return f"application_{found[2]}_{found[3]}" if found else ""
