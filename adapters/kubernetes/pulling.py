"""Passwords of registries: what an attempt's image is pulled with, in a Secret that goes when it goes.

Source: Kubernetes' "Pull an Image from a Private Registry" and Docker's reference of image names.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from submarine.adapters.kubernetes.config import KubernetesConfig, Login
from submarine.core.workloads.workload import Workload

Body = dict[str, Any]

_HUB: Final = "docker.io"
_HUB_KEY: Final = "https://index.docker.io/v1/"
"""Where Docker, and the kubelet after it, look for the password of ``docker.io``."""


def secret_name(handle: str) -> str:
    """Return the name of the Secret of an attempt; its variables have one of their own."""
    return f"{handle}-pull"


def logins(config: KubernetesConfig, workload: Workload) -> Mapping[str, Login]:
    """Return what the images of *workload* are pulled with, by registry: of all we know, only that."""
    images = {workload.environment.image or config.image, config.helper} - {None}
    servers = {server for image in images if image and (server := _server(image, config.registries))}
    return {server: config.registries[server] for server in sorted(servers)}


def secret(config: KubernetesConfig, workload: Workload, labels: Mapping[str, str]) -> Body | None:
    """Return the Secret that the pods of *workload* pull with, None if they need none of ours."""
    if not (found := logins(config, workload)):
        return None
    auths = {_HUB_KEY if server == _HUB else server: _auth(login) for server, login in found.items()}
    content = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    return {
        "metadata": {"name": secret_name(workload.name), "labels": dict(labels)},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": content},
    }


def _server(image: str, known: Iterable[str]) -> str | None:
    """Return the longest of *known* that *image* is below."""
    whole = _whole(image)
    return max((s for s in known if whole.startswith(f"{s}/")), key=len, default=None)


def _whole(image: str) -> str:
    """Return *image* with its registry, as Docker completes it."""
    first, slash, _ = image.partition("/")
    named = bool(slash) and ("." in first or ":" in first or first == "localhost")
    if not named:
        return f"{_HUB}/{image}" if slash else f"{_HUB}/library/{image}"
    return image.removeprefix("index.") if first == f"index.{_HUB}" else image


def _auth(login: Login) -> Body:
    password = login.password.get_secret_value()
    both = base64.b64encode(f"{login.user}:{password}".encode()).decode()
    return {"username": login.user, "password": password, "auth": both}
