"""What YARN's services make of an image: containers are asked for from Docker, with our mounts and network.

There is no Docker here and the nodes' executor passes over it, so the command itself runs on the node.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pytest

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.config import YarnConfig
from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Environment
from submarine.plugins.registry import discover
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import yarn_options

PATIENCE: Final = 240.0
SIZE: Final = Resources(cpu=10, memory=128 * 2**20)
IMAGE: Final = "registry.example.org:5000/team/torch:2.5"
LOGINS: Final = "/user/alice/docker/config.json"
MOUNTS: Final = ["/etc/passwd:/etc/passwd:ro", "/data:/data"]
RUNTIME_OF: Final = "YARN_CONTAINER_RUNTIME_"
SHOW: Final = f"""
import json, os
print(json.dumps({{name: said for name, said in os.environ.items() if name.startswith({RUNTIME_OF!r})}}))
"""


@pytest.mark.chaos
async def test_yarn_asks_docker_for_the_containers_of_an_image(plain_hadoop: HadoopCluster) -> None:
    await _bring_logins(plain_hadoop)
    options = yarn_options(
        plain_hadoop, "alice", docker=True, docker_mounts=MOUNTS, docker_client_config=f"hdfs://{LOGINS}"
    )
    async with discover().open(RUNTIME, "yarn", options) as runtime:
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        try:
            show = (stage.programs.python, "-I", "-S", "-c", SHOW)
            handle = await stage.submit(show, environment=Environment(image=IMAGE))
            await stage.phase(handle, Phase.SUCCEEDED)
            told = json.loads(await stage.text(handle))
        finally:
            await stage.clear()
    assert told[f"{RUNTIME_OF}TYPE"] == "docker"
    assert told[f"{RUNTIME_OF}DOCKER_IMAGE"] == IMAGE
    assert told[f"{RUNTIME_OF}DOCKER_CONTAINER_NETWORK"] == "host"
    assert told[f"{RUNTIME_OF}DOCKER_MOUNTS"] == ",".join(MOUNTS)


async def _bring_logins(cluster: HadoopCluster) -> None:
    auth = base64.b64encode(b"ci:secret").decode()
    logins: Any = {"auths": {"registry.example.org:5000": {"auth": auth}}}
    config = YarnConfig.model_validate(yarn_options(cluster, "alice"))
    async with Web.opened(config) as web:
        files = WebHdfs(web, config.name_nodes)
        await files.create(LOGINS, json.dumps(logins).encode(), overwrite=True, mode="600")
