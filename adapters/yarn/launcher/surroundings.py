"""What a command finds around it: folders, and the variables of its environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from submarine.adapters.yarn.launcher import kin

CODE = "code"
SITE = "packages"
SPOOL = "spool"
OUTPUT = "output"
WORK = "work"
ENVIRONMENT = "environment"
KIT = "submarine.zip"

_OURS = ("PYTHONPATH", "LANGUAGE", "JVM_PID", "OLDPWD", "SHLVL", "_")


class Surroundings:
    """The folders below *root*, the container's own, and the variables for replica *who*."""

    def __init__(self, job: Mapping[str, Any], role: Mapping[str, Any], index: int, root: str) -> None:
        self._job = job
        self._role = role
        self._index = index
        self._root = root

    def make(self) -> None:
        """Make the folders that every command may rely on."""
        for name in (SPOOL, OUTPUT, WORK):
            os.makedirs(self.at(name), exist_ok=True)

    def at(self, name: str) -> str:
        """Return the path of *name* in the container's folder."""
        return os.path.join(self._root, name)

    def folder(self) -> str:
        """Return where the command starts."""
        source = self._job.get("source")
        return os.path.join(self.at(CODE), source.get("path", ".")) if source else self.at(WORK)

    def variables(
        self, inherited: Mapping[str, str], ports: Mapping[str, int], fill: Callable[[str], str]
    ) -> dict[str, str]:
        """Return the environment; *fill* puts addresses into what the framework sets."""
        job, role = self._job, self._role
        who = "{}-{}".format(role["name"], self._index)
        env = {name: value for name, value in inherited.items() if name not in _OURS}
        env.update(HOME=self._root, PYTHONUNBUFFERED="1", PATH=self._path(inherited))
        env.update(role["env"])
        env.update({name: fill(value) for name, value in job["variables"].get(who, {}).items()})
        for name, port in ports.items():
            env["SUBMARINE_PORT_" + re.sub(r"\W", "_", name).upper()] = str(port)
        if ports:
            env["PORT"] = str(next(iter(ports.values())))
        env.update(job["secrets"])
        env.update(
            SUBMARINE_WORKLOAD=job["handle"],
            SUBMARINE_ROLE=role["name"],
            SUBMARINE_INDEX=str(self._index),
            SUBMARINE_REPLICA=who,
            SUBMARINE_SPOOL=self.at(SPOOL),
            SUBMARINE_OUTPUT=self.at(OUTPUT),
        )
        if kin.MARK in inherited:
            env[kin.MARK] = inherited[kin.MARK]  # by which we find it again
        if paths := self._python_path(env):
            env["PYTHONPATH"] = os.pathsep.join(paths)
        return env

    def _path(self, inherited: Mapping[str, str]) -> str:
        first = [self.at(os.path.join(ENVIRONMENT, "bin"))] if os.path.exists(self.at(ENVIRONMENT)) else []
        rest = inherited.get("PATH", os.defpath)
        return os.pathsep.join([*first, *self._job["path"], rest])

    def _python_path(self, env: Mapping[str, str]) -> list[str]:
        found = [path for path in (env.get("PYTHONPATH"),) if path]
        if self._job["packages"]:
            found.append(self.at(SITE))
        if self._job["sdk"]:
            found.append(self.at(KIT))
        return found
