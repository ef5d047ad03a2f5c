"""One node as several clusters of one server: each has a namespace of its own, and its own options."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.clusters.kubernetes.access import granted
from tests.clusters.kubernetes.accounts import kubeconfig, token
from tests.clusters.kubernetes.cluster import RESTRICTED, KubernetesCluster
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.entrypoints.server import Server

UNRESTRICTED: Final = frozenset({"pytorch-job", "mpi-job"})
"""What the training operator adds to their pods no restricted namespace takes."""

KINDS: Final = (
    "configmaps,secrets,services,serviceaccounts,roles,rolebindings,jobs,pods,statefulsets,"
    "jobsets,pytorchjobs,tfjobs,xgboostjobs,mpijobs,trainjobs,trainingruntimes"
)


@dataclass(frozen=True)
class Several:
    """A server, and the namespace of each of its clusters."""

    cluster: KubernetesCluster
    server: Server
    namespaces: Mapping[str, str]

    def left(self, name: str) -> set[str]:
        """Return what there is of attempts in the namespace of cluster *name*, whoever made it."""
        words = ("get", KINDS, "--ignore-not-found", "-o", "name")
        found = self.cluster.kubectl(*words, namespace=self.namespaces[name]).split()
        return {each for each in found if "/sub-" in each}


@contextmanager
def by_form(
    cluster: KubernetesCluster, root: Path, forms: Collection[str], more: str = ""
) -> Iterator[Several]:
    """Start a server with a cluster for each of *forms*, which writes workloads down in that form alone."""
    with ExitStack() as stack:
        labels = {form: {} if form in UNRESTRICTED else RESTRICTED for form in forms}
        places = {form: stack.enter_context(cluster.namespace(labels[form])) for form in forms}
        options = {form: {"forms": [form], "operators": True} for form in forms}
        yield stack.enter_context(several(cluster, root, places, options, more))


@contextmanager
def several(
    cluster: KubernetesCluster,
    root: Path,
    namespaces: Mapping[str, str],
    options: Mapping[str, Mapping[str, Any]],
    more: str = "",
) -> Iterator[Several]:
    """Start a server to which each of *namespaces* is a cluster with *options*; *more* is also set."""
    with ExitStack() as stack:
        tables = [more]
        for name, namespace in namespaces.items():
            account = stack.enter_context(granted(cluster, namespace))
            bearer = token(cluster, namespace, account)
            path = kubeconfig(cluster, root / f"{name}.kubeconfig", bearer, namespace)
            tables.append(kubernetes_table(path, namespace, name, **options[name]))
        server = Server(root, "\n".join(tables), host=cluster.node_address)
        stack.callback(server.stop)
        server.start()
        yield Several(cluster, server, namespaces)
