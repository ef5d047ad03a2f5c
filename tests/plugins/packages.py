"""Installs a package for a test, as pip would leave it: a module and its metadata."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., None]

PREAMBLE = """
from contextlib import asynccontextmanager
from pydantic import BaseModel, Field
from submarine.core.ports.object_store import OBJECT_STORE
from submarine.plugins.adapter import Adapter
from submarine.plugins.hookspecs import hookimpl


class Nearest:
    \"\"\"Takes the cluster next door.\"\"\"

    def __init__(self, name="nearest"):
        self.name = name

    def rank(self, request, candidates):
        return []


class Nothing(BaseModel, frozen=True, extra="forbid"):
    pass


@asynccontextmanager
async def opened(config):
    yield config


def adapter(name, **fields):
    return Adapter(**{"port": OBJECT_STORE, "name": name, "config": Nothing, "open": opened} | fields)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return how to install *source* as the only module of *package*, with one entry point of its name."""

    def install(
        package: str, source: str, *, version: str = "1.2.3", entry: str = "", point: str = ""
    ) -> None:
        place = tmp_path / f"site-{package}"
        info = place / f"{package}-{version}.dist-info"
        info.mkdir(parents=True)
        (place / f"{package}.py").write_text(PREAMBLE + source)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(
            f"[submarine.plugins]\n{point or package} = {entry or package}\n"
        )
        monkeypatch.syspath_prepend(place)
        monkeypatch.delitem(sys.modules, package, raising=False)

    return install
