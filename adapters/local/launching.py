"""Starts the launcher that starts supervisors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import submarine
from submarine.adapters.local.layout import Attempt
from submarine.core.errors import UnavailableError

_ROOT: Final = str(Path(submarine.__file__).parent.parent)
_CODE: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from submarine.adapters.local.supervisor.launcher import main; sys.exit(main(sys.argv[2]))"
)
_TIMEOUT: Final = 60.0
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


def launch(attempt: Attempt) -> None:
    """Start a supervisor for each replica that has none; return when all of them are.

    Raise `UnavailableError` if that fails; calling again starts what is missing, and nothing twice.
    """
    # -I, -S: neither the user's site nor installed packages can break a supervisor, or slow its start.
    command = [sys.executable, "-I", "-S", "-E", "-c", _CODE, _ROOT, attempt.path]
    try:
        with subprocess.Popen(  # noqa: S603 - our own program; the job's command is in a file
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        ) as process:
            try:
                _, errors = process.communicate(timeout=_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()  # supervisors it has forked live on
                raise
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"cannot start a supervisor for {attempt.name}: {error}") from error
    if process.returncode:
        said = errors.decode(errors="replace").strip().rpartition("\n")[2]
        why = said or f"its launcher exited with {process.returncode}"
        raise UnavailableError(f"cannot start a supervisor for {attempt.name}: {why}")


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _NAMES or name.startswith(_PREFIXES) or name.lower() in _PROXIES
    }
