"""The store on local files keeps every promise, and so does any volume of Arrow's that has folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pyarrow import fs
from typing_extensions import override

from submarine.adapters.arrow.object_store import ArrowObjectStore
from submarine.adapters.arrow.volume import Volume
from submarine.contracts.object_store import ObjectStoreContract
from submarine.contracts.object_store.kit import Open


class TestFileObjectStore(ObjectStoreContract):
    adapter = "file"

    @override
    @pytest.fixture
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"root": str(tmp_path / "objects")}


class TestAnyVolume(ObjectStoreContract):
    """What S3 and HDFS will stand on, here over a local folder."""

    @override
    @pytest.fixture
    def reopened(self, tmp_path: Path) -> Open:
        return lambda: ArrowObjectStore.on(Volume(fs.LocalFileSystem, str(tmp_path)))
