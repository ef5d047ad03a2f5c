from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.registry import discover


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
async def store(root: Path) -> AsyncIterator[ObjectStore]:
    async with discover().open(OBJECT_STORE, "file", {"root": str(root)}) as store:
        yield store
