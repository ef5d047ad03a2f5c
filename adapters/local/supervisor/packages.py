"""Virtual environments over the interpreter, one for each set of packages, shared by all who ask for it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from typing import Final

from submarine.core.preparation.tools import run

_ASK: Final = "import json, site, sys; print(json.dumps([sys.version, sys.prefix, site.getsitepackages()]))"
_COMPLETE: Final = "complete"


def environment(folder: str, interpreter: str, packages: Sequence[str]) -> str:
    """Return the path of an environment with *packages* below *folder*, made if it is not there."""
    version, prefix, site = json.loads(run((interpreter, "-c", _ASK), what=f"cannot run {interpreter}"))
    recipe = json.dumps([version, prefix, interpreter, sorted(set(packages))])
    path = os.path.join(folder, hashlib.sha256(recipe.encode()).hexdigest()[:32])
    with open(f"{path}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(path, _COMPLETE)):
            shutil.rmtree(path, ignore_errors=True)  # half made by somebody who died
            _make(path, interpreter, packages, site)
            with open(os.path.join(path, _COMPLETE), "w", encoding="utf-8") as file:
                file.write(recipe)
    return path


def _make(path: str, interpreter: str, packages: Sequence[str], site: Sequence[str]) -> None:
    python = os.path.join(path, "bin", "python")
    what = f"cannot install {', '.join(packages)}"
    uv = shutil.which("uv")
    pip = () if uv is None else ("--without-pip",)
    run((interpreter, "-m", "venv", "--system-site-packages", *pip, path), what=what)
    _see_through(python, site, what)
    if uv is not None:
        run((uv, "pip", "install", "--quiet", "--python", python, "--", *packages), what=what)
    else:
        options = ("--quiet", "--no-input", "--disable-pip-version-check")
        run((python, "-m", "pip", "install", *options, "--", *packages), what=what)


def _see_through(python: str, site: Sequence[str], what: str) -> None:
    """Let the new environment see the packages of one it was made from: venv only sees the base's."""
    (own, *_) = json.loads(run((python, "-c", _ASK), what=what))[2]
    with open(os.path.join(own, "_submarine_parent.pth"), "w", encoding="utf-8") as file:
        file.writelines(f"{path}\n" for path in site if path != own)
