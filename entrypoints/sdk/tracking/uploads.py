"""Artifacts on their way from a job to the server, in the background."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from submarine.entrypoints.sdk.tracking.job import CurrentExperiment
from submarine.entrypoints.sdk.tracking.quietly import warn_once
from submarine.entrypoints.sdk.tracking.sender import Sender, Verdict

SMALL: Final = 16 << 20
"""Files up to this size are copied at once, so that they may change or go right after the call."""

_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to send as ``name``; ``staged`` is ours to remove."""

    file: Path
    name: str
    staged: bool


class Uploads:
    """Sends files one after the other, and knows when something last moved."""

    def __init__(self, job: CurrentExperiment) -> None:
        self.job = job
        self._changed = threading.Condition()
        self._waiting: deque[Upload] = deque()
        self._moved = time.monotonic()
        self._thread: threading.Thread | None = None
        self._staging: str | None = None

    def add(self, file: Path, name: str) -> None:
        """Take *file*; raise `OSError` if it cannot be read."""
        staged = self._stage(file, len(self._waiting))
        with self._changed:
            self._waiting.append(Upload(staged or file.absolute(), name, staged is not None))
            self._moved = time.monotonic()
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._send_for_ever, name="submarine-uploads", daemon=True
                )
                self._thread.start()

    def _stage(self, file: Path, salt: int) -> Path | None:
        """Return a copy or a second name of *file*, None where neither is cheap."""
        size = file.stat().st_size
        if self._staging is None:
            self._staging = tempfile.mkdtemp(prefix="submarine-artifacts-")
        target = Path(self._staging) / f"{time.monotonic_ns()}-{salt}"
        if size <= SMALL:
            shutil.copyfile(file, target)
            return target
        try:
            target.hardlink_to(file)
        except OSError:
            return None
        return target

    def wait(self, patience: float) -> bool:
        """Return whether all files arrived; give up when nothing moved for *patience* seconds."""
        with self._changed:
            self._moved = time.monotonic()
            self._changed.notify_all()
            while self._waiting:
                left = self._moved + patience - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 1.0))
        return True

    def leave(self) -> None:
        """Keep what did not arrive in the output folder of the attempt, and clear the staging."""
        with self._changed:
            rest = list(self._waiting)
        for upload in rest:
            self._leave(upload, "there was no time left")
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)

    def _leave(self, upload: Upload, why: str) -> None:
        where = self._keep(upload)
        warn_once(
            f"left {where}", f"the artifact {upload.name} did not reach the server ({why}); it is in {where}"
        )

    def _keep(self, upload: Upload) -> Path:
        if self.job.output is None or not upload.staged:
            return upload.file
        inside = [p for p in Path(upload.name).parts if p not in ("..", "/")]
        target = Path(self.job.output, "artifacts", *inside)
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(upload.file, target)
        return target

    def _send_for_ever(self) -> None:
        sender, failures = Sender(self.job), 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                upload = self._waiting[0]
            if self._deliver(sender, upload):
                failures = 0
                with self._changed:
                    self._waiting.popleft()
                    self._changed.notify_all()
                if upload.staged:
                    upload.file.unlink(missing_ok=True)
            else:
                failures += 1
                time.sleep(min(30.0, 0.2 * 2 ** min(failures, 8)))

    def _deliver(self, sender: Sender, upload: Upload) -> bool:
        """Return whether the file is dealt with: stored, or never to be stored."""
        try:
            size = upload.file.stat().st_size
            outcome = sender.put(upload.name, self._blocks(upload.file, size), size)
        except OSError as error:
            warn_once(f"gone {upload.name}", f"the artifact {upload.name} cannot be read: {error}")
            return True
        if outcome.verdict in (Verdict.WRONG, Verdict.REFUSED):
            self._leave(upload, outcome.why)
            return True
        return outcome.verdict is Verdict.DONE

    def _blocks(self, file: Path, size: int) -> Iterator[bytes]:
        """Yield exactly *size* bytes, as announced, even if the file grows meanwhile."""
        with file.open("rb") as content:
            left = size
            while left and (block := content.read(min(_BLOCK, left))):
                left -= len(block)
                yield block
                self._moved = time.monotonic()
        if left:
            raise OSError(os.strerror(5), str(file))
