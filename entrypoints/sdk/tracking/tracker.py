"""The reporter of one process: takes records at once, and two threads bring them to the server."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import threading
import time
import uuid
from collections import deque
from pathlib import Path
from typing import Final

from submarine.entrypoints.sdk.tracking.job import CurrentExperiment
from submarine.entrypoints.sdk.tracking.lines import LARGEST_BATCH, Record, batches
from submarine.entrypoints.sdk.tracking.quietly import warn_once
from submarine.entrypoints.sdk.tracking.sender import Outcome, Sender, Verdict
from submarine.entrypoints.sdk.tracking.spool import Spool, SpoolFullError

LINGER: Final = 0.5
"""Seconds a record may wait in memory for others: all that a killed process loses."""

LARGEST_QUEUE: Final = 100_000
_LONGEST_PAUSE: Final = 30.0
_REFUSED_PAUSE: Final = 60.0


class Tracker:
    """Takes records without waiting, whatever the disk and the server do."""

    def __init__(self, job: CurrentExperiment) -> None:
        self.job = job
        self.writer = uuid.uuid4().hex
        self._sequence = itertools.count(1)
        folder = job.spool or Path(tempfile.gettempdir()) / f"submarine-spool-{job.id}"
        self._spool = Spool(folder, self.writer)
        self._queue: deque[Record] = deque()
        self._changed = threading.Condition()
        self._hurry = False
        self._writing = False
        self._failing = False
        self._threads: list[threading.Thread] = []

    def record(self, record: Record) -> None:
        """Take *record*; costs a lock and an append."""
        with self._changed:
            if len(self._queue) >= LARGEST_QUEUE:
                warn_once(
                    "queue", f"more than {LARGEST_QUEUE:,} values wait for the disk; the rest is dropped"
                )
                return
            self._queue.append(record)
            if len(self._queue) in (1, LARGEST_BATCH):
                self._changed.notify_all()
            if not self._threads:
                self._start()

    def _start(self) -> None:
        for work in (self._write_for_ever, self._send_for_ever):
            thread = threading.Thread(
                target=work, name=f"submarine-{work.__name__.split('_')[1]}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def flush(self, timeout: float | None = None, *, give_up: bool = False) -> bool:
        """Return whether the server has all that was recorded before, within *timeout* seconds.

        With *give_up* a server that does not answer is not waited for: the spool keeps the rest.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._hurry, self._failing = True, False
            self._changed.notify_all()
            try:
                while self._queue or self._writing or not self._spool.empty():
                    left = None if deadline is None else deadline - time.monotonic()
                    unwritten = self._queue or self._writing
                    if (left is not None and left <= 0) or (give_up and self._failing and not unwritten):
                        return False
                    if not all(t.is_alive() for t in self._threads):
                        return False
                    self._changed.wait(left)
            finally:
                self._hurry = False
        return True

    def write_out(self) -> None:
        """Put what is still in memory on disk, from the calling thread."""
        with self._changed:
            taken = list(self._queue)
            self._queue.clear()
        self._write(taken)
        self._spool.settle()

    def _write_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._queue))
                if not self._hurry and len(self._queue) < LARGEST_BATCH:
                    self._changed.wait_for(lambda: self._hurry or len(self._queue) >= LARGEST_BATCH, LINGER)
                taken = list(self._queue)
                self._queue.clear()
                self._writing = True
            try:
                self._write(taken)
            finally:
                with self._changed:
                    self._writing = False
                    self._changed.notify_all()

    def _write(self, records: list[Record]) -> None:
        lines = list(batches(records, self.writer, lambda: next(self._sequence)))
        if not lines:
            return
        try:
            self._spool.append(lines)
        except SpoolFullError:
            warn_once("spool", f"{self._spool.folder} has no room for more; values are dropped")
        if self._spool.failure is not None:
            warn_once(
                "disk", f"cannot write {self._spool.folder} ({self._spool.failure}); values stay in memory"
            )

    def _send_for_ever(self) -> None:
        sender, failures = Sender(self.job), 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._spool.empty())
            line = self._spool.first()
            if line is None:
                continue
            outcome = self._deliver(sender, line)
            if outcome.verdict in (Verdict.DONE, Verdict.WRONG):
                failures = 0
                self._spool.acknowledge(line)
                with self._changed:
                    self._failing = False
                    self._changed.notify_all()
            else:
                failures += 1
                self._pause(outcome, failures)

    def _deliver(self, sender: Sender, line: bytes) -> Outcome:
        try:
            record = json.loads(line)
        except ValueError:
            return Outcome(Verdict.WRONG, "the line is damaged")
        outcome = sender.send(record)
        if outcome.verdict is Verdict.WRONG:
            warn_once(
                f"wrong {record['kind']} {outcome.why}",
                f"the server did not take {record['kind']}: {outcome.why}",
            )
        return outcome

    def _pause(self, outcome: Outcome, failures: int) -> None:
        """Sleep before the next attempt; a flush cuts the first sleep after it short."""
        if outcome.verdict is Verdict.REFUSED:
            warn_once(
                "refused", f"the server refuses this job's reports ({outcome.why}); they stay in the spool"
            )
            pause = _REFUSED_PAUSE
        else:
            if failures > 2:  # noqa: PLR2004 - one may be a connection gone stale
                warn_once("away", f"the server is away ({outcome.why}); values are kept and sent later")
            pause = min(_LONGEST_PAUSE, 0.1 * 2 ** min(failures, 10)) * random.uniform(0.5, 1)  # noqa: S311
        stale = outcome.verdict is Verdict.LATER and failures == 1
        with self._changed:
            if not stale:
                self._failing = True
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._hurry and not self._failing, pause + outcome.retry_after)
