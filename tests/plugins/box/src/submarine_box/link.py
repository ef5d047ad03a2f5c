"""Asks the daemon: one line of JSON there, one back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from submarine.core.errors import AdapterError, FullError, InvalidError, NotFoundError, UnavailableError

LONGEST = 2**26
_ERRORS: dict[str, type[Exception]] = {"full": FullError, "invalid": InvalidError, "not-found": NotFoundError}


class Link:
    """The way to the daemon of *folder*."""

    def __init__(self, folder: Path, timeout: float, via: int | None = None) -> None:
        self._folder = folder
        self._timeout = timeout
        self._via = via

    async def wake(self, *, cpu: float, memory: int) -> None:
        """Return when a daemon answers; start one if there is none."""
        with contextlib.suppress(UnavailableError):
            await self.ask("capacity")
            return
        await asyncio.to_thread(self._start, str(cpu), str(memory))
        for _ in range(600):
            await asyncio.sleep(0.05)
            with contextlib.suppress(UnavailableError):
                await self.ask("capacity")
                return
        raise AdapterError(f"the daemon in {self._folder} does not start; see daemon.log there")

    def _start(self, cpu: str, memory: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [sys.executable, "-m", "submarine_box.daemon", str(self._folder), cpu, memory]
        with (self._folder / "daemon.log").open("ab") as log:
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    async def ask(self, verb: str, **what: Any) -> Any:
        """Return the daemon's answer; raise the domain's errors, `UnavailableError` if there is none."""
        try:
            async with asyncio.timeout(self._timeout):
                return self._read(await self._exchange({"verb": verb, **what}))
        except (OSError, TimeoutError, ValueError, KeyError, asyncio.IncompleteReadError) as error:
            raise UnavailableError(f"the box in {self._folder} does not answer: {error!r}") from error

    async def _exchange(self, question: dict[str, Any]) -> bytes:
        known = json.loads((self._folder / "daemon.json").read_text())
        port = self._via or known["port"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST)
        try:
            # who gives up waiting must not be obeyed later, when a frozen daemon goes on; by the
            # clock of the machine that nobody sets
            until = time.monotonic() + self._timeout
            told = {**question, "token": known["token"], "until": until}
            writer.write(json.dumps(told).encode() + b"\n")
            await writer.drain()
            return await reader.readuntil(b"\n")
        finally:
            writer.close()

    @staticmethod
    def _read(line: bytes) -> Any:
        answer = json.loads(line)
        if not isinstance(answer, dict) or not answer.keys() & {"answer", "error"}:
            raise AdapterError(f"whoever answers for the box is none: {line[:80]!r}")
        if error := answer.get("error"):
            raise _ERRORS.get(error, AdapterError)(answer["message"])
        return answer["answer"]
