"""The script that YARN runs for a replica of a role. All quoting is here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from submarine.core.workloads.workload import Role

KIT: Final = "submarine.zip"
LAUNCHER: Final = "submarine.adapters.yarn.launcher"
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
# No Python 3 on this node: the command runs by itself, without code, peers or a grace of its own.
{bare}
"""


def script(handle: str, role: Role, pythons: Sequence[str], env: Mapping[str, str], *, bare: str = "") -> str:
    """Return the script of *role*; *pythons* are tried in order; *bare* is why nothing can do without.

    *env* is what its command is given where no launcher could do it.
    """
    return _TEMPLATE.format(
        role=role.name,
        handle=handle,
        pythons=" ".join(shlex.quote(python) for python in pythons),
        oldest=_OLDEST,
        kit=KIT,
        launcher=LAUNCHER,
        bare=refusing(bare) if bare else running(role.command, env),
    )


def running(command: Sequence[str], env: Mapping[str, str]) -> str:
    """Return the line of shell that becomes *command* with *env*, whatever is in them."""
    values = shlex.join(f"{name}={value}" for name, value in env.items())
    # ``env`` would take a command with = in it for a variable, so that a shell starts it.
    start = f"bash -c 'exec \"$@\"' bash {shlex.join(command)}"
    return f'exec env -- SUBMARINE_REPLICA="$SUBMARINE_ROLE-$SUBMARINE_INDEX" {values} {start}'


def refusing(why: str) -> str:
    """Return the lines of shell that say *why* it cannot be, and fail."""
    text = shlex.quote(f"submarine: this node has no Python 3.{_OLDEST[1]} or newer, and {why}")
    return f"echo {text}\nexit 126"
