"""Lines on disk between being recorded and being received by the server."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SEGMENT_BYTES: Final = 1 << 20
LARGEST_SPOOL: Final = 1 << 30
LARGEST_IN_MEMORY: Final = 16 << 20


class SpoolFullError(Exception):
    """There is no room for more lines; what did not fit is lost."""


@dataclass(slots=True)
class Segment:
    """Some lines in order: file *number* of its writer, or a list in memory where none could be written."""

    number: int
    path: Path | None
    lines: deque[bytes] = field(default_factory=deque)
    size: int = 0
    read: int = 0


class Spool:
    """A queue of lines in files of about 1 MiB, named for their *writer*; thread-safe.

    A file goes when its last line is acknowledged. A process that dies in between leaves lines that
    the server has seen already: it knows them by writer and sequence.
    """

    def __init__(self, folder: Path, writer: str) -> None:
        self.folder = folder
        self.writer = writer
        self.failure: OSError | None = None
        self._lock = threading.Lock()
        self._segments: deque[Segment] = deque()
        self._count = 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Store *lines* for good (fsync), in memory if the disk refuses; raise `SpoolFullError`."""
        with self._lock:
            data = b"".join(lines)
            if sum(s.size - s.read for s in self._segments) + len(data) > LARGEST_SPOOL:
                raise SpoolFullError
            try:
                self._write(self._segment(), data)
            except OSError as error:
                self.failure = error
                self._keep(lines, len(data))

    def _segment(self) -> Segment:
        last = self._segments[-1] if self._segments else None
        if last is None or last.path is None or last.size >= SEGMENT_BYTES:
            self._count += 1
            self.folder.mkdir(parents=True, exist_ok=True)
            last = Segment(self._count, self._path(self._count))
            self._segments.append(last)
        return last

    def _path(self, number: int) -> Path:
        """Return the file of that number; the server reads them in the order of their names."""
        return self.folder / f"{self.writer}-{number:06d}.jsonl"

    def _write(self, segment: Segment, data: bytes) -> None:
        assert segment.path is not None  # noqa: S101 - chosen so by _segment
        descriptor = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
            segment.size += len(data)
        except OSError:
            os.ftruncate(descriptor, segment.size)  # no half line may stay
            raise
        finally:
            os.close(descriptor)

    def _keep(self, lines: Sequence[bytes], size: int) -> None:
        if self._segments and self._segments[-1].path is not None and not self._segments[-1].size:
            self._segments.pop()  # the one whose file could not be made
        if sum(s.size for s in self._segments if s.path is None) + size > LARGEST_IN_MEMORY:
            raise SpoolFullError
        self._count += 1
        self._segments.append(Segment(self._count, None, deque(lines), size))

    def settle(self) -> None:
        """Put on disk what is only in memory, if the disk takes it by now."""
        with self._lock:
            for segment in self._segments:
                if segment.path is not None or not segment.lines:
                    continue
                data = b"".join(segment.lines)
                file = Segment(segment.number, self._path(segment.number))
                try:
                    self._write(file, data)
                except OSError as error:
                    self.failure = error
                    return
                segment.path, segment.size, segment.read = file.path, file.size, 0
                segment.lines.clear()

    def first(self) -> bytes | None:
        """Return the oldest line that was not acknowledged, None if there is none."""
        with self._lock:
            while self._segments:
                segment = self._segments[0]
                if segment.path is None:
                    return segment.lines[0]
                try:
                    with segment.path.open("rb") as file:
                        file.seek(segment.read)
                        return file.readline()
                except OSError as error:  # somebody removed it: nothing can be done for its lines
                    self.failure = error
                    self._segments.popleft()
            return None

    def acknowledge(self, line: bytes) -> None:
        """Forget the oldest line, which is *line*."""
        with self._lock:
            segment = self._segments[0]
            segment.read += len(line)
            if segment.path is None:
                segment.lines.popleft()
            if segment.read >= segment.size:
                self._segments.popleft()
                if segment.path is not None:
                    segment.path.unlink(missing_ok=True)

    def empty(self) -> bool:
        """Return whether every line was acknowledged."""
        with self._lock:
            return not self._segments
