"""The Kubernetes runtime keeps every promise of a runtime, on a real cluster, with the rights we ship."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.faults import FaultyLink
from submarine.contracts.kit import promises
from submarine.contracts.runtime import Programs, RuntimeContract
from submarine.contracts.runtime.kit import Victims
from submarine.contracts.runtime.scaling import Scaling
from submarine.contracts.runtime.stage import Stage
from submarine.core.ports.runtime import Runtime
from submarine.core.workloads.resources import Resources
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.plain import plain_text, through
from tests.clusters.kubernetes.victims import processes

ANSWER_SECONDS = 5.0
FIXED = "this runtime makes no StatefulSet larger or smaller yet, so it does not say that it can"
QUEUES = "a cluster holds back what does not fit now, and others use its room too"


class PodPrograms(Programs):
    python = "python3"


class TestKubernetesRuntime(RuntimeContract):
    adapter = "kubernetes"
    patience: ClassVar[float] = 120.0
    unit: ClassVar[float] = 1.0
    gives_up: ClassVar[float] = 3 * ANSWER_SECONDS
    waived: ClassVar[dict[str, str]] = {
        "test_a_full_cluster_says_so_and_leaves_nothing": QUEUES,
        "test_room_is_taken_and_given_back": QUEUES,
        **dict.fromkeys(promises(Scaling), FIXED),
        "test_a_new_size_whose_answer_is_cut_off_can_be_repeated": FIXED,
    }

    @pytest.fixture
    @override
    def backend(self, kubernetes: KubernetesCluster) -> Iterator[tuple[str, int]]:
        with plain_text(kubernetes) as place:
            yield place

    @pytest.fixture
    @override
    def options(
        self, server_kubeconfig: Path, namespace: str, link: FaultyLink, tmp_path: Path
    ) -> Mapping[str, object]:
        return {
            "kubeconfig": str(through(server_kubeconfig, link.url, tmp_path / "linked")),
            "namespace": namespace,
            "image": KubernetesCluster.python_image,
            "timeout": ANSWER_SECONDS,
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
    async def stage(self, runtime: Runtime, programs: Programs, resources: Resources) -> AsyncIterator[Stage]:
        """Leave all to the end of the namespace: a kubelet takes its time, and the next test begins."""
        yield Stage(runtime, programs, resources, self.patience)  # noqa: PT022 - as what it overrides does

    @pytest.fixture
    @override
    def victims(self, kubernetes: KubernetesCluster, namespace: str) -> Victims:
        return partial(processes, kubernetes, namespace)
