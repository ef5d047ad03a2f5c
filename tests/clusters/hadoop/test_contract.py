"""The object store on HDFS keeps every promise of an object store, with and without Kerberos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.faults import FaultyLink
from submarine.contracts.object_store import ObjectStoreContract
from tests.clusters.hadoop.cluster import HadoopCluster

TIMEOUT = 4.0
ROOT = "/user/alice/objects"


@contextmanager
def filled(cluster: HadoopCluster) -> Iterator[None]:
    cluster.as_root("PUT", "SETQUOTA", ROOT, namespacequota="-1", storagespacequota="1")
    try:
        yield
    finally:
        cluster.as_root("PUT", "SETQUOTA", ROOT, namespacequota="-1", storagespacequota="-1")


class OnHdfs(ObjectStoreContract):
    adapter = "hdfs"
    gives_up: ClassVar[float] = 2 * TIMEOUT


class TestPlainHdfs(OnHdfs):
    @pytest.fixture
    @override
    def backend(self, plain_gateway: tuple[str, int]) -> tuple[str, int]:
        return plain_gateway

    @pytest.fixture
    @override
    def options(self, plain_hadoop: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return {"urls": [link.url], "root": ROOT, "timeout": TIMEOUT, **plain_hadoop.access("alice")}

    @pytest.fixture
    @override
    def full(self, plain_hadoop: HadoopCluster) -> AbstractContextManager[None]:
        return filled(plain_hadoop)


class TestSecureHdfs(OnHdfs):
    @pytest.fixture
    @override
    def backend(self, secure_gateway: tuple[str, int]) -> tuple[str, int]:
        return secure_gateway

    @pytest.fixture
    @override
    def options(self, kerberos: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        url = f"http://localhost:{link.port}"  # a ticket is for a name
        return {"urls": [url], "root": ROOT, "timeout": TIMEOUT, **kerberos.access("alice")}

    @pytest.fixture
    @override
    def full(self, secure_hadoop: HadoopCluster) -> AbstractContextManager[None]:
        return filled(secure_hadoop)
