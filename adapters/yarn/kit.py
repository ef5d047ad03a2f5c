"""Our own programs for containers: the launcher, what it prepares with, and the in-job SDK, in one zip."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import submarine
from submarine.core.preparation.travelling import zipped

_ROOTS: Final = ("entrypoints/sdk/tracking/*.py", "adapters/yarn/launcher/*.py")


@cache
def content() -> bytes:
    """Return the zip; a server that is upgraded is a new process."""
    return zipped(Path(submarine.__file__).parent, *_ROOTS)


@cache
def name() -> str:
    """Return its name on HDFS: another content has another name, so none is ever changed."""
    return f"submarine-{hashlib.sha256(content()).hexdigest()[:12]}.zip"
