"""The line between our server and the API server breaks every few seconds, under load."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml

import submarine
from submarine.contracts.faults import Away, FaultyLink
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.conftest import Serve
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.clusters.output import text
from tests.end_to_end.patience import all_ended

JOBS = 20
WELL_SECONDS = 2.0
AWAY_SECONDS = 0.3
CUTS = 5
"""How often it breaks at least; the load lasts longer than that."""


def test_watches_that_are_cut_all_the_time_miss_nothing(
    kubernetes: KubernetesCluster,
    namespace: str,
    server_kubeconfig: Path,
    serve: Serve,
    witness: PodWitness,
    tmp_path: Path,
) -> None:
    names = {f"job-{n}" for n in range(JOBS)}
    there = urlsplit(kubernetes.url)
    with FaultyLink(str(there.hostname), there.port or 443) as link:
        path = _by_way_of(server_kubeconfig, link, tmp_path / "linked")
        server = serve(kubernetes_table(path, namespace, spool=False))
        with submarine.Client(server.url, server.token) as client, _breaking(link) as cuts:
            for name in sorted(names):
                submit(client, name, witness.command(name, 1.0))
            found = all_ended(client, names)
            assert cuts() >= CUTS
            assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
            for name, experiment in found.items():
                assert text(client, experiment) == witness.log(name)
    assert witness.begun() == witness.ended() == Counter(names)


def _by_way_of(kubeconfig: Path, link: FaultyLink, path: Path) -> Path:
    """Write a kubeconfig that goes through *link*; TLS passes, and its certificate is for another name."""
    document = yaml.safe_load(kubeconfig.read_text())
    for each in document["clusters"]:
        each["cluster"] |= {"server": f"https://{link.host}:{link.port}", "tls-server-name": "kubernetes"}
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path


@contextmanager
def _breaking(link: FaultyLink) -> Iterator[Callable[[], int]]:
    over = threading.Event()
    count = 0

    def work() -> None:
        nonlocal count
        while not over.wait(WELL_SECONDS):
            with link.suffering(Away()):
                over.wait(AWAY_SECONDS)
            count += 1

    thread = threading.Thread(target=work, name="breaks the link")
    thread.start()
    try:
        yield lambda: count
    finally:
        over.set()
        thread.join()
