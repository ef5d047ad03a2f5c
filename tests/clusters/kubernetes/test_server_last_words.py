"""What a pod says while it is deleted is read before it goes."""

from __future__ import annotations

from typing import Final

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.output import text
from tests.end_to_end.patience import PATIENCE, ended, until
from tests.entrypoints.server import Server

_STUBBORN: Final = """
import signal, sys, time
def last(number, frame):
    for n in range(3):
        print("last word", n, flush=True)
    if len(sys.argv) > 1:
        sys.exit(143)
signal.signal(signal.SIGTERM, last)
print("first word", flush=True)
while True:
    time.sleep(1)
"""
_COMMAND: Final = ["python3", "-I", "-S", "-c", _STUBBORN]
_FIRST: Final = "first word\n"
_ALL: Final = _FIRST + "".join(f"last word {n}\n" for n in range(3))


def test_last_words_of_a_pod_that_somebody_deletes_are_kept(
    kubernetes: KubernetesCluster, namespace: str, server: Server
) -> None:
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        job = submit(client, "deleted", [*_COMMAND, "obey"])
        until(lambda: text(client, job) == _FIRST)
        selector = f"submarine/handle=sub-{job.id}-1"
        kubernetes.kubectl("delete", "pod", "-l", selector, "--grace-period=10", namespace=namespace)
        found = ended(client, job.id)
        assert found.reason == "pod-deleted", client.experiments.explain(found)
        assert text(client, job) == _ALL


def test_last_words_of_one_that_is_given_less_time_than_it_asked_for_are_kept(server: Server) -> None:
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        job = submit(client, "hurried", _COMMAND, grace="5m")
        until(lambda: text(client, job) == _FIRST)
        client.experiments.cancel(job.id, grace=1)
        assert ended(client, job.id).state == "cancelled"
        assert text(client, job) == _ALL
