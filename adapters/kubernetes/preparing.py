"""What a pod needs besides its command: folders, code, packages, the in-job SDK, a keeper of the spool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.core.workloads.workload import Archive, Git, Remote, Workload

Body = dict[str, Any]

SPOOL: Final = "/submarine/spool"
OUTPUT: Final = "/submarine/output"
ARCHIVE: Final = "code.tar.gz"
ZIP: Final = "submarine.zip"
LARGEST_ARCHIVE: Final = 700 * 2**10
"""Bytes of code that travel in the attempt's Secret; etcd takes 1.5 MiB an object."""

_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "no_proxy"})
_KIT: Final = "/submarine/kit"
_WORK: Final = "/submarine/work"
_CODE: Final = f"{_WORK}/code"
_SITE: Final = f"{_WORK}/packages"
_PARCEL: Final = "/submarine/parcel"
_PACKAGE: Final = "submarine.adapters.kubernetes.pod"


def python_path(config: KubernetesConfig, workload: Workload) -> list[str]:
    """Return what is put behind the command's own PYTHONPATH."""
    found = [_SITE] if workload.environment.packages else []
    return [*found, f"{_KIT}/{ZIP}"] if config.sdk else found


@dataclass(frozen=True, slots=True)
class Preparation:
    """The parts of a pod spec that make *workload* ready; *kit* is the ConfigMap with our programs."""

    config: KubernetesConfig
    workload: Workload
    kit: str

    def volumes(self) -> list[Body]:
        """Return the volumes."""
        said: list[Body] = [{"name": "submarine-spool", "emptyDir": {}}]
        said.append({"name": "submarine-output", "emptyDir": {}})
        if self.config.sdk or self._programs:
            said.append({"name": "submarine-kit", "configMap": {"name": self.kit}})
        if self._prepares:
            said.append({"name": "submarine-work", "emptyDir": {}})
        if self._parcel:
            items = [{"key": ARCHIVE, "path": ARCHIVE}]
            secret = {"secretName": self.workload.name, "items": items}
            said.append({"name": "submarine-parcel", "secret": secret})
        return said

    def mounts(self) -> list[Body]:
        """Return where the command finds them."""
        said = [_mount("submarine-spool", SPOOL), _mount("submarine-output", OUTPUT)]
        if self.config.sdk:
            said.append(_mount("submarine-kit", _KIT, read_only=True))
        if self._prepares:
            said.append(_mount("submarine-work", _WORK))
        return said

    def folder(self) -> str | None:
        """Return where the command starts; None leaves it to the image."""
        match self.workload.source:
            case None:
                return None
            case Git(path=path):
                return _CODE if path in {"", "."} else f"{_CODE}/{path}"
            case _:
                return _CODE

    def containers(self, image: str, common: Body, env: Mapping[str, str]) -> list[Body]:
        """Return the init containers: the sidecar first, for it has to see everything.

        Of the command's *env* they get what tells pip and git the way.
        """
        found: list[Body] = []
        image = self.config.helper or image
        kit = _mount("submarine-kit", _KIT, read_only=True)
        path: Body = {"name": "PYTHONPATH", "value": f"{_KIT}/{ZIP}"}
        if self.config.spool:
            spooler = ["python3", "-S", "-m", f"{_PACKAGE}.spooler"]
            found.append(
                {
                    "name": names.SPOOLER,
                    "image": image,
                    "restartPolicy": "Always",
                    "command": [*spooler, SPOOL],
                    # a command may end before its sidecar has begun to listen
                    "lifecycle": {"preStop": {"exec": {"command": [*spooler, "--wait", "1"]}}},
                    "env": [path],
                    "volumeMounts": [kit, _mount("submarine-spool", SPOOL)],
                    **common,
                }
            )
        if self._prepares:
            mounts = [kit, _mount("submarine-work", _WORK)]
            mounts += [_mount("submarine-parcel", _PARCEL, read_only=True)] if self._parcel else []
            wanted: Body = {
                "name": "SUBMARINE_PREPARE",
                "value": json.dumps(self._wanted()).replace("$", "$$"),
            }
            found.append(
                {
                    "name": names.PREPARATION,
                    "image": image,
                    "command": ["python3", "-m", f"{_PACKAGE}.prepare"],
                    "env": [path, wanted, *self._credentials(), *_ways(env)],
                    "volumeMounts": mounts,
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                    **common,
                }
            )
        return found

    def _wanted(self) -> Body:
        said: Body = {"code": _CODE, "limit": self.config.code_limit, "site": _SITE}
        said["packages"] = list(self.workload.environment.packages)
        match self.workload.source:
            case Archive(url=url) if not self._parcel:
                said |= {"kind": "url", "url": url}
            case Archive():
                said |= {"kind": "archive", "archive": f"{_PARCEL}/{ARCHIVE}"}
            case Git(url=url, ref=ref, path=path):
                said |= {"kind": "git", "url": url, "ref": ref, "path": path}
            case Remote(uri=uri):
                said |= {"kind": "url", "url": uri}
            case None:
                pass
        return said

    def _credentials(self) -> list[Body]:
        """Return what proves to our server which attempt this is, where code is fetched from it."""
        if not isinstance(self.workload.source, Archive) or self._parcel:
            return []
        url = self.config.url or self.workload.roles[0].env.get("SUBMARINE_URL", "")
        found: list[Body] = [{"name": "SUBMARINE_URL", "value": url.replace("$", "$$")}]
        if "SUBMARINE_TOKEN" in self.workload.secrets:
            reference = {"name": self.workload.name, "key": "SUBMARINE_TOKEN"}
            found.append({"name": "SUBMARINE_TOKEN", "valueFrom": {"secretKeyRef": reference}})
        return found

    @property
    def _prepares(self) -> bool:
        return self.workload.source is not None or bool(self.workload.environment.packages)

    @property
    def _programs(self) -> bool:
        return self._prepares or self.config.spool

    @property
    def _parcel(self) -> bool:
        return travels(self.workload)


def _ways(env: Mapping[str, str]) -> list[Body]:
    return [
        {"name": name, "value": value.replace("$", "$$")}
        for name, value in env.items()
        if name.startswith("PIP_") or name.lower() in _PROXIES
    ]


def travels(workload: Workload) -> bool:
    """Tell whether the code of *workload* is small enough to come with it."""
    return isinstance(workload.source, Archive) and workload.source.size <= LARGEST_ARCHIVE


def _mount(name: str, path: str, *, read_only: bool = False) -> Body:
    return {"name": name, "mountPath": path, **({"readOnly": True} if read_only else {})}
