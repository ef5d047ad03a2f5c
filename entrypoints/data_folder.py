"""The folder where one server keeps what is its own."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from submarine.core.errors import AdapterError, ConflictError, UnavailableError
from submarine.core.ids import new_id

SECRET_BYTES: Final = 32
LEAST_FREE: Final = 2**20
"""Bytes; with less, the next transactions will not fit."""


class DataFolder:
    """Files of one server: readable by its user alone, written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; raise `ConflictError` if another server has it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.path / "server.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise AdapterError(f"the data folder {self.path} cannot be written: {error.strerror}") from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConflictError(
                    f"another server uses the data folder {self.path}; stop it, or give this one its own"
                ) from None
            yield
        finally:
            os.close(lock)

    def secret(self) -> bytes:
        """Return the key that signs the tokens of jobs, made at the first start."""
        return bytes.fromhex(self._once("server.key", secrets.token_hex(SECRET_BYTES)))

    def owner(self) -> str:
        """Return this server's name for leases, the same after a restart: it need not wait for itself."""
        return self._once("server.id", new_id())

    def announce(self, url: str) -> None:
        """Leave word where the server listens."""
        self._write("server.json", json.dumps({"url": url, "pid": os.getpid()}) + "\n")

    def silence(self) -> None:
        """Take that word back."""
        (self.path / "server.json").unlink(missing_ok=True)

    async def check(self) -> None:
        """Return if files can be written here; raise `UnavailableError` if the disk is full or read-only."""
        try:
            free = await asyncio.to_thread(self._probe)
        except OSError as error:
            raise UnavailableError(f"the data folder cannot be written: {error.strerror}") from error
        if free < LEAST_FREE:
            raise UnavailableError(f"the disk of the data folder is full: {free // 1024} KiB are left")

    def _probe(self) -> int:
        """Write and delete a small file; return how many bytes are left."""
        path = self.path / f".probe.{os.getpid()}"
        try:
            path.write_bytes(b"\0" * 4096)
        finally:
            path.unlink(missing_ok=True)
        left = os.statvfs(self.path)
        return left.f_bavail * left.f_frsize

    def keep_admin_token(self, token: str) -> Path:
        """Leave the first administrator's token for whoever can read the folder; return where."""
        self._write("admin-token", token + "\n")
        return self.path / "admin-token"

    def _once(self, name: str, fresh: str) -> str:
        path = self.path / name
        if not path.exists():
            self._write(name, fresh + "\n")
        return path.read_text().strip()

    def _write(self, name: str, text: str) -> None:
        temporary = self.path / f".{name}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.path / name)
