"""Our own programs are on HDFS when something is submitted, whoever deletes them, at no more cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn import kit
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.kit import Kit
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

PATH: Final = f"/user/alice/.submarine/.kit/{kit.name()}"


@asynccontextmanager
async def files(hadoop: HadoopInMemory) -> AsyncIterator[Files]:
    async with hadoop.serving():
        config = YarnConfig(resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice")
        async with Web.opened(config) as opened:
            yield Files(config, WebHdfs(opened, (hadoop.url,)))


async def test_what_is_deleted_is_brought_again() -> None:
    hadoop = HadoopInMemory()
    async with files(hadoop) as here:
        brought = Kit(here, "alice")
        for _ in range(2):
            await brought.bring()
            await here.folders()  # as every round does
            await brought.bring()
            assert hadoop.files.pop(PATH) == kit.content()
            await here.folders()


async def test_hundreds_of_submissions_ask_for_it_once() -> None:
    hadoop = HadoopInMemory()
    hadoop.frozen = True  # nobody changes anything
    async with files(hadoop) as here:
        brought = Kit(here, "alice")
        await brought.bring()
        await here.folders()
        await brought.bring()
        before = hadoop.calls
        for _ in range(300):
            await brought.bring()
        assert hadoop.calls == before


async def test_what_yarn_does_not_find_is_looked_for_at_once() -> None:
    hadoop = HadoopInMemory()
    hadoop.frozen = True
    async with files(hadoop) as here:
        brought = Kit(here, "alice")
        await brought.bring()
        await here.folders()
        await brought.bring()
        del hadoop.files[PATH]
        await brought.bring(again=True)
        assert hadoop.files[PATH] == kit.content()
