"""What pods did, told by their own processes to a server of the test and not to ours."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from typing_extensions import override

from tests.clusters.kubernetes.cluster import KubernetesCluster

_PROGRAM: Final = """
import os, sys, time, urllib.request
url, name, seconds, lines, metrics = sys.argv[1:]
seconds, lines = float(seconds), int(lines)
me = os.urandom(8).hex()
def tell(word):
    while True:
        try:
            with urllib.request.urlopen(f"{url}/{word}/{name}/{me}", data=b"", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.2)
if metrics:
    import submarine
tell("begin")
for n in range(lines):
    print(f"{name} line {n}", flush=True)
    if metrics:
        submarine.log_metric(metrics, 1 / (n + 1), step=n)
    time.sleep(seconds / lines)
while not tell("gate"):
    time.sleep(0.2)
tell("end")
"""


class PodWitness:
    """Counts who began and who ended; a process that says a thing twice, for want of an answer, counts once.

    Gates are open unless closed: a process does not end before its gate is open.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._said: set[tuple[str, str, str]] = set()
        self._closed: set[str] = set()

    def command(self, name: str, seconds: float = 0.0, lines: int = 5, metric: str = "") -> list[str]:
        """Return a command that takes *seconds*, prints *lines* lines, and logs *metric* with each."""
        flags = [] if metric else ["-I", "-S"]
        return ["python3", *flags, "-c", _PROGRAM, self.url, name, str(seconds), str(lines), metric]

    @staticmethod
    def log(name: str, lines: int = 5) -> str:
        """Return what the command of *name* prints if it comes to its end."""
        return "".join(f"{name} line {n}\n" for n in range(lines))

    def close(self, *names: str) -> None:
        """Let *names* not end before `open`."""
        self._closed |= set(names)

    def open(self, *names: str) -> None:
        """Let *names* end."""
        self._closed -= set(names)

    def begun(self) -> Counter[str]:
        """Return how many processes of each name began."""
        return Counter(name for word, name, _ in tuple(self._said) if word == "begin")

    def ended(self) -> Counter[str]:
        """Return how many processes of each name came to their end."""
        return Counter(name for word, name, _ in tuple(self._said) if word == "end")

    def hear(self, word: str, name: str, process: str) -> bool:
        """Note what a process says; return whether it may go on."""
        self._said.add((word, name, process))
        return word != "gate" or name not in self._closed


@contextmanager
def pod_witness() -> Iterator[PodWitness]:
    """Listen where pods reach this machine."""
    witness: PodWitness

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            _, word, name, process = self.path.split("/")
            self.send_response(200 if witness.hear(word, name, process) else 202)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((KubernetesCluster.node_address, 0), Handler) as server:
        witness = PodWitness(f"http://{KubernetesCluster.node_address}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, name="pod-witness", daemon=True)
        thread.start()
        yield witness
        server.shutdown()
        thread.join(30)
