"""Begin: ``python3 -m submarine.adapters.yarn.launcher job.json``."""

from __future__ import annotations

import json
import os
import sys

from submarine.adapters.yarn.launcher import tokens
from submarine.adapters.yarn.launcher.replica import Replica
from submarine.adapters.yarn.launcher.staging import Staging


def main(path: str) -> int:
    """Run the replica that this container is; return the exit code of its command."""
    with open(path, "rb") as file:
        job = json.load(file)
    staging = Staging(job["webhdfs"], job["folder"], job["user"], tokens.hdfs(os.environ))
    return Replica(job, staging, os.environ).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
