"""The certificate that a cluster shows is compared with ``tls-server-name``, whatever is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.kinds import PODS
from submarine.core.errors import NotFoundError, UnavailableError

PROTOCOL = "v4.channel.k8s.io"


async def test_the_name_that_its_certificate_has_opens_calls_and_sockets(
    server_kubeconfig: Path, namespace: str
) -> None:
    async with Api.open(_named(server_kubeconfig, namespace, "kubernetes")) as api:
        with pytest.raises(NotFoundError):
            await api.get(PODS, "nobody")
        with pytest.raises(NotFoundError):
            await _forward(api)


async def test_another_name_opens_nothing(server_kubeconfig: Path, namespace: str) -> None:
    async with Api.open(_named(server_kubeconfig, namespace, "elsewhere.example.org")) as api:
        with pytest.raises(UnavailableError, match="elsewhere"):
            await api.get(PODS, "nobody")
        with pytest.raises(UnavailableError, match="elsewhere"):
            await _forward(api)


async def _forward(api: Api) -> None:
    path = f"{PODS.path(api.namespace)}/nobody/portforward"
    async with await api.socket(path, {"ports": "80"}, PROTOCOL):
        pass


def _named(kubeconfig: Path, namespace: str, name: str) -> KubernetesConfig:
    document = yaml.safe_load(kubeconfig.read_text())
    document["clusters"][0]["cluster"]["tls-server-name"] = name
    kubeconfig.write_text(yaml.safe_dump(document))
    return KubernetesConfig(kubeconfig=kubeconfig, namespace=namespace)
