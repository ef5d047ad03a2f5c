"""The scripts that YARN runs for a replica: it finds a Python for the launcher, which does all else.

Nothing of a workload's own words is in it but the names of its attempt and role: commands and variables
travel as JSON, and no shell sees them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from submarine.adapters.yarn.names import OUTPUT

KIT: Final = "submarine.zip"
LAUNCHER: Final = "submarine.adapters.yarn.launcher"
NO_PYTHON: Final = 69
"""The exit code of a container on whose node nothing can run the launcher."""
_OLDEST: Final = (3, 9)

_ROLE: Final = """\
#!/bin/bash
# One replica of role {role} of {handle}: the launcher in submarine.zip starts, watches and ends its command.
exec 2>&1
"""
_ANY: Final = """\
#!/bin/bash
# One replica of {handle}: the launcher, in the archive that follows, starts, watches and ends its command.
exec >>"${{LOG_DIRS%%,*}}/{output}" 2>&1
trap '' QUIT
ln -s "$0" {kit}
"""
_TEMPLATE: Final = """\
export LANG=C.UTF-8 LC_ALL=C.UTF-8
unset LANGUAGE
for python in {pythons}; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < {oldest})' 2>/dev/null; then
    PYTHONPATH="$PWD/{kit}" exec "$python" -S -B -m {launcher} {job}
  fi
done
exit {missing}
"""


def script(handle: str, role: str, pythons: Sequence[str]) -> str:
    """Return the script of *role*; *pythons* are tried in order."""
    return _ROLE.format(role=role, handle=handle) + _launching(pythons, "job.json")


def shell(handle: str, pythons: Sequence[str]) -> str:
    """Return the script of any replica, which ends in an archive of the launcher and its document.

    SIGQUIT, by which it hears of orders, must not end it before the launcher is ready for that.
    """
    return _ANY.format(handle=handle, output=OUTPUT, kit=KIT) + _launching(pythons, KIT)


def _launching(pythons: Sequence[str], job: str) -> str:
    return _TEMPLATE.format(
        pythons=" ".join(shlex.quote(python) for python in pythons),
        oldest=_OLDEST,
        kit=KIT,
        launcher=LAUNCHER,
        job=job,
        missing=NO_PYTHON,
    )
