"""A real Kubernetes on this machine, started when asked for, whose programs may be killed and frozen."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from tests.clusters.scripts import CannotStartError, run_script, wait_until

HERE: Final = Path(__file__).parent
OWNER: Final = Path("/run/submarine-kubernetes-node")
START_SECONDS: Final = 300.0
RESTRICTED: Final = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}

Profile = Literal["node", "scale"]


class KubectlError(Exception):
    """What kubectl wrote to its standard error."""


@dataclass(frozen=True)
class Registry:
    """A registry that asks for a password, and an image in it."""

    address: str
    user: str
    password: str
    authority: Path
    image: str


class KubernetesCluster:
    """A cluster whose parts are processes of this machine."""

    python_image: Final = "localhost/submarine/python:1"
    """Python 3.11 with numpy and scikit-learn; every node has it."""
    node_address: Final = "10.244.0.1"
    """Where pods reach this machine, and a server that listens there."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.kubeconfig = run_dir / "kubeconfig"
        self.command = [str(kubectl_program()), "--kubeconfig", str(self.kubeconfig)]
        self._disturbed = False

    @property
    def url(self) -> str:
        """The API server's address."""
        config = json.loads(self.kubectl("config", "view", "-o", "json"))
        url: str = config["clusters"][0]["cluster"]["server"]
        return url

    @property
    def authority(self) -> Path:
        """The certificate that all others of this cluster are signed by."""
        return self.run_dir / "pki" / "ca.crt"

    @property
    def registry(self) -> Registry:
        lines = (self.run_dir / "registry" / "registry.env").read_text().split()
        said = dict(line.split("=", 1) for line in lines)
        return Registry(
            said["REGISTRY"],
            said["REGISTRY_USER"],
            said["REGISTRY_PASSWORD"],
            Path(said["REGISTRY_CA"]),
            said["REGISTRY_IMAGE"],
        )

    def kubectl(
        self, *words: str, namespace: str = "", stdin: str | None = None, seconds: float = 120
    ) -> str:
        """Return what kubectl prints, as the administrator; raise `KubectlError` if it fails."""
        command = [*self.command, *(["--namespace", namespace] if namespace else []), *words]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, timeout=seconds
        )
        if done.returncode != 0:
            raise KubectlError(done.stderr.strip())
        return done.stdout

    def apply(self, *objects: Mapping[str, Any], namespace: str) -> None:
        document = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.kubectl("apply", "--validate=ignore", "-f", "-", namespace=namespace, stdin=json.dumps(document))

    def create(self, made: Mapping[str, Any]) -> None:
        """Make one object; raise `KubectlError` if it is there."""
        self.kubectl("create", "--validate=ignore", "-f", "-", stdin=json.dumps(made))

    def import_image(self, archive: Path) -> None:
        """Give the node an image, as an OCI archive, that pods may use without a pull."""
        socket = str(self.run_dir / "containerd" / "sock")
        command = ["ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", str(archive)]
        subprocess.run(command, capture_output=True, check=True, timeout=300)

    def tools_image(self) -> str:
        """Return an image with git, pip, Open MPI and kubectl; the first time it takes minutes."""
        made = subprocess.run(
            [HERE / "images" / "tools.sh"], check=True, capture_output=True, text=True, timeout=900
        )
        self.import_image(Path(made.stdout.splitlines()[-1]))
        return "localhost/submarine/tools:1"

    def get(self, what: str, namespace: str = "") -> dict[str, Any]:
        """Return one object, named as ``pod/x``."""
        found: dict[str, Any] = json.loads(self.kubectl("get", what, "-o", "json", namespace=namespace))
        return found

    def wait_for(self, what: str, condition: str, namespace: str = "") -> None:
        """Wait until *what*, such as ``job/x``, has a condition or a ``jsonpath={…}=value``."""
        self.kubectl("wait", f"--for={condition}", what, "--timeout=180s", namespace=namespace, seconds=200)

    @contextlib.contextmanager
    def namespace(self, labels: Mapping[str, str] = RESTRICTED) -> Iterator[str]:
        """Yield a fresh namespace that takes restricted pods only; afterwards it and all in it go away."""
        name = f"t{secrets.token_hex(5)}"
        metadata = {"name": name, "labels": dict(labels)}
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        try:
            wait_until(lambda: self._has_account(name), 60, f"the service account of {name}")
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")

    def kill(self, program: str) -> None:
        """Send SIGKILL to ``etcd``, ``kube-apiserver``, ``kubelet`` or another; return when it has ended."""
        self._control("kill", program)

    def stop(self, program: str) -> None:
        """Send SIGTERM; return when it has ended."""
        self._control("stop", program)

    def start(self, program: str) -> None:
        """Start it as it was started before; nothing happens if it runs."""
        self._control("start", program)

    def freeze(self, program: str) -> None:
        """Let it be there and not answer."""
        self._control("freeze", program)

    def thaw(self, program: str) -> None:
        """Let it go on after `freeze`."""
        self._control("thaw", program)

    def mend(self) -> None:
        """Make every program run again after what a test did to them, and wait until the cluster is well."""
        if not self._disturbed:
            return
        for pids in sorted(self.run_dir.glob("pids/*.cmd")):
            with contextlib.suppress(CannotStartError):
                self._control("thaw", pids.stem)
            self._control("start", pids.stem)
        wait_until(self._well, 120, "the cluster to be well again")
        self._disturbed = False

    def down(self) -> None:
        """End it; only its logs stay."""
        _run_script("down.sh", str(self.run_dir))

    def _control(self, action: str, program: str) -> None:
        self._disturbed = True
        _run_script("ctl.sh", str(self.run_dir), action, program)

    def _well(self) -> bool:
        try:
            self.kubectl("get", "--raw", "/readyz", seconds=20)
            nodes = json.loads(self.kubectl("get", "nodes", "-o", "json", seconds=20))["items"]
        except (KubectlError, subprocess.TimeoutExpired):
            return False
        return all(_condition(node, "Ready") for node in nodes)

    def _has_account(self, namespace: str) -> bool:
        try:
            self.get("serviceaccount/default", namespace)
        except KubectlError:
            return False
        return True


def running_node() -> KubernetesCluster | None:
    """Return the real node that runs on this machine, whoever started it."""
    with contextlib.suppress(OSError):
        run_dir = Path(OWNER.read_text().strip())
        if (run_dir / "cluster.env").exists() and (run_dir / "pids" / "kubelet").exists():
            return KubernetesCluster(run_dir)
    return None


def start_cluster(run_dir: Path, profile: Profile, *words: str) -> KubernetesCluster:
    """Start one, a real node with registry and operators; raise `CannotStartError` where that cannot be."""
    extras = ["--registry", "--operators"] if profile == "node" else []
    _run_script("up.sh", str(run_dir), "--profile", profile, *extras, *words)
    return KubernetesCluster(run_dir)


def kubectl_program() -> Path:
    """Return the kubectl of the cluster's own version."""
    script = f". {HERE}/parts/settings.sh; echo $K8S/kubectl"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def _run_script(name: str, *words: str) -> str:
    return run_script(HERE / name, *words, seconds=START_SECONDS)


def _condition(found: Mapping[str, Any], kind: str) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(each["type"] == kind and each["status"] == "True" for each in conditions)
