"""What YARN keeps of services is deleted where nothing else is left of them, and nobody else's."""

from __future__ import annotations

from typing import Final

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.leftovers import clear
from submarine.adapters.yarn.manager import Manager
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

FOLDERS: Final = "/user/alice/.submarine"
SERVICES: Final = "/user/alice/.yarn/services"


def keep(hadoop: HadoopInMemory, name: str, folder: str = FOLDERS) -> None:
    """Have YARN keep a service *name*, whose script is below *folder*."""
    kept = f'{{"src_file": "{folder}/{name}/main.worker.sh"}}'
    hadoop.files[f"{SERVICES}/{name}/{name}.json"] = kept.encode()
    hadoop.files[f"{SERVICES}/{name}/lib/yarn-service.jar"] = b"PK"


async def test_only_what_is_ours_and_of_which_nothing_else_is_left_is_cleared() -> None:
    hadoop = HadoopInMemory()
    for name in ("gone", "ended", "lives", "there"):
        keep(hadoop, name)
    keep(hadoop, "others", "/user/alice/tools")
    keep(hadoop, "elsewhere", "/user/alice/.submarine-2")
    hadoop.start("ended", 1, "FINISHED")
    hadoop.start("lives", 2)
    hadoop.files[f"{FOLDERS}/there/plan.json"] = b"{}"
    async with hadoop.serving():
        config = YarnConfig(resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice")
        async with Web.opened(config) as opened:
            files = Files(config, WebHdfs(opened, (hadoop.url,)))
            await clear(Manager(config, opened), files, "alice")
            assert set(await files.services.known("alice")) == {"lives", "there", "others", "elsewhere"}
