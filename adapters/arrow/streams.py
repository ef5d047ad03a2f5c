"""Streams that one thread may close while another still uses them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pyarrow import NativeFile

    from submarine.adapters.arrow.volume import Volume

CHUNK: Final = 256 * 1024
"""Bytes moved at a time."""


class Draft:
    """An object being written, seen by nobody.

    A cancelled task does not stop the thread that writes for it; so the lock.
    """

    def __init__(self, volume: Volume) -> None:
        self.size = 0
        self._volume = volume
        self._lock = Lock()
        self._path = ""
        self._stream: NativeFile | None = None
        self._done = False

    def write(self, piece: bytes) -> None:
        """Append *piece*; after `discard` it goes nowhere."""
        with self._lock:
            if not self._done:
                self._opened().write(piece)
                self.size += len(piece)

    def publish(self, key: str) -> None:
        """Let the world see it whole, as *key*."""
        with self._lock:
            if self._done:
                return
            self._opened().close()
            self._volume.publish(self._path, key)
            self._done = True

    def discard(self) -> None:
        """Leave nothing behind, unless it is published."""
        with self._lock:
            if self._done or self._stream is None:
                self._done = True
                return
            self._done = True
            try:
                self._stream.close()
            finally:
                self._volume.discard(self._path)

    def _opened(self) -> NativeFile:
        if self._stream is None:
            self._path, self._stream = self._volume.begin()
        return self._stream


class Reading:
    """A range of an object being read."""

    def __init__(self, volume: Volume, key: str, offset: int, length: int | None) -> None:
        self._volume = volume
        self._key = key
        self._offset = offset
        self._left = length
        self._lock = Lock()
        self._stream: NativeFile | None = None
        self._closed = False

    def next(self) -> bytes:
        """Return the next piece, empty at the end."""
        with self._lock:
            if self._closed:
                return b""
            if self._stream is None:
                self._stream = self._volume.read(self._key)
                self._stream.seek(min(self._offset, self._stream.size()))
            wanted = CHUNK if self._left is None else min(CHUNK, self._left)
            piece: bytes = self._stream.read(wanted)
            if self._left is not None:
                self._left -= len(piece)
            return piece

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._closed = True
            if self._stream is not None:
                self._stream.close()
