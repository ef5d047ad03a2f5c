"""Code and packages come into pods by every way the adapter promises, and credentials by a program."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from typing_extensions import override

import submarine
from submarine.adapters.kubernetes.preparing import LARGEST_ARCHIVE
from tests.clusters.kubernetes.access import granted
from tests.clusters.kubernetes.accounts import kubeconfig
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.conftest import Serve
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.clusters.output import text
from tests.end_to_end.patience import PATIENCE, ended, until
from tests.entrypoints.server import Server
from tests.wheels import ROOT

TOKEN_SECONDS: Final = 15

_GIVE: Final = """
import json, sys
root, namespace, account, seconds, asked = sys.argv[1:]
sys.path.insert(0, root)
from tests.clusters.kubernetes.accounts import token
from tests.clusters.kubernetes.cluster import running_node
with open(asked, "a") as file:
    file.write(".")
given = token(running_node(), namespace, account, float(seconds))
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {"token": given}}))
"""


def test_code_that_no_secret_could_hold_is_fetched_from_our_store(server: Server, tmp_path: Path) -> None:
    noise = os.urandom(LARGEST_ARCHIVE + 2**20)  # which gzip does not make smaller
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "noise").write_bytes(noise)
    (folder / "main.py").write_text(
        "import hashlib\nprint(hashlib.sha256(open('noise', 'rb').read()).hexdigest())\n"
    )
    spec = {"name": "large", "command": ["python3", "main.py"], "placement": {"cluster": "kube"}}
    with submarine.Client(server.url, server.token) as client:
        found = client.experiments.submit(spec | {"code": {"dir": "."}}, base=folder)
        assert text(client, _succeeded(client, found)) == hashlib.sha256(noise).hexdigest() + "\n"


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_code_comes_from_git_and_packages_from_an_index(
    kubernetes: KubernetesCluster, serve: Serve, server_kubeconfig: Path, namespace: str, tmp_path: Path
) -> None:
    """By the helper's git and pip; its image is made here, which takes a minute or two."""
    helper = kubernetes.tools_image()
    server = serve(kubernetes_table(server_kubeconfig, namespace, helper=helper))
    repository = _repository(tmp_path / "repository")
    _index(tmp_path / "index")
    with (
        _serving(partial(_Git, repository.parent)) as git,
        _serving(partial(_Quiet, directory=str(tmp_path / "index"))) as index,
        submarine.Client(server.url, server.token) as client,
    ):
        found = submit(
            client,
            "fetched",
            ["python3", "main.py"],
            code={"git": {"url": f"{git}/repository", "ref": "v1", "path": "src"}},
            environment={"python": {"packages": ["greeting==1.0"]}},
            env={"PIP_INDEX_URL": f"{index}/simple", "PIP_TRUSTED_HOST": KubernetesCluster.node_address},
        )
        assert text(client, _succeeded(client, found)) == "ahoy from v1\n"
        missing = submit(client, "missing", ["true"], code={"git": {"url": f"{git}/repository", "ref": "v9"}})
        failed = ended(client, missing.id)
        assert (failed.state, failed.reason) == ("failed", "preparation-failed")
        assert "v9" in str(failed.message)


def test_a_program_gives_credentials_and_new_ones_when_they_expire(
    kubernetes: KubernetesCluster, namespace: str, serve: Serve, tmp_path: Path
) -> None:
    """As ``aws eks get-token`` and its like do; each token is refused after a quarter of a minute."""
    asked = tmp_path / "asked"
    with granted(kubernetes, namespace) as account:
        path = kubeconfig(kubernetes, tmp_path / "kubeconfig", "unused", namespace)
        document = yaml.safe_load(path.read_text())
        document["users"][0]["user"] = {"exec": _program(kubernetes, namespace, account, asked)}
        path.write_text(yaml.safe_dump(document))
        server = serve(kubernetes_table(path, namespace))
        with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
            first = _succeeded(client, submit(client, "first", ["echo", "one"]))
            assert text(client, first) == "one\n"
            began = time.monotonic()
            times = len(asked.read_text())
            # longer than a token lives, and the API server forgets whom it has let in
            until(lambda: time.monotonic() - began > 2 * TOKEN_SECONDS)
            second = _succeeded(client, submit(client, "second", ["echo", "two"]))
            assert text(client, second) == "two\n"
            assert len(asked.read_text()) > times


def _succeeded(client: submarine.Client, experiment: submarine.Experiment) -> submarine.Experiment:
    found = ended(client, experiment.id, 240.0)
    assert found.state == "succeeded", client.experiments.explain(found)
    return found


def _program(cluster: KubernetesCluster, namespace: str, account: str, asked: Path) -> dict[str, Any]:
    """Return how a kubeconfig names a program that gives a token of *account*, and notes that it did."""
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": sys.executable,
        "args": ["-c", _GIVE, str(ROOT), namespace, account, str(TOKEN_SECONDS), str(asked)],
    }


def _repository(folder: Path) -> Path:
    """Make a bare repository whose tag ``v1`` is not what its branch is by now."""
    work = folder.with_name("work")
    (work / "src").mkdir(parents=True)
    git = ("git", "-C", str(work), "-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run([*git, "init", "--quiet", "-b", "main"], check=True)
    for version in ("v1", "v2"):
        (work / "src" / "main.py").write_text(f"import greeting\nprint(greeting.WORD, 'from {version}')\n")
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", version], check=True)
        subprocess.run([*git, "tag", version], check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(folder)], check=True)
    return folder


def _index(folder: Path) -> None:
    """Make a package index of one wheel, as PEP 503 has it."""
    page = folder / "simple" / "greeting"
    page.mkdir(parents=True)
    wheel = "greeting-1.0-py3-none-any.whl"
    told = "greeting-1.0.dist-info"
    with zipfile.ZipFile(page / wheel, "w") as archive:
        archive.writestr("greeting.py", "WORD = 'ahoy'\n")
        archive.writestr(f"{told}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        archive.writestr(f"{told}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{told}/RECORD", f"greeting.py,,\n{told}/METADATA,,\n{told}/WHEEL,,\n{told}/RECORD,,\n"
        )
    (page / "index.html").write_text(f'<a href="{wheel}">{wheel}</a>')


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Git(BaseHTTPRequestHandler):
    """``git http-backend``, which every git brings along."""

    def __init__(self, folder: Path, *args: Any) -> None:
        self._folder = folder
        super().__init__(*args)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        variables = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self._folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        asked = self.rfile.read(length)
        said = subprocess.run(
            ["git", "http-backend"], input=asked, env=variables, capture_output=True, check=True
        ).stdout
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _serving(handler: Any) -> Iterator[str]:
    """Serve where pods reach this machine."""
    with ThreadingHTTPServer((KubernetesCluster.node_address, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://{KubernetesCluster.node_address}:{server.server_port}"
        server.shutdown()
        thread.join(30)
