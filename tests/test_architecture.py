"""The tree keeps its shape: small files, honest names, arrows that point inwards."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "plugins", "adapters", "contracts", "entrypoints")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 40
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base"}


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def lengths() -> dict[str, int]:
    found = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = (
                    (node.end_lineno or node.lineno) - node.lineno + 1
                )
    return found


def test_the_package_is_made_of_links_to_the_rooms() -> None:
    links = {path.name: path.readlink() for path in (ROOT / ".src/submarine").iterdir() if path.is_symlink()}
    assert links == {room: Path("../..") / room for room in ROOMS}


def test_no_file_is_long() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}
    assert median(size for size in sizes.values() if size > 1) <= 160


def test_no_function_is_long() -> None:
    found = lengths()
    assert {name: size for name, size in found.items() if size > LONGEST_FUNCTION} == {}
    assert sum(size > USUAL_FUNCTION for size in found.values()) <= len(found) / 100


def test_no_name_is_vague() -> None:
    assert [path for path in sources() if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES] == []


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    silent = [path for path in sources() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_the_core_imports_only_the_standard_library() -> None:
    strangers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "core").rglob("*.py")
        for name in imported(path)
        if name not in sys.stdlib_module_names and name != "submarine"
    }
    assert strangers == set()


def test_every_library_that_is_imported_is_declared() -> None:
    homes = packages_distributions()
    declared = {canonical(line) for line in requires("submarine-server") or ()}
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for name in imported(path) - sys.stdlib_module_names - {"submarine", "pydantic_core"}
        if not {canonical(home) for home in homes.get(name, [name])} & declared
    }
    assert undeclared == set()


@pytest.mark.parametrize("module", ["submarine", "submarine.plugins.registry"])
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    heavy = {"aiohttp", "pyarrow", "asyncpg", "kubernetes_asyncio", "dependency_injector", "numpy", "sklearn"}
    program = f"import sys, {module}; print(*sorted({heavy!r} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!;\[(]", requirement)[0]).lower()
