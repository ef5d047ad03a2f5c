"""What YARN says of an attempt in its own words: of the application, and of containers that died.

Nothing is asked for it: the words come with the bulk look, and of containers when their end is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from submarine.adapters.yarn import names
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.objects import ABORTED, UNFINISHED, App, Exit
from submarine.adapters.yarn.reasons import DETAILS, hindrance, how, tidy
from submarine.core.clock import now
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

KEPT: Final = 20
"""How many are written down with the end of an attempt, the first and the last of them."""
REMEMBERED_MS: Final = 3_600_000
"""How long those of an attempt that has ended are told to who asks; Kubernetes forgets as soon."""
_RUNNING: Final = "RUNNING"
_SUCCEEDED: Final = "SUCCEEDED"
_EXITED: Final = "EXITED"
_BY_MASTER: Final = -105
_AFTER_ALL: Final = -107
_STATUSES: Final[Mapping[int, str]] = {
    ABORTED: "ABORTED",
    -101: "DISKS_FAILED",
    -102: "PREEMPTED",
    -103: "KILLED_EXCEEDED_VMEM",
    -104: "KILLED_EXCEEDED_PMEM",
    -106: "KILLED_BY_RESOURCEMANAGER",
    -108: "KILLED_BY_CONTAINER_SCHEDULER",
    -109: "KILLED_FOR_EXCESS_LOGS",
    UNFINISHED: "INVALID",
}
"""By YARN's names in org.apache.hadoop.yarn.api.records.ContainerExitStatus."""


def note(attempt: Attempt) -> Sequence[Remark]:
    """Note what is said of *attempt* now; return what of it is new, or said again after something else."""
    if attempt.closing is not None or attempt.app is None:
        return ()
    found = []
    for remark in (*_of_app(attempt.handle, attempt.app), *_of_exits(attempt)):
        before = attempt.said.pop(remark.words, None)
        again = before is not None and attempt.last.get(_what(remark)) != remark.words
        if before is not None:
            remark = replace(before, count=before.count + again, at=remark.at if again else before.at)  # noqa: PLW2901
        attempt.said[remark.words] = remark
        attempt.last[_what(remark)] = remark.words
        if before is None or again:
            found.append(remark)
    return found


def said(attempt: Attempt) -> Iterable[Remark]:
    """Return what was said of *attempt*, the oldest first; nothing of what has ended long ago."""
    if attempt.closing is None:
        return list(attempt.said.values())
    return attempt.closing.remarks if now() - attempt.changed < REMEMBERED_MS else ()


def kept(attempt: Attempt) -> list[Remark]:
    """Return what is worth being written down with the end of *attempt*."""
    found = sorted(attempt.said.values(), key=lambda remark: remark.at)
    return found if len(found) <= KEPT else [*found[: KEPT // 2], *found[-KEPT // 2 :]]


def _of_app(handle: Handle, app: App) -> Iterator[Remark]:
    text = tidy(app.diagnostics.partition(DETAILS)[0])  # the figures behind it change all the time
    ended = app.over
    if text and not ended:
        yield _word(handle, app.id, app.state, text, warning=hindrance(text) is not None)
    if app.host and (ended or app.state == _RUNNING):
        number = names.attempt(app.container)
        told = f"its application master runs {f'in {app.container} ' if app.container else ''}on {app.host}"
        if number > 1:
            times = "1 time" if number == 2 else f"{number - 1} times"  # noqa: PLR2004
            told = f"its application master has failed {times}; {told}"
        yield _word(handle, app.id, _RUNNING, told, warning=number > 1)
    if text and ended:
        reason = app.final if app.state == "FINISHED" else app.state
        yield replace(
            _word(handle, app.id, reason, text, warning=reason != _SUCCEEDED), at=app.finished or now()
        )


def _of_exits(attempt: Attempt) -> Iterator[Remark]:
    """Return what is said of containers whose launcher has not told how it ended."""
    whose = {run.container: f"{r}-{i}" for (r, i), runs in attempt.runs.items() for run in runs}
    for found in attempt.exits.values():
        if found.container in attempt.ends or not _telling(found):
            continue
        yield Remark(
            handle=attempt.handle,
            subject=f"Container {found.container}",
            replica=whose.get(found.container, ""),
            reason=_STATUSES.get(found.status, _EXITED),
            message=tidy(found.diagnostics) or how(found.status),
            warning=True,
            at=found.finished or now(),
        )


def _telling(found: Exit) -> bool:
    """Tell whether the end of a container is worth a word: not one as it should be, or as all was over."""
    usual = found.released or found.outlived or found.status in {0, _BY_MASTER, _AFTER_ALL}
    unsaid = found.status == UNFINISHED and not found.diagnostics
    return found.state == "COMPLETE" and not (usual or unsaid)


def _word(handle: Handle, application: str, reason: str, message: str, *, warning: bool) -> Remark:
    subject = f"Application {application}"
    return Remark(handle=handle, subject=subject, reason=reason, message=message, at=now(), warning=warning)


def _what(remark: Remark) -> str:
    """Return of what it is said; an application tells of its state, and of its master."""
    return f"{remark.subject} {remark.reason == _RUNNING}"
