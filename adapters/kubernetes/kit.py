"""Our own programs for pods, as one ConfigMap of the namespace that all attempts share."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

import submarine
from submarine.adapters.kubernetes.names import MANAGED, PART
from submarine.adapters.kubernetes.preparing import ZIP
from submarine.core.preparation.travelling import zipped

_ROOTS: Final = ("entrypoints/sdk/tracking/*.py", "adapters/kubernetes/pod/*.py")


@cache
def name() -> str:
    """Return the name of the ConfigMap: another content has another name, so none is ever changed."""
    return f"submarine-kit-{hashlib.sha256(_archive()).hexdigest()[:12]}"


def body() -> dict[str, Any]:
    """Return the ConfigMap."""
    return {
        "metadata": {"name": name(), "labels": {**MANAGED, PART: "kit"}},
        "immutable": True,
        "binaryData": {ZIP: base64.b64encode(_archive()).decode()},
    }


def _archive() -> bytes:
    """Return the zip: the in-job SDK under its usual name, and what prepares pods."""
    return zipped(Path(submarine.__file__).parent, *_ROOTS)
