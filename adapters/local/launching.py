"""Has supervisors started, by a fork server that lives as long as this server."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final, Self

import submarine
from submarine.adapters.local.layout import Attempt
from submarine.adapters.local.supervisor.forkserver import DONE
from submarine.core.errors import UnavailableError

_ROOT: Final = str(Path(submarine.__file__).parent.parent)
_CODE: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from submarine.adapters.local.supervisor.forkserver import serve; sys.exit(serve(int(sys.argv[2])))"
)
# -I, -S: neither the user's site nor installed packages can break a supervisor, or slow its start.
# utf8: whatever the locale of the server, words of a command arrive as they were written.
_OPTIONS: Final = ("-I", "-S", "-X", "utf8")
_TIMEOUT: Final = 60.0
_GOODBYE: Final = 5.0
# What installers and git need of the server's environment; commands get none of it.
_PREFIXES: Final = ("PIP_", "UV_", "SSL_CERT_", "GIT_", "LC_")
_NAMES: Final = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TZ",
    "TMPDIR",
    "REQUESTS_CA_BUNDLE",
    "SSH_AUTH_SOCK",
)
_PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


class ForkServer:
    """One process of ours that forks launchers; ends by itself when its socket is closed."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program; the job's command is in a file
                [sys.executable, *_OPTIONS, "-c", _CODE, _ROOT, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )

    def launch(self, path: str) -> bytes:
        """Return what the launcher of the attempt at *path* said; nothing if the fork server is dead."""
        reader, writer = os.pipe()
        try:
            try:
                socket.send_fds(self._socket, [os.fsencode(path)], [writer])
            finally:
                os.close(writer)
            return _everything(reader)
        except ConnectionError:
            return b""
        finally:
            os.close(reader)

    def close(self) -> None:
        """Let it end; the supervisors it has started live on."""
        self._socket.close()
        try:
            self._process.wait(_GOODBYE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Launcher:
    """Starts the supervisors of attempts; safe to use from several threads. All methods block."""

    def __init__(self) -> None:
        self._server: ForkServer | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop(self._server)

    def launch(self, attempt: Attempt) -> None:
        """Start a supervisor for each replica that has none; return when all of them are.

        Raise `UnavailableError` if that fails; calling again starts what is missing, and nothing twice.
        """
        try:
            said = self._ask(attempt.path) or self._ask(attempt.path)  # a second time if somebody killed it
        except OSError as error:
            raise UnavailableError(f"cannot start a supervisor for {attempt.name}: {error}") from error
        if not said.endswith(DONE):
            why = said.decode(errors="replace").strip().rpartition("\n")[2] or "its launcher died"
            raise UnavailableError(f"cannot start a supervisor for {attempt.name}: {why}")

    def _ask(self, path: str) -> bytes:
        with self._lock:
            server = self._server = self._server or ForkServer()
        said = server.launch(path)
        if not said:
            self._drop(server)
        return said

    def _drop(self, server: ForkServer | None) -> None:
        with self._lock:
            if server is None or self._server is not server:
                return
            self._server = None
        server.close()


def _everything(reader: int) -> bytes:
    """Return all that comes from *reader* until its end; raise `TimeoutError` if that does not come."""
    said = b""
    deadline = time.monotonic() + _TIMEOUT
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while poll.poll(max(deadline - time.monotonic(), 0.0) * 1000):
        chunk = os.read(reader, 65536)
        if not chunk:
            return said
        said += chunk
    raise TimeoutError(f"it said nothing for {_TIMEOUT:g} s")


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _NAMES or name.startswith(_PREFIXES) or name.lower() in _PROXIES
    }
