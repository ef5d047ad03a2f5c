"""The cluster: played nodes, a namespace for us, one for the peer, and an account with our rights."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.kubernetes.wire import ApiWire
from tests.clusters.kubernetes.access import ACCOUNT, granted
from tests.clusters.kubernetes.accounts import kubeconfig, token
from tests.clusters.kubernetes.cluster import KubernetesCluster, start_cluster
from tests.clusters.kubernetes.nodes import play
from tests.clusters.kubernetes.settings import kubernetes_table

REPLICAS: Final = 5
RUNNING: Final = "SUBMARINE_BENCH_KUBERNETES"
"""Names the run directory of a cluster of the profile ``scale`` that runs already."""
_OWN: Final = ("/tmp/submarine-kubernetes-bench", 27550)
_PODS_A_NODE: Final = 200
_MANAGER: Final = "kube-controller-manager"
_FLOW: Final = "submarine-bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``ours`` is where our server runs its jobs; ``account`` is the kubeconfig that it and the peer use."""

    cluster: KubernetesCluster
    ours: str
    theirs: str
    account: Path
    api: ApiWire

    @property
    def table(self) -> str:
        """Return the table of the cluster for our server's configuration."""
        options = {"spool": False, "timeout": 60.0}
        return kubernetes_table(self.account, self.ours, "played", **options)

    async def calls(self) -> int:
        """Return how many calls the account has made.

        A watch counts when it begins; questions to /readyz are in a flow of their own and do not count.
        """
        found = 0.0
        for line in (await self.api.raw("/metrics")).splitlines():
            if line.startswith("apiserver_flowcontrol_dispatched_requests_total{") and f'"{_FLOW}"' in line:
                found += float(line.rpartition(" ")[2])
        return round(found)

    @contextmanager
    def unmanaged(self) -> Iterator[None]:
        """Let nobody act on what is created meanwhile, so that creating alone is measured."""
        self.cluster.stop(_MANAGER)
        try:
            yield
        finally:
            self.cluster.start(_MANAGER)

    def clear(self) -> None:
        """Delete what the peer created."""
        kinds = "jobs,services,secrets,configmaps"
        words = ("delete", kinds, "--all", "--cascade=background", "--wait=false")
        self.cluster.kubectl(*words, namespace=self.theirs, seconds=600)


@asynccontextmanager
async def played(folder: Path, jobs: int) -> AsyncIterator[Place]:
    """Start a cluster with room for *jobs*, unless one runs; raise `CannotStartError` if that cannot be."""
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster())
        await asyncio.to_thread(play, cluster, 3 + jobs * REPLICAS // _PODS_A_NODE)
        ours, theirs = (stack.enter_context(cluster.namespace()) for _ in range(2))
        stack.enter_context(granted(cluster, ours))
        stack.enter_context(_counted(cluster, ours))
        bearer = token(cluster, ours, ACCOUNT, 24 * 3600)
        _let_in(cluster, ours, theirs)
        async with ApiWire.open(cluster.kubeconfig) as api:
            account = kubeconfig(cluster, folder / "kubeconfig", bearer, ours)
            yield Place(cluster=cluster, ours=ours, theirs=theirs, account=account, api=api)


@contextmanager
def _cluster() -> Iterator[KubernetesCluster]:
    if running := os.environ.get(RUNNING):
        yield KubernetesCluster(Path(running))
        return
    run_dir, ports = _OWN
    cluster = start_cluster(Path(run_dir), "scale", "--ports", str(ports))
    try:
        yield cluster
    finally:
        cluster.down()


def _let_in(cluster: KubernetesCluster, ours: str, theirs: str) -> None:
    """Let our account create in the other namespace too: the peer is to be served by the same rules."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "bench"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": ours}],
    }
    cluster.apply(binding, namespace=theirs)


@contextmanager
def _counted(cluster: KubernetesCluster, namespace: str) -> Iterator[None]:
    """Give the account's calls a flow of their own, which the API server counts."""
    every: dict[str, Any] = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    schema = {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": _FLOW},
        "spec": {
            "priorityLevelConfiguration": {"name": "workload-high"},
            "matchingPrecedence": 100,
            "rules": [
                {
                    "subjects": [
                        {
                            "kind": "ServiceAccount",
                            "serviceAccount": {"name": ACCOUNT, "namespace": namespace},
                        }
                    ],
                    "resourceRules": [{**every, "clusterScope": True, "namespaces": ["*"]}],
                    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                }
            ],
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(schema))
    try:
        yield
    finally:
        cluster.kubectl("delete", "flowschema", _FLOW, "--wait=false")
