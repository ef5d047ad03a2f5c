"""Begin: ``python3 -m submarine.adapters.yarn.launcher job.json``, or the archive that holds it."""

from __future__ import annotations

import os
import sys

from submarine.adapters.yarn.launcher import keeping


def main(path: str) -> int:
    """Do what this container is for; return the exit code of its command."""
    return keeping.guarded(lambda: _work(path))


def _work(path: str) -> int:
    # No earlier: YARN counts the memory of the processes that only wait, too.
    from submarine.adapters.yarn.launcher import container

    return container.run(path, os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
