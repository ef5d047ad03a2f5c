"""The box keeps what a runtime promises, also when the way to its daemon breaks or it stands still."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from submarine_box.config import BoxConfig
from submarine_box.plugin import open_box
from typing_extensions import override

from submarine.contracts.faults import FaultyLink
from submarine.contracts.faults.victims import marked
from submarine.contracts.runtime import RuntimeContract
from submarine.contracts.runtime.kit import Victims

TIMEOUT = 1.5


class TestBox(RuntimeContract):
    adapter = "box"
    gives_up = TIMEOUT
    waived: ClassVar[dict[str, str]] = {
        "test_a_new_size_whose_answer_is_cut_off_can_be_repeated": "what is in the box keeps its size"
    }

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "box"

    @pytest.fixture
    @override
    async def backend(self, folder: Path) -> tuple[str, int]:
        async with open_box(BoxConfig(folder=folder)):  # starts the daemon, which stays
            return "127.0.0.1", known(folder)["port"]

    @pytest.fixture
    @override
    def options(self, folder: Path, link: FaultyLink) -> Mapping[str, object]:
        return {"folder": str(folder), "timeout": TIMEOUT, "via": link.port}

    @pytest.fixture
    @override
    def victims(self) -> Victims:
        return marked


class TestFrozenBox(RuntimeContract):
    """The daemon does not hang up; it stands still."""

    adapter = "box"

    @pytest.fixture
    @override
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"folder": str(tmp_path / "box"), "timeout": TIMEOUT}

    @pytest.fixture
    @override
    def outage(self, options: Mapping[str, object]) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def frozen() -> AsyncIterator[None]:
            pid = known(Path(str(options["folder"])))["pid"]
            os.kill(pid, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(pid, signal.SIGCONT)

        return frozen()


def known(folder: Path) -> dict[str, int]:
    """Return what the daemon says of itself."""
    found: dict[str, int] = json.loads((folder / "daemon.json").read_text())
    return found
