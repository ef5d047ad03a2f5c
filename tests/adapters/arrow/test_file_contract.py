"""The store on local files keeps every promise, and so does any volume of Arrow's that has folders."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from pyarrow import fs
from typing_extensions import override

from submarine.adapters.arrow.object_store import ArrowObjectStore
from submarine.adapters.arrow.volume import Volume
from submarine.contracts.object_store import ObjectStoreContract
from submarine.core.ports.object_store import ObjectStore


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
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"root": str(tmp_path)}

    @override
    def connect(self, options: Mapping[str, object]) -> AbstractAsyncContextManager[ObjectStore]:
        return ArrowObjectStore.on(Volume(fs.LocalFileSystem, str(options["root"])))
