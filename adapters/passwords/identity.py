"""People whose argon2id hashes are in our own records."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, HashingError, InvalidHashError, VerifyMismatchError

from submarine.adapters.passwords.config import PasswordConfig
from submarine.adapters.passwords.policy import accepted, prepared
from submarine.core.errors import AdapterError, BusyError, UnavailableError
from submarine.core.ports.identity import Subject

T = TypeVar("T")


class PasswordIdentity:
    """Checks and enrols passwords, a few at a time, in threads of its own.

    A flood of logins ends in `BusyError`, not in a server without memory.
    """

    def __init__(self, hasher: PasswordHasher, threads: ThreadPoolExecutor, room: int, dummy: str) -> None:
        self._hasher = hasher
        self._threads = threads
        self._room = room
        self._dummy = dummy

    @classmethod
    @asynccontextmanager
    async def of(cls, config: PasswordConfig) -> AsyncIterator[PasswordIdentity]:
        """Serve logins until the end of the block."""
        hasher = PasswordHasher(
            time_cost=config.passes, memory_cost=config.memory, parallelism=config.lanes
        )  # argon2id is its default type
        threads = ThreadPoolExecutor(config.at_once, thread_name_prefix="passwords")
        try:
            dummy = await asyncio.get_running_loop().run_in_executor(
                threads, hasher.hash, secrets.token_bytes(16)
            )
            yield cls(hasher, threads, config.at_once + config.waiting, dummy)
        finally:
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)

    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        """Return who *name* is if *password* is theirs.

        Whoever is unknown, or sends what cannot be a password, costs a hash that never fits.
        """
        secret = prepared(password)
        if verifier is None or secret is None:
            await self._run(lambda: self._fits(self._dummy, secret or b""))
            return None
        if not await self._run(lambda: self._fits(verifier, secret)):
            return None
        return Subject(name=name)

    async def enrol(self, name: str, password: str) -> str:
        """Return the hash of *password* with a new salt, as argon2 writes it."""
        secret = accepted(password)
        try:
            return await self._run(lambda: self._hasher.hash(secret))
        except HashingError as error:
            raise UnavailableError(f"cannot hash the password of user {name!r}: {error}") from error

    def _fits(self, verifier: str, secret: bytes) -> bool:
        try:
            return self._hasher.verify(verifier, secret)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, UnicodeEncodeError) as error:
            raise AdapterError("a password hash in the records is not argon2's") from error
        except Argon2Error as error:
            if "Decoding" in str(error):  # argon2's own words for a mutilated hash
                raise AdapterError("a password hash in the records is damaged") from error
            raise UnavailableError(f"cannot check a password: {error}") from error

    async def _run(self, function: Callable[[], T]) -> T:
        if self._room <= 0:
            raise BusyError("too many logins at once", retry_after=1.0)
        self._room -= 1
        try:
            future = self._threads.submit(function)
        except RuntimeError as error:
            self._room += 1
            raise UnavailableError("the server is stopping") from error
        # freed when the thread is done, not when a caller gives up: memory is what must be bounded
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _tell(loop, self._free))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise UnavailableError(
                "the server is stopping"
            ) from None  # not the caller but the future was cancelled

    def _free(self) -> None:
        self._room += 1


def _tell(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)
