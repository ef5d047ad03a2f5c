"""Our own programs for pods, as one ConfigMap of the namespace that all attempts share."""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import submarine
from submarine.adapters.kubernetes.names import MANAGED, PART
from submarine.adapters.kubernetes.preparing import ZIP

_ROOTS: Final = ("entrypoints/sdk/tracking/*.py", "adapters/kubernetes/pod/*.py")
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
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(_closure(root)):
            entry = zipfile.ZipInfo(f"submarine/{path.relative_to(root)}", _EPOCH)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _closure(root: Path) -> set[Path]:
    """Return the files of `_ROOTS`, all that they import of ours, and the packages these are in."""
    found: set[Path] = set()
    waiting = [path for pattern in _ROOTS for path in root.glob(pattern)]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        parents = [folder / "__init__.py" for folder in path.relative_to(root).parents]
        waiting += [root / parent for parent in parents]
        if path != root / "__init__.py":  # it imports when it is asked to
            waiting += [file for name in _imported(path) if (file := _file(root, name)) is not None]
    return found


def _imported(path: Path) -> Iterator[str]:
    """Yield the names of ours that the file *path* imports, modules and what is in them alike."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("submarine."):
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("submarine."))


def _file(root: Path, name: str) -> Path | None:
    """Return where the module *name* is, None if it is none."""
    path = root.joinpath(*name.split(".")[1:])
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)
