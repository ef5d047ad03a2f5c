"""An attempt carries the password of the registry its image comes from, and no other."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.names import COMPLETION
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.adapters.kubernetes.pulling import secret
from submarine.core.workloads.workload import Environment
from tests.adapters.kubernetes.workloads import NAME, workload

REGISTRIES: Any = {
    server: {"user": "ci", "password": f"of {server}"}
    for server in ("docker.io", "registry.example.org", "registry.example.org/team", "localhost:5000")
}


def config(**more: Any) -> KubernetesConfig:
    return KubernetesConfig(registries=REGISTRIES, **more)


def passwords(image: str, **more: Any) -> dict[str, str]:
    made = secret(config(**more), workload(environment=Environment(image=image)), {})
    if made is None:
        return {}
    auths = json.loads(base64.b64decode(made["data"][".dockerconfigjson"]))["auths"]
    return {server: auth["password"] for server, auth in auths.items()}


@pytest.mark.parametrize(
    ("image", "key", "server"),
    [
        ("registry.example.org/app:1", "registry.example.org", "registry.example.org"),
        ("registry.example.org/team/app:1", "registry.example.org/team", "registry.example.org/team"),
        ("registry.example.org/teams/app:1", "registry.example.org", "registry.example.org"),
        ("localhost:5000/app@sha256:0", "localhost:5000", "localhost:5000"),
        ("python:3", "https://index.docker.io/v1/", "docker.io"),
        ("example/app", "https://index.docker.io/v1/", "docker.io"),
        ("index.docker.io/example/app", "https://index.docker.io/v1/", "docker.io"),
    ],
)
def test_an_image_brings_the_password_of_its_registry_alone(image: str, key: str, server: str) -> None:
    assert passwords(image) == {key: f"of {server}"}


def test_an_image_of_a_registry_nobody_named_brings_none() -> None:
    assert passwords("registry.example.org:444/app") == {}
    assert passwords("localhost/app") == {}


def test_the_helper_s_registry_counts_too() -> None:
    assert passwords("localhost:5000/app", helper="registry.example.org/python:3").keys() == {
        "localhost:5000",
        "registry.example.org",
    }


def test_pods_name_the_secret_behind_those_of_the_operator() -> None:
    work = workload(environment=Environment(image="localhost:5000/app"))
    template = PodTemplates(config(pull_secrets=["own"]), work, "kit").of_role(work.roles[0], COMPLETION)
    assert template is not None
    assert template["spec"]["imagePullSecrets"] == [{"name": "own"}, {"name": f"{NAME}-pull"}]
    assert "of localhost" not in str(template)


def test_a_password_is_not_shown_with_the_configuration() -> None:
    assert "of docker.io" not in repr(config())


@pytest.mark.parametrize("server", ["https://registry.example.org", "Registry.example.org", "a b", ""])
def test_a_registry_is_named_as_images_begin_with_it(server: str) -> None:
    with pytest.raises(ValidationError):
        KubernetesConfig(registries={server: REGISTRIES["docker.io"]})
