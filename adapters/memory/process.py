"""One simulated replica."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from submarine.adapters.memory import programs
from submarine.core.clock import now
from submarine.core.workloads.observation import Phase, ReplicaView
from submarine.core.workloads.verdict import STOPPED, ReplicaState

_TERMINATED: Final = 128 + 15
_KILLED: Final = 128 + 9
_NODE: Final = "memory"


class Process:
    """Runs from birth on until it ends by itself, is told to, or a test says so."""

    def __init__(self, role: str, index: int, env: Mapping[str, str], on_change: Callable[[], None]) -> None:
        self.role = role
        self.index = index
        self.env = env
        self.log = bytearray()
        self.spool: list[bytes] = []
        self.stubborn = False
        self.goodbye: str | None = None
        self.address: str | None = None
        self.phase = Phase.PENDING
        self._on_change = on_change
        self._cause: tuple[Phase, str, str] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._server: asyncio.Task[None] | None = None
        self._reason = self._message = ""
        self._exit_code: int | None = None
        self._started: int | None = None
        self._ended: int | None = None

    @property
    def state(self) -> ReplicaState:
        """Return what a verdict wants to know."""
        return ReplicaState(
            self.role,
            self.index,
            self.phase,
            self._reason,
            self._message,
            self._exit_code,
            self._started,
            self._ended,
        )

    @property
    def view(self) -> ReplicaView:
        """Return what the outside sees."""
        return ReplicaView(
            role=self.role,
            index=self.index,
            phase=self.phase,
            exit_code=self._exit_code,
            reason=self._reason,
            message=self._message,
            node=_NODE,
            started=self._started,
            ended=self._ended,
        )

    def start(self, command: Sequence[str]) -> None:
        """Begin to run *command*."""
        self.phase, self._started = Phase.RUNNING, now()
        self._on_change()
        if command[0] == programs.COMMAND:
            programs.play(command[1:], self)

    def terminate(self, phase: Phase, reason: str, message: str, grace: float) -> None:
        """Ask for its end, as SIGTERM does, and kill it after *grace* seconds; the first cause stays."""
        if self.phase.ended:
            return
        if self._cause is None:
            self._cause = phase, reason, message
            self.pause(paused=False)
        if self.goodbye is not None:
            self.write(f"{self.goodbye}\n".encode())
            self.goodbye = None
        if not self.stubborn:
            self.finish(_TERMINATED)
        elif grace <= 0:
            self.finish(_KILLED)
        else:
            self._timer(grace, lambda: self.finish(_KILLED))

    def finish(self, code: int) -> None:
        """End with *code*, by itself or because somebody asked."""
        failed = Phase.FAILED, "exit-code", f"exited with {code}"
        by_itself = (Phase.SUCCEEDED, "", "") if code == 0 else failed
        self.end(*(self._cause or by_itself), code)

    def end(self, phase: Phase, reason: str, message: str, code: int | None) -> None:
        """End just so, for good."""
        if self.phase.ended:
            return
        for timer in self._timers:
            timer.cancel()
        if self._server is not None:
            self._server.cancel()
        self.phase, self._reason, self._message, self._exit_code = phase, reason, message, code
        self._ended, self.address = now(), None
        self._on_change()

    def stop(self, by: str, grace: float) -> None:
        """End for the sake of another."""
        self.terminate(Phase.CANCELLED, STOPPED, f"stopped, as {by} has ended", grace)

    def pause(self, *, paused: bool) -> None:
        """Stand still, or go on."""
        wanted = Phase.SUSPENDED if paused else Phase.RUNNING
        if self.phase in {Phase.SUSPENDED, Phase.RUNNING} and self.phase is not wanted:
            self.phase = wanted
            self._on_change()

    def write(self, data: bytes) -> None:
        """Write to the log."""
        self.log += data
        self._on_change()

    def leave(self, line: bytes) -> None:
        """Leave a line in the spool."""
        self.spool.append(line)

    def exit(self, code: int) -> None:
        """End by itself."""
        self.finish(code)

    def later(self, seconds: float, steps: Sequence[str]) -> None:
        """Play *steps* after *seconds*."""
        self._timer(seconds, lambda: programs.play(steps, self))

    def serve(self, body: bytes) -> None:
        """Answer every HTTP request with *body* until the end."""
        self._server = asyncio.create_task(self._serve(body))

    async def _serve(self, body: bytes) -> None:
        def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
            return asyncio.ensure_future(programs.answer(body, reader, writer))

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            self.address = f"http://127.0.0.1:{port}"
            self._on_change()
            await server.serve_forever()

    def _timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, then))
