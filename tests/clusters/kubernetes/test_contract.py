"""The Kubernetes runtime keeps every promise of a runtime, on a real cluster, with the rights we ship."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.runtime import Programs, RuntimeContract
from submarine.core.workloads.resources import Resources
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.relay import Relay, through


class PodPrograms(Programs):
    python = "python3"


class TestKubernetesRuntime(RuntimeContract):
    adapter = "kubernetes"
    patience: ClassVar[float] = 120.0
    unit: ClassVar[float] = 1.0

    @pytest.fixture
    async def relay(self, kubernetes: KubernetesCluster) -> AsyncIterator[Relay]:
        async with Relay.to(kubernetes.url) as relay:
            yield relay

    @pytest.fixture
    @override
    def options(
        self, server_kubeconfig: Path, namespace: str, relay: Relay, tmp_path: Path
    ) -> Mapping[str, object]:
        return {
            "kubeconfig": str(through(server_kubeconfig, relay, tmp_path / "relayed")),
            "namespace": namespace,
            "image": KubernetesCluster.python_image,
            "spool": True,
        }

    @pytest.fixture
    @override
    def programs(self) -> Programs:
        return PodPrograms()

    @pytest.fixture
    @override
    def resources(self) -> Resources:
        # A hundredth of a core, the kit's own, is enforced here: Python would take seconds to start.
        return Resources(cpu=200, memory=64 * 2**20)

    @pytest.fixture
    @override
    def outage(self, relay: Relay) -> AbstractAsyncContextManager[None]:
        return relay.cut()
