"""Our own programs for containers, as one zip: what is named, and all that it imports of ours."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@cache
def zipped(root: Path, *patterns: str) -> bytes:
    """Return the zip of the files that *patterns* find below *root*, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(_closure(root, patterns)):
            entry = zipfile.ZipInfo(f"{root.name}/{path.relative_to(root)}", _EPOCH)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _closure(root: Path, patterns: tuple[str, ...]) -> set[Path]:
    """Return the files of *patterns*, all that they import of ours, and the packages these are in."""
    found: set[Path] = set()
    waiting = [path for pattern in patterns for path in root.glob(pattern)]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        parents = [folder / "__init__.py" for folder in path.relative_to(root).parents]
        waiting += [root / parent for parent in parents]
        if path != root / "__init__.py":  # it imports when it is asked to
            waiting += [file for name in _imported(root, path) if (file := _file(root, name)) is not None]
    return found


def _imported(root: Path, path: Path) -> Iterator[str]:
    """Yield the names of ours that the file *path* imports, modules and what is in them alike."""
    ours = f"{root.name}."
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(ours):
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith(ours))


def _file(root: Path, name: str) -> Path | None:
    """Return where the module *name* is, None if it is none."""
    path = root.joinpath(*name.split(".")[1:])
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)
