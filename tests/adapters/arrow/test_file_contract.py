"""The store on local files keeps every promise, and so does any volume of Arrow's that has folders."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import pytest
from pyarrow import fs
from typing_extensions import override

from submarine.adapters.arrow.object_store import ArrowObjectStore
from submarine.adapters.arrow.volume import Volume
from submarine.contracts.faults.room import no_room
from submarine.contracts.object_store import NEEDS_A_LINK, ObjectStoreContract
from submarine.contracts.object_store.dying_writer import started
from submarine.contracts.object_store.kit import Dying, Open

_NEAR = "the store is part of this machine: there is no way to it that could be cut"

_WRITER = """
import asyncio, sys
from pyarrow import fs
from submarine.adapters.arrow.object_store import ArrowObjectStore
from submarine.adapters.arrow.volume import Volume
from submarine.contracts.object_store.dying_writer import put_half

async def main():
    async with ArrowObjectStore.on(Volume(fs.LocalFileSystem, {root!r})) as store:
        await put_half(store, sys.argv[1])

asyncio.run(main())
"""


class TestFileObjectStore(ObjectStoreContract):
    adapter = "file"
    waived: ClassVar[dict[str, str]] = dict.fromkeys(NEEDS_A_LINK, _NEAR)

    @override
    @pytest.fixture
    def full(self) -> AbstractContextManager[None]:
        return no_room()

    @override
    @pytest.fixture
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"root": str(tmp_path / "objects")}


class TestAnyVolume(ObjectStoreContract):
    """What S3 and HDFS will stand on, here over a local folder."""

    waived: ClassVar[dict[str, str]] = dict.fromkeys(NEEDS_A_LINK, _NEAR)

    @override
    @pytest.fixture
    def full(self) -> AbstractContextManager[None]:
        return no_room()

    @override
    @pytest.fixture
    def dying(self, tmp_path: Path) -> Dying:
        return lambda key: started("", {}, key, program=_WRITER.format(root=str(tmp_path)))

    @override
    @pytest.fixture
    def reopened(self, tmp_path: Path) -> Open:
        return lambda: ArrowObjectStore.on(Volume(fs.LocalFileSystem, str(tmp_path)))
