"""A job with an image runs in Docker where an operator says that there is some, and nowhere else."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pydantic import ValidationError

from submarine.adapters.yarn import service
from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.refusals import refusal
from submarine.contracts.runtime.stage import Rendezvous
from submarine.core.workloads.workload import Environment, Role, Workload, WorkloadKind, handle_of

IMAGE: Final = "registry.example.org:5000/team/torch:2.5"


def config(**more: Any) -> YarnConfig:
    return YarnConfig(resource_managers=("http://rm:8088",), name_nodes=("http://nn:9870",), **more)


def workload(image: str | None = IMAGE) -> Workload:
    return Workload(
        name=handle_of("01j8z0000000000000000000", 1),
        job="01j8z0000000000000000000",
        attempt=1,
        kind=WorkloadKind.BATCH,
        framework=Rendezvous(),
        roles=(Role(name="worker", replicas=1, command=("true",)),),
        environment=Environment(image=image),
        grace=5.0,
    )


def test_an_image_is_the_artifact_of_every_component() -> None:
    options: dict[str, Any] = {"docker_mounts": ["/etc/passwd:/etc/passwd:ro", "/data:/data"]}
    options |= {"docker_client_config": "hdfs:///user/ml/config.json"}
    said = service.spec(config(docker=True, **options), workload())
    (component,) = said["components"]
    assert component["artifact"] == {"id": IMAGE, "type": "DOCKER"}
    assert component["configuration"]["properties"] == {"docker.network": "host"}
    mounts = component["configuration"]["env"]["YARN_CONTAINER_RUNTIME_DOCKER_MOUNTS"]
    assert mounts == "/etc/passwd:/etc/passwd:ro,/data:/data"
    assert said["docker_client_config"] == "hdfs:///user/ml/config.json"


def test_without_an_image_nothing_is_said_of_docker() -> None:
    said = service.spec(config(docker=True, docker_client_config="hdfs:///config.json"), workload(None))
    (component,) = said["components"]
    assert "docker_client_config" not in said
    assert not {"artifact", "properties"} & {*component, *component["configuration"]}


def test_an_image_is_refused_where_there_is_no_docker() -> None:
    assert "runs no images" in str(refusal(workload(), config(), Seen()))
    assert refusal(workload(), config(docker=True), Seen()) is None


@pytest.mark.parametrize("image", ["", "-v", "a b", 'a"b', "a$(id)", "a,b"])
def test_what_is_no_image_is_refused(image: str) -> None:
    assert "is not the name of an image" in str(refusal(workload(image), config(docker=True), Seen()))


@pytest.mark.parametrize("mount", ["data:/data", "/data", "/a:/b,/c:/d", "/a:/b:ro:x"])
def test_what_is_no_mount_is_refused(mount: str) -> None:
    with pytest.raises(ValidationError, match="docker_mounts"):
        config(docker_mounts=[mount])
