"""What is built for others is whole: every module, and every file a module reads."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.wheels import ROOMS, ROOT, build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the wheel from it, beside the checkout."""
    return build_wheel(tmp_path_factory.mktemp("source with blanks"), tmp_path_factory.mktemp("dist"))


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
