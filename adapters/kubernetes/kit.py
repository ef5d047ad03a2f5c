"""Our own programs for pods, as one ConfigMap of the namespace that all attempts share."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import submarine
from submarine.adapters.kubernetes.names import MANAGED, PART
from submarine.adapters.kubernetes.preparing import ZIP

_FILES: Final = (
    "core/__init__.py",
    "core/preparation/*.py",
    "adapters/__init__.py",
    "adapters/kubernetes/__init__.py",
    "adapters/kubernetes/pod/*.py",
    "entrypoints/__init__.py",
    "entrypoints/sdk/__init__.py",
    "entrypoints/sdk/numbers.py",
    "entrypoints/sdk/tracking/*.py",
)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


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


@cache
def _archive() -> bytes:
    """Return the zip: the in-job SDK under its usual name, and what prepares pods."""
    root = Path(submarine.__file__).parent
    found = sorted({path for pattern in _FILES for path in root.glob(pattern)})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in [root / "__init__.py", *found]:
            entry = zipfile.ZipInfo(f"submarine/{path.relative_to(root)}", _EPOCH)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
