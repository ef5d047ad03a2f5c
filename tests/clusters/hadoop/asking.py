"""What tests ask of our server and of Hadoop, and a witness that jobs in containers write to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import submarine
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import CLUSTER

SLOW: Final = 300.0
"""What starts a container on a busy machine takes its time."""

_PROGRAM: Final = """
import os, sys, time
path, name, seconds, lines, gate, metrics = sys.argv[1:]
if metrics:
    import submarine
def tell(word):
    with open(path, "ab", buffering=0) as file:
        file.write(f"{word} {name} {os.environ['SUBMARINE_ATTEMPT']} {os.getpid()}\\n".encode())
tell("begin")
for n in range(int(lines)):
    print(f"{name} line {n}", flush=True)
    if metrics:
        submarine.log_metric(metrics, 1 / (n + 1), step=n)
    time.sleep(float(seconds) / int(lines))
while not os.path.exists(gate):
    time.sleep(0.1)
tell("end")
"""


class Witness:
    """A file to which each process of a job appends who it is when it begins, and when it ends by itself.

    None ends before its gate is open.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "witness"
        self._folder = folder
        self._path.touch()

    def command(self, name: str, *, seconds: float = 0.0, lines: int = 5, metric: str = "") -> list[str]:
        """Return a command that prints *lines* lines in *seconds*, and logs *metric* with each."""
        flags = [] if metric else ["-I", "-S"]
        words = [str(self._path), name, str(seconds), str(lines), str(self._gate(name)), metric]
        return [sys.executable, *flags, "-c", _PROGRAM, *words]

    def open(self, *names: str) -> None:
        """Let *names* end."""
        for name in names:
            self._gate(name).touch()

    def begun(self) -> Counter[tuple[str, int]]:
        """Return how many processes of each name and attempt began."""
        return Counter((name, attempt) for word, name, attempt, _ in self._lines() if word == "begin")

    def ended(self) -> Counter[tuple[str, int]]:
        """Return how many processes of each name and attempt came to their end."""
        return Counter((name, attempt) for word, name, attempt, _ in self._lines() if word == "end")

    def living(self, name: str, attempt: int = 1) -> list[int]:
        """Return the processes of an attempt that live."""
        return [
            pid
            for word, *who, pid in self._lines()
            if [word, *who] == ["begin", name, attempt] and _lives(pid)
        ]

    @staticmethod
    def log(name: str, lines: int = 5) -> str:
        """Return what the command of *name* prints."""
        return "".join(f"{name} line {n}\n" for n in range(lines))

    def _gate(self, name: str) -> Path:
        return self._folder / f"gate-{name}"

    def _lines(self) -> list[tuple[str, str, int, int]]:
        rows = (line.split() for line in self._path.read_text().splitlines())
        return [(word, name, int(attempt), int(pid)) for word, name, attempt, pid in rows]


def submit(client: submarine.Client, name: str, command: list[str], **more: object) -> submarine.Experiment:
    spec = {"name": name, "command": command, "placement": {"cluster": CLUSTER}, **more}
    return client.experiments.submit({"resources": "memory=128Mi", **spec})


def remarks(client: submarine.Client, experiment: submarine.Experiment) -> list[str]:
    """Return what YARN has said of the job."""
    events = client.experiments.events(experiment)
    return [str(event["data"]["message"]) for event in events if event["type"] == "remark"]


def node(hadoop: HadoopCluster, client: submarine.Client, job: submarine.Experiment) -> str:
    """Return which NodeManager has the job, nothing while that is not known."""
    replicas = client.experiments.get(job.id).replicas
    if not (replicas and replicas[0].node):
        return ""
    return f"nm{hadoop.endpoints['nodemanagers'].index(f'http://{replicas[0].node}') + 1}"


def health(client: submarine.Client) -> str:
    return client.clusters.get(CLUSTER).health


def applications(cluster: HadoopCluster, name: str) -> list[dict[str, Any]]:
    """Return the applications of that name, whoever asks, whatever became of them."""
    found = ask(cluster, "/ws/v1/cluster/apps", name=name)["apps"] or {}
    return list(found.get("app", ()))


def ask(cluster: HadoopCluster, path: str, method: str = "GET", body: object = None, **query: str) -> Any:
    """Return what the active ResourceManager answers to the superuser."""
    who = {} if cluster.secure else {"user.name": "root"}
    ticket = ["--negotiate", "-u", ":"] if cluster.secure else []
    content = [] if body is None else ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    command: Sequence[str] = ["curl", "-sS", "-L", "--max-time", "60", "-X", method, *ticket, *content]
    environment = {**os.environ, "KRB5_CONFIG": str(cluster.realm)}
    said = ""
    for url in cluster.endpoints["resourcemanagers"]:
        done = subprocess.run(
            [*command, f"{url}{path}?{urlencode({**query, **who})}"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        said = done.stdout + done.stderr
        if done.stdout.startswith("{"):
            return json.loads(done.stdout)
    raise AssertionError(f"no ResourceManager answers: {said}")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
