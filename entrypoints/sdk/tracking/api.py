"""``submarine.log_metric`` and its sisters: called by a training, so they return at once and never raise.

Outside of a job (no SUBMARINE_URL and SUBMARINE_EXPERIMENT) they say so once and do nothing.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from submarine.entrypoints.sdk.numbers import encoded
from submarine.entrypoints.sdk.tracking import lines
from submarine.entrypoints.sdk.tracking.job import CurrentExperiment
from submarine.entrypoints.sdk.tracking.quietly import quietly, warn_once
from submarine.entrypoints.sdk.tracking.tracker import Tracker
from submarine.entrypoints.sdk.tracking.uploads import Uploads

EXIT_SECONDS: Final = 5.0


class _Process:
    """What this process reports with; a fork begins anew, with a writer of its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.job: CurrentExperiment | None = None
        self.tracker: Tracker | None = None
        self.uploads: Uploads | None = None
        self.params: dict[str, Any] = {}

    def current(self) -> tuple[Tracker, Uploads] | None:
        if self.tracker is not None and self.uploads is not None:
            return self.tracker, self.uploads
        with self.lock:
            if self.tracker is None or self.uploads is None:
                self.job = CurrentExperiment.of()
                if self.job is None:
                    warn_once("outside", "this is not a job of Submarine, so nothing is recorded")
                    return None
                self.uploads, self.tracker = Uploads(self.job), Tracker(self.job)
                _flush_when_a_child_ends()
            return self.tracker, self.uploads


_process = _Process()


def _after_fork() -> None:
    global _process  # noqa: PLW0603 - the parent's queue, threads and locks are not the child's
    _process = _Process()


os.register_at_fork(after_in_child=_after_fork)


def current_experiment() -> CurrentExperiment | None:
    """Return which experiment, attempt and replica this process is, None outside of a job."""
    return CurrentExperiment.of()


@quietly
def log_metric(key: str, value: Any, step: int | None = None) -> None:
    """Record *value* of *key*, a number or an array or tensor of one element, at *step*."""
    _log({key: value}, step)


@quietly
def log_metrics(values: Mapping[str, Any], step: int | None = None) -> None:
    """Record several values at one *step*."""
    _log(values, step)


def _log(values: Mapping[Any, Any], step: int | None) -> None:
    if (current := _process.current()) is None:
        return
    at = time.time_ns() // 1_000_000
    at_step = None if step is None else int(step)
    for key, value in values.items():
        try:
            number = encoded(value)
        except (TypeError, ValueError, OverflowError, RuntimeError) as error:
            warn_once(f"value {key}", f"the metric {key!r} is not recorded: {error}")
            continue
        if not isinstance(key, str) or not key:
            warn_once("key", f"the metric {key!r} is not recorded: its name must be text")
            continue
        current[0].record(lines.point(key, number, at_step, at))


@quietly
def log_params(params: Mapping[str, Any]) -> None:
    """Record *params*, each once; a mapping inside one becomes ``outer.inner``."""
    if (current := _process.current()) is None:
        return
    flat = {k: v for k, v in _flat(params) if _process.params.get(k, _process) != v}
    if flat:
        _process.params.update(flat)
        current[0].record({"kind": "params", "params": flat})


@quietly
def set_tag(tag: str) -> None:
    """Add *tag* to the experiment."""
    _tags([tag])


@quietly
def set_tags(tags: Iterable[str]) -> None:
    """Add *tags* to the experiment."""
    _tags([tags] if isinstance(tags, str) else tags)


def _tags(tags: Iterable[str]) -> None:
    if (current := _process.current()) is not None:
        current[0].record({"kind": "tags", "add": [str(t) for t in tags]})


@quietly
def log_artifact(path: str | os.PathLike[str], name: str | None = None) -> None:
    """Store the file at *path*, or each file of the folder, as *name* (its own).

    The bytes travel in the background. A file of up to 16 MiB may change or go right after the call; a
    larger one must stay as it is until the job ends or `flush` has returned True.
    """
    if (current := _process.current()) is None:
        return
    source = Path(path)
    base = (name or source.resolve().name).strip("/")
    if not source.is_dir():
        current[1].add(source, base)
        return
    for file in sorted(p for p in source.rglob("*") if p.is_file()):
        current[1].add(file, f"{base}/{file.relative_to(source).as_posix()}")


def flush(timeout: float | None = 30.0) -> bool:
    """Return whether the server has all that was recorded so far, waiting up to *timeout* seconds."""
    tracker, uploads = _process.tracker, _process.uploads
    if tracker is None or uploads is None:
        return True
    sent = tracker.flush(timeout)
    return uploads.wait(timeout if timeout is not None else float("inf")) and sent


@atexit.register
@quietly
def _at_exit() -> None:
    """Send what is left, for at most 5 s without progress; the spool keeps the rest for the server."""
    tracker, uploads = _process.tracker, _process.uploads
    if tracker is None or uploads is None:
        return
    tracker.flush(EXIT_SECONDS, give_up=True)
    tracker.write_out()
    uploads.wait(EXIT_SECONDS)
    uploads.leave()


def _flush_when_a_child_ends() -> None:
    """Flush in children of multiprocessing too: they end without running what atexit holds."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, _at_exit, exitpriority=100)


def _flat(params: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    try:
        number = value.item() if hasattr(value, "item") else value
        return (
            encoded(number)
            if isinstance(number, float)
            else number
            if isinstance(number, int)
            else str(value)
        )
    except (TypeError, ValueError, RuntimeError):
        return str(value)
