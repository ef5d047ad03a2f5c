"""Begin: ``python3 -m submarine.adapters.yarn.launcher job.json``, or the archive that holds it."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Mapping
from typing import Any

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher import kin, lives, seats, tokens
from submarine.adapters.yarn.launcher.replica import Replica
from submarine.adapters.yarn.launcher.staging import Staging


def main(path: str) -> int:
    """Run the replica that this container is; return the exit code of its command."""
    job = _job(path)
    staging = Staging(job["webhdfs"], job["folder"], job["user"], tokens.hdfs(os.environ))
    env = dict(os.environ)
    if "SUBMARINE_ROLE" not in env:
        who = seats.take(job, staging, env[kin.MARK], int(env[seats.NUMBER]))
        if who is None:
            sys.stdout.write("submarine: other containers have begun all replicas\n")
            return 0
        env.update(SUBMARINE_ROLE=who.role, SUBMARINE_INDEX=str(who.number))
        if job["kind"] == "service":
            return lives.keep(lambda: _live(Replica(job, staging, env)))
    return Replica(job, staging, env).run()


def _live(replica: Replica) -> int:
    replica.run()
    return lives.AGAIN if replica.by_itself else lives.OVER


def _job(path: str) -> Mapping[str, Any]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return dict(json.loads(archive.read(names.JOB)))
    with open(path, encoding="utf-8") as file:
        return dict(json.load(file))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
