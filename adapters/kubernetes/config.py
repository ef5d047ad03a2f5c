"""What the Kubernetes runtime needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr

Label = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]

Server = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9._-]+)*$")]
"""A registry as image names begin with it, perhaps with the first parts of a path: no ``https://``."""


class Login(BaseModel, frozen=True, extra="forbid"):
    """Who pulls from a registry."""

    user: str = Field(min_length=1)
    password: SecretStr = Field(min_length=1)


class KubernetesConfig(BaseModel, frozen=True, extra="forbid"):
    """Which cluster, which namespace, and what every pod there is given.

    Without ``kubeconfig``, ``KUBECONFIG`` and then the pod's own service account are tried.
    """

    kubeconfig: Path | None = Field(default=None, description="a file as kubectl reads it")
    context: str | None = Field(default=None, description="a context in it; its current one if absent")
    in_cluster: bool = Field(default=False, description="use the service account of the server's own pod")
    namespace: Label = Field(default="submarine", description="where workloads run; it must exist")
    domain: str = Field(default="cluster.local", description="the domain of the cluster's DNS")
    timeout: float = Field(default=10.0, gt=0, le=300, description="seconds an API call may take")
    calls: int = Field(default=32, ge=1, le=1000, description="API calls at once")
    operators: bool = Field(
        default=False, description="use the training operator and the trainer where they are installed"
    )
    forms: tuple[str, ...] | None = Field(
        default=None, description="which forms workloads may take, such as indexed-job; all if absent"
    )
    url: str | None = Field(default=None, description="the server as pods reach it, instead of its own URL")
    image: str | None = Field(default=None, description="what runs when a spec names no image")
    helper: str | None = Field(
        default=None, description="an image with Python 3 that makes code ready; the role's own if absent"
    )
    sdk: bool = Field(default=True, description="put the in-job SDK on PYTHONPATH")
    spool: bool = Field(
        default=False, description="a sidecar keeps what the SDK could not send; its image needs Python 3"
    )
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    pull_secrets: tuple[Label, ...] = Field(
        default=(), description="Secrets of the namespace that hold registry passwords"
    )
    registries: dict[Server, Login] = Field(
        default_factory=dict, description="users and passwords, by registry as image names begin with it"
    )
    service_account: Label | None = Field(
        default=None, description="the pods' own; without one they get no token of the cluster"
    )
    security: Literal["restricted", "image"] = Field(
        default="restricted",
        description="'image' lets pods run as the user their image names, be it root",
    )
    user: int = Field(default=1000, ge=1, description="the numeric user of pods under 'restricted'")
    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: tuple[dict[str, Any], ...] = ()
    affinity: dict[str, Any] = Field(default_factory=dict)
    priority_classes: dict[int, str] = Field(
        default_factory=dict, description="the PriorityClass from a priority (0 to 100) on"
    )
    volumes: tuple[dict[str, Any], ...] = Field(
        default=(), description="volumes of every pod: Kubernetes' own words, and 'mount' for where"
    )
    code_limit: int = Field(default=4 * 2**30, gt=0, description="bytes that code may have when unpacked")
    inside: bool = Field(
        default=False, description="the server reaches pods by their address; else it forwards ports"
    )
    grows: bool = Field(
        default=False, description="nodes are added on demand, so nothing is refused for its size"
    )
