"""What a container is for: the replica it has, or takes, run once or as often as a service wants."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Mapping
from typing import Any

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher import kin, lives, seats, tokens
from submarine.adapters.yarn.launcher.replica import Replica
from submarine.adapters.yarn.launcher.staging import Staging


def run(path: str, given: Mapping[str, str]) -> int:
    """Run the replica that the document at *path* tells of; return the exit code of its command.

    *given* is the environment, by which it knows which it is, or that it has to take one.
    """
    job = _job(path)
    staging = Staging(job["webhdfs"], job["folder"], job["scratch"], job["user"], tokens.hdfs(given))
    if "SUBMARINE_ROLE" in given:
        return Replica(job, staging, given).run()
    who = seats.take(job, staging, given[kin.MARK], int(given[seats.NUMBER]))
    if who is None:
        sys.stdout.write("submarine: other containers have begun all replicas\n")
        return 0
    env = {**given, "SUBMARINE_ROLE": who.role, "SUBMARINE_INDEX": str(who.number)}
    if job["kind"] == "service":
        return lives.keep(lambda: _live(Replica(job, staging, env)))
    return Replica(job, staging, env).run()


def _live(replica: Replica) -> int:
    replica.run()
    return lives.AGAIN if replica.by_itself else lives.OVER


def _job(path: str) -> Mapping[str, Any]:
    """Return the document, which may be in an archive."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return dict(json.loads(archive.read(names.JOB)))
    with open(path, encoding="utf-8") as file:
        return dict(json.load(file))
