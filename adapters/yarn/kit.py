"""Our own programs for containers: the launcher, what it prepares with, and the in-job SDK, in one zip."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import submarine
from submarine.core.preparation.travelling import zipped

_ROOTS: Final = ("entrypoints/sdk/tracking/*.py", "adapters/yarn/launcher/*.py")


def content() -> bytes:
    """Return the zip."""
    return zipped(Path(submarine.__file__).parent, *_ROOTS)


def name() -> str:
    """Return its name on HDFS: another content has another name, so none is ever changed."""
    return f"submarine-{hashlib.sha256(content()).hexdigest()[:12]}.zip"
