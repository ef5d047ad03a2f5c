"""The script that YARN runs for a replica: it finds a Python for the launcher, which does all else.

Nothing of a workload's own words is in it but the names of its attempt and role: commands and variables
travel as JSON, and no shell sees them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

KIT: Final = "submarine.zip"
LAUNCHER: Final = "submarine.adapters.yarn.launcher"
NO_PYTHON: Final = 69
"""The exit code of a container on whose node nothing can run the launcher."""
_OLDEST: Final = (3, 9)

_TEMPLATE: Final = """\
#!/bin/bash
# One replica of role {role} of {handle}: the launcher in submarine.zip starts, watches and ends its command.
exec 2>&1
export LANG=C.UTF-8 LC_ALL=C.UTF-8
unset LANGUAGE
for python in {pythons}; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < {oldest})' 2>/dev/null; then
    PYTHONPATH="$PWD/{kit}" exec "$python" -S -B -m {launcher} job.json
  fi
done
exit {missing}
"""


def script(handle: str, role: str, pythons: Sequence[str]) -> str:
    """Return the script of *role*; *pythons* are tried in order."""
    return _TEMPLATE.format(
        role=role,
        handle=handle,
        pythons=" ".join(shlex.quote(python) for python in pythons),
        oldest=_OLDEST,
        kit=KIT,
        launcher=LAUNCHER,
        missing=NO_PYTHON,
    )
