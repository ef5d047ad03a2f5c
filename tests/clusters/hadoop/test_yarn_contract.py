"""The YARN runtime keeps every promise of a runtime, on real Hadoop daemons.

A container takes seconds to start, so that the promises take minutes; ARGS='-k …' for some of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.faults import FaultyLink
from submarine.contracts.faults.victims import marked
from submarine.contracts.runtime import RuntimeContract
from submarine.contracts.runtime.kit import Victims
from submarine.core.workloads.resources import Resources
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.forwarding import forwarding
from tests.clusters.hadoop.settings import ANSWER_SECONDS, yarn_options


class TestYarnRuntime(RuntimeContract):
    adapter = "yarn"
    patience: ClassVar[float] = 150.0
    unit: ClassVar[float] = 1.0
    gives_up: ClassVar[float] = 3 * ANSWER_SECONDS

    @pytest.fixture
    @override
    def backend(self) -> Iterator[tuple[str, int]]:
        with forwarding() as place:
            yield place

    @pytest.fixture
    @override
    def options(self, plain_hadoop: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(plain_hadoop, "alice", queue="batch", proxy=link.url, timeout=ANSWER_SECONDS)

    @pytest.fixture
    @override
    def resources(self) -> Resources:
        # YARN kills what uses more than it asked for: a launcher and a command, both Python.
        return Resources(cpu=10, memory=128 * 2**20)

    @pytest.fixture
    @override
    def victims(self) -> Victims:
        return lambda handle: marked(f"SUBMARINE_WORKLOAD={handle}")
