"""Offers the object store on HDFS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.hdfs.config import HdfsConfig
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _open(config: HdfsConfig) -> AsyncIterator[ObjectStore]:
    from submarine.adapters.hadoop.web import Web
    from submarine.adapters.hadoop.webhdfs import WebHdfs
    from submarine.adapters.hdfs.object_store import HdfsObjectStore

    async with Web.opened(config) as web:
        files = WebHdfs(web, config.urls, config.act_as)
        async with HdfsObjectStore.on(files, config.root) as store:
            yield store


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the store on HDFS."""
    yield Adapter(
        port=OBJECT_STORE,
        name="hdfs",
        config=HdfsConfig,
        open=_open,
        summary="Keeps objects as files on HDFS, over WebHDFS.",
    )
