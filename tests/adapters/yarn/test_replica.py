"""What a command leaves behind, or asks for, keeps its launcher from nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, cast

import pytest

from submarine.adapters.yarn.launcher import replica
from submarine.adapters.yarn.launcher.replica import End, Replica
from submarine.adapters.yarn.launcher.spooled import Spooled
from submarine.adapters.yarn.launcher.staging import AwayError, Staging
from submarine.adapters.yarn.launcher.surroundings import Surroundings

CONTAINER: Final = "container_1_0001_01_000002"
ROLE: Final[dict[str, Any]] = {"name": "worker", "env": {"CONTAINER_ID": "another"}, "ports": {}}
JOB: Final[dict[str, Any]] = {
    "handle": "sub-x-1",
    "roles": [ROLE],
    "grace": 1.0,
    "secrets": {},
    "variables": {},
    "path": [],
    "packages": [],
    "sdk": False,
}


class Restarting:
    """A NameNode that is away for the first *times*."""

    def __init__(self, times: int) -> None:
        self.written: dict[str, Any] = {}
        self._times = times

    def put(self, name: str, content: Spooled) -> None:
        if self._times:
            self._times -= 1
            raise AwayError("it starts")
        self.written[name.partition(".")[0]] = b"".join(content)

    def patiently(self, name: str, document: Any, seconds: float) -> bool:
        self.written[name.partition(".")[0]] = document
        return seconds > 0


def test_a_spool_waits_for_hdfs_as_long_as_the_end_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(replica, "_PAUSE", (0.0, 0.0))
    (tmp_path / "spool" / "b.jsonl").mkdir(parents=True)
    os.mkfifo(tmp_path / "spool" / "c.jsonl")
    (tmp_path / "spool" / "a.jsonl").write_bytes(b"whole\nhal")
    staging = Restarting(10)
    env = {"SUBMARINE_ROLE": "worker", "SUBMARINE_INDEX": "0", "CONTAINER_ID": CONTAINER}
    Replica(JOB, cast("Staging", staging), env)._tell(End(0))
    assert staging.written["spool"] == b"whole\n"
    assert staging.written["end"]["code"] == 0


def test_the_mark_by_which_its_processes_are_found_is_not_a_commands_to_choose() -> None:
    env = Surroundings(JOB, ROLE, 0, "/").variables({"CONTAINER_ID": CONTAINER}, {}, str)
    assert env["CONTAINER_ID"] == CONTAINER
