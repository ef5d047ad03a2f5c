"""The depot keeps what an object store and an identity promise, also when the way to it breaks."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from typing_extensions import override

from submarine.contracts.faults import FaultyLink
from submarine.contracts.identity import PASSWORD, IdentityContract, Known
from submarine.contracts.object_store import ObjectStoreContract

TIMEOUT = 1.5


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Run a depot on *folder*; yield its port."""
    folder.mkdir(parents=True)
    (folder / "people.json").write_text(json.dumps({"ada": PASSWORD}))
    process = subprocess.Popen([sys.executable, "-m", "submarine_depot.server", str(folder)])
    try:
        until = time.monotonic() + 30
        while not (folder / "port").exists():
            assert time.monotonic() < until, "the depot does not start"
            time.sleep(0.02)
        yield int((folder / "port").read_text())
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("depot") / "depot"
    with served(folder) as port:
        yield folder, port


class OverHttp:
    """What both have in common."""

    adapter = "depot"
    gives_up = TIMEOUT

    @pytest.fixture
    def backend(self, depot: tuple[Path, int]) -> tuple[str, int]:
        return "127.0.0.1", depot[1]

    @pytest.fixture
    def options(self, link: FaultyLink) -> Mapping[str, object]:
        return {"url": link.url, "timeout": TIMEOUT}


class TestDepotObjectStore(OverHttp, ObjectStoreContract):
    @pytest.fixture
    @override
    def full(self, depot: tuple[Path, int]) -> AbstractContextManager[None]:
        @contextmanager
        def filled() -> Iterator[None]:
            (depot[0] / "full").touch()
            try:
                yield
            finally:
                (depot[0] / "full").unlink()

        return filled()


class TestDepotIdentity(OverHttp, IdentityContract):
    rounds = 60

    @pytest.fixture
    @override
    def known(self) -> Known:
        return Known(name="ada", password=PASSWORD, verifier=None)
