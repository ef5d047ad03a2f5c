"""What is built for others is whole: every module, and every file a module reads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "plugins", "adapters", "contracts", "entrypoints")
METADATA = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the wheel from it, beside the checkout."""
    source, target = tmp_path_factory.mktemp("source with blanks"), tmp_path_factory.mktemp("dist")
    rubbish = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in (*ROOMS, ".src"):
        shutil.copytree(ROOT / folder, source / folder, symlinks=True, ignore=rubbish)
    for name in METADATA:
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(source)]
    environment = {**os.environ, "PYTHONWARNINGS": "default", "PYTHONDONTWRITEBYTECODE": ""}
    built = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    told = built.stdout + built.stderr
    assert built.returncode == 0, told[-2000:]
    assert "Warning" not in told, told[-2000:]
    return next(target.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_rooms(wheel: Path) -> None:
    files = {
        f"submarine/{path.relative_to(ROOT)}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix in {".py", ".sql", ".html", ".js", ".css", ".svg"}
    }
    with zipfile.ZipFile(wheel) as archive:
        assert files | {"submarine/__init__.py", "submarine/py.typed"} <= set(archive.namelist())


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top.partition("-")[0] for top in tops} == {"submarine", "submarine_server"}


def test_what_is_installed_from_it_runs(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import submarine; print(submarine.__file__, submarine.Client.__name__)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [str(tmp_path / "submarine/__init__.py"), "Client"]
