"""Turns a workload into a plan: everything its supervisors need, decided once."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from submarine.adapters.local import leftovers
from submarine.adapters.local.cgroups import Spec
from submarine.adapters.local.config import LocalConfig
from submarine.adapters.local.documents import Document, now
from submarine.adapters.local.layout import FORMAT, Attempt, DataDirectory
from submarine.adapters.local.ports import Ports
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.workload import Archive, Git, Role, Workload

_INHERITED: Final = (
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
)
_DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HOST: Final = "127.0.0.1"
_DEVICE_VARIABLES: Final = {"nvidia.com/gpu": "CUDA_VISIBLE_DEVICES", "amd.com/gpu": "HIP_VISIBLE_DEVICES"}


class Planner:
    """Makes plans for one data directory."""

    def __init__(self, config: LocalConfig, data: DataDirectory, cgroup: Spec) -> None:
        self._config = config
        self._data = data
        self._cgroup = cgroup

    def plan(self, workload: Workload, ports: Ports, devices: Mapping[str, list[int]]) -> Document:
        """Return the plan of *workload*, with *ports* and *devices* that are free."""
        token = secrets.token_hex(8)
        attempt = self._data.attempt(workload.name)
        peers, named = _addresses(workload, ports)
        pool = {name: list(numbers) for name, numbers in devices.items()}
        replicas = [
            self._replica(workload, role, index, attempt, token, peers, named[role.name][index], pool)
            for role in workload.roles
            for index in range(role.replicas)
        ]
        return {
            "format": FORMAT,
            "name": workload.name,
            "job": workload.job,
            "attempt": workload.attempt,
            "kind": str(workload.kind),
            "success": str(workload.success),
            "labels": dict(workload.labels),
            "token": token,
            "created": now(),
            "max_duration": workload.max_duration,
            "grace": workload.grace,
            "source": _source(workload),
            "packages": list(workload.environment.packages),
            "interpreter": self._config.interpreter,
            "environments": self._data.environments,
            "log_limit": self._config.log_limit,
            "code_limit": self._config.code_limit,
            "preparation_limit": self._config.preparation_limit,
            "cgroup": self._cgroup,
            "replicas": replicas,
        }

    def resized(
        self,
        plan: Mapping[str, Any],
        workload: Workload,
        kept: Mapping[tuple[str, int], Mapping[str, Any]],
        ports: Ports,
        devices: Mapping[str, list[int]],
    ) -> Document:
        """Return *plan* with as many replicas as *workload* has: those that are *kept*, and others made anew.

        Those that it had and has no more are ``leaving``: their supervisors end them.
        """
        wanted = [(role, index) for role in workload.roles for index in range(role.replicas)]
        addresses = {
            role.name: tuple(
                kept[role.name, i]["address"] if (role.name, i) in kept else f"{_HOST}:{ports.any()}"
                for i in range(role.replicas)
            )
            for role in workload.roles
        }
        attempt, peers = self._data.attempt(workload.name), Peers(addresses=addresses)
        pool = {name: list(numbers) for name, numbers in devices.items()}
        replicas = [
            kept.get((role.name, index))
            or self._replica(
                workload,
                role,
                index,
                attempt,
                plan["token"],
                peers,
                {name: ports.any() for name in role.ports},
                pool,
            )
            for role, index in wanted
        ]
        names = {(role.name, index) for role, index in wanted}
        every = (*plan["replicas"], *plan.get("leaving", ()))
        leaving = [each for each in every if (each["role"], each["index"]) not in names]
        return {**plan, "replicas": replicas, "leaving": leaving}

    def _replica(
        self,
        workload: Workload,
        role: Role,
        index: int,
        attempt: Attempt,
        token: str,
        peers: Peers,
        ports: Mapping[str, int],
        pool: dict[str, list[int]],
    ) -> dict[str, Any]:
        name = f"{role.name}-{index}"
        devices = {kind: [pool[kind].pop(0) for _ in range(n)] for kind, n in role.resources.extra.items()}
        env = {**self._base(), **role.env, **workload.framework.variables(peers, role.name, index)}
        env |= {"SUBMARINE_PORT_" + re.sub(r"\W", "_", n).upper(): str(p) for n, p in ports.items()}
        for kind, variable in _DEVICE_VARIABLES.items():
            if kind in self._config.devices:
                env[variable] = ",".join(str(number) for number in devices.get(kind, ()))
        if ports:
            env["PORT"] = str(next(iter(ports.values())))
        return {
            "role": role.name,
            "index": index,
            "command": list(role.command),
            "env": env,
            "identity": {
                "SUBMARINE_WORKLOAD": workload.name,
                leftovers.MARK: leftovers.mark(token, name),
                "SUBMARINE_ROLE": role.name,
                "SUBMARINE_INDEX": str(index),
                "SUBMARINE_REPLICA": name,
                "SUBMARINE_SPOOL": attempt.replica(name).spool,
                "SUBMARINE_OUTPUT": attempt.output,
            },
            "ports": dict(ports),
            "address": peers.addresses[role.name][index],
            "cpu": role.resources.cpu,
            "memory": role.resources.memory,
            "devices": devices,
        }

    def _base(self) -> dict[str, str]:
        """Return the little of the server's environment that a command may see."""
        folder = os.path.dirname(os.path.abspath(self._config.interpreter))
        here = [folder] if os.path.exists(os.path.join(folder, "python")) else [self._data.bin, folder]
        names = [*_INHERITED, *self._config.inherit, *(n for n in os.environ if n.startswith("LC_"))]
        return {
            **{name: os.environ[name] for name in names if name in os.environ},
            "PATH": os.pathsep.join([*here, os.environ.get("PATH", _DEFAULT_PATH)]),
            "PYTHONUNBUFFERED": "1",
        }


def resources_of(plan: Mapping[str, Any]) -> Iterator[tuple[int, int, Mapping[str, list[int]]]]:
    """Yield cpu, memory and devices of each replica in *plan*."""
    for replica in plan["replicas"]:
        yield replica["cpu"], replica["memory"], replica["devices"]


def ports_of(plan: Mapping[str, Any]) -> Iterator[int]:
    """Yield every port that *plan* gave away."""
    for replica in plan["replicas"]:
        yield int(replica["address"].rpartition(":")[2])
        yield from replica["ports"].values()


def _addresses(workload: Workload, ports: Ports) -> tuple[Peers, dict[str, list[dict[str, int]]]]:
    """Return where replicas find each other, and the named ports of each by role and index.

    A port somebody wants by number goes to replica 0; the others share this machine, and get free ones.
    """
    named = {
        role.name: [
            {name: ports.exactly(p) if p and index == 0 else ports.any() for name, p in role.ports.items()}
            for index in range(role.replicas)
        ]
        for role in workload.roles
    }
    addresses = {
        role.name: tuple(f"{_HOST}:{ports.any()}" for _ in range(role.replicas)) for role in workload.roles
    }
    return Peers(addresses=addresses), named


def _source(workload: Workload) -> dict[str, str] | None:
    match workload.source:
        case Archive():
            return {"kind": "archive"}
        case Git(url=url, ref=ref, path=path):
            return {"kind": "git", "url": url, "ref": ref, "path": path}
        case _:
            return None
