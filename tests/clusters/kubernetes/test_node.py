"""The cluster itself: pods run as on any real one, within its bounds and by its rules."""

from __future__ import annotations

import json

import pytest

from tests.clusters.kubernetes.cluster import KubectlError, KubernetesCluster
from tests.clusters.kubernetes.pods import job, pod, python, service
from tests.clusters.scripts import wait_until

LEARNS = """
import os, numpy, sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.datasets import make_classification
x, y = make_classification(random_state=0)
print("user", os.getuid(), "score", LogisticRegression().fit(x, y).score(x, y) > 0.8)
"""

RING = """
import os, socket, time
if os.environ["JOB_COMPLETION_INDEX"] == "0":
    peer, address = socket.create_server(("", 9000)).accept()
    peer.sendall(b"hello from rank 0")
else:
    for attempt in range(300):
        try:
            peer = socket.create_connection(("ring-0.ring", 9000), timeout=5)
            break
        except OSError:
            time.sleep(0.2)
    print("rank 1 heard:", peer.recv(100).decode())
"""

SERVES = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served " + self.path.encode())
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


def test_the_node_is_ready_and_runs_this_version(kubernetes: KubernetesCluster) -> None:
    node = kubernetes.get("node/node-0")
    ready = [each["status"] for each in node["status"]["conditions"] if each["type"] == "Ready"]
    assert (ready, node["status"]["nodeInfo"]["kubeletVersion"]) == (["True"], "v1.37.2")


def test_a_restricted_pod_runs_scikit_learn_and_its_log_is_read(
    kubernetes: KubernetesCluster, namespace: str
) -> None:
    kubernetes.apply(pod("learn", python(LEARNS)), namespace=namespace)
    kubernetes.wait_for("pod/learn", "jsonpath={.status.phase}=Succeeded", namespace)
    assert kubernetes.kubectl("logs", "learn", namespace=namespace) == "user 1000 score True\n"


def test_a_pod_that_asks_for_more_than_restricted_is_refused(
    kubernetes: KubernetesCluster, namespace: str
) -> None:
    greedy = python("print()", securityContext={"privileged": True})
    with pytest.raises(KubectlError, match="violates PodSecurity"):
        kubernetes.apply(pod("greedy", greedy), namespace=namespace)


def test_replicas_find_each_other_by_name(kubernetes: KubernetesCluster, namespace: str) -> None:
    kubernetes.apply(service("ring"), job("ring", python(RING), 2), namespace=namespace)
    kubernetes.wait_for("job/ring", "condition=Complete", namespace)
    heard = kubernetes.kubectl(
        "logs", "-l", "batch.kubernetes.io/job-completion-index=1", namespace=namespace
    )
    assert heard == "rank 1 heard: hello from rank 0\n"


def test_a_service_is_reached_from_a_pod_and_through_the_api_server(
    kubernetes: KubernetesCluster, namespace: str
) -> None:
    asks = f"""
import urllib.request
print(urllib.request.urlopen("http://web.{namespace}.svc.cluster.local/name", timeout=30).read().decode())
"""
    ready = {"readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1}}
    kubernetes.apply(service("web", 8000), pod("web", python(SERVES, **ready)), namespace=namespace)
    kubernetes.wait_for("pod/web", "condition=Ready", namespace)
    path = f"/api/v1/namespaces/{namespace}/services/web:http/proxy/hello"
    wait_until(lambda: _answers(kubernetes, path), 30, "the service proxy")
    assert kubernetes.kubectl("get", "--raw", path) == "served /hello"
    kubernetes.apply(pod("asks", python(asks)), namespace=namespace)
    kubernetes.wait_for("pod/asks", "jsonpath={.status.phase}=Succeeded", namespace)
    assert kubernetes.kubectl("logs", "asks", namespace=namespace) == "served /name\n"


def test_a_memory_limit_kills(kubernetes: KubernetesCluster, namespace: str) -> None:
    code = "block = bytearray()\nwhile True: block.extend(b'x' * (1 << 20))"
    limits = {"resources": {"limits": {"memory": "64Mi", "cpu": "1"}}}
    kubernetes.apply(pod("greedy", python(code, **limits)), namespace=namespace)
    kubernetes.wait_for("pod/greedy", "jsonpath={.status.phase}=Failed", namespace)
    ended = kubernetes.get("pod/greedy", namespace)["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


def test_a_suspended_job_has_no_pods_until_it_is_resumed(
    kubernetes: KubernetesCluster, namespace: str
) -> None:
    kubernetes.apply(job("later", python("print('ran')"), suspend=True), namespace=namespace)
    kubernetes.wait_for("job/later", "condition=Suspended", namespace)
    assert json.loads(kubernetes.kubectl("get", "pods", "-o", "json", namespace=namespace))["items"] == []
    kubernetes.kubectl("patch", "job", "later", "-p", '{"spec":{"suspend":false}}', namespace=namespace)
    kubernetes.wait_for("job/later", "condition=Complete", namespace)


def _answers(kubernetes: KubernetesCluster, path: str) -> bool:
    try:
        kubernetes.kubectl("get", "--raw", path)
    except KubectlError:
        return False
    return True
