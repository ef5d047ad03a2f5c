"""Runs git, pip and the like: no questions, a time limit, and their last words if they fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

from submarine.core.preparation.errors import PreparationError

_TAIL = 400
_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")


def run(command: Sequence[str], *, what: str, env: Mapping[str, str] | None = None) -> str:
    """Run *command* and return its output; its errors go to the log too.

    Raise `PreparationError` with the end of what it said if it fails.
    """
    done = subprocess.run(  # noqa: S603 - arguments are checked by those who call
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(env or {})},
        check=False,
    )
    output = without_credentials(done.stdout.decode(errors="replace"))
    if done.returncode:
        sys.stderr.write(output)
        sys.stderr.flush()
        raise PreparationError(f"{what}: {output.strip()[-_TAIL:] or f'exited with {done.returncode}'}")
    return output


def without_credentials(text: str) -> str:
    """Return *text* with ``user:password@`` of URLs left out."""
    return _CREDENTIALS.sub(r"\1", text)
