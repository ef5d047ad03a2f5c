"""Builds the wheel of this project, or of another, beside its checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "plugins", "adapters", "contracts", "entrypoints")
METADATA = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def build_wheel(source: Path, target: Path) -> Path:
    """Build the project at *source* into *target* and return the wheel; an empty *source* gets ours."""
    if not any(source.iterdir()):
        rubbish = shutil.ignore_patterns("__pycache__", "*.egg-info")
        for folder in (*ROOMS, ".src"):
            shutil.copytree(ROOT / folder, source / folder, symlinks=True, ignore=rubbish)
        for name in METADATA:
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(source)]
    environment = {**os.environ, "PYTHONWARNINGS": "default", "PYTHONDONTWRITEBYTECODE": ""}
    before = set(target.glob("*.whl"))
    built = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    told = built.stdout + built.stderr
    assert built.returncode == 0, told[-2000:]
    assert "Warning" not in told, told[-2000:]
    (wheel,) = set(target.glob("*.whl")) - before
    return wheel
