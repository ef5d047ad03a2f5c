"""What no runtime can run, whatever it is: names that are none, commands that no process can be given."""

from __future__ import annotations

import re
from typing import Final

from submarine.core.workloads.workload import Workload

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_name(text: str) -> bool:
    """Tell whether *text* is a DNS label, so that it can safely name a folder or a host."""
    return _LABEL.fullmatch(text) is not None


def unsound(workload: Workload) -> str | None:
    """Return what is wrong with the names, roles and variables of *workload*, None if nothing is."""
    if not is_name(workload.name):
        return f"the name {workload.name!r} is no DNS label"
    if not workload.roles:
        return "it has no roles"
    for role in workload.roles:
        if not is_name(role.name):
            return f"the name of role {role.name!r} is no DNS label"
        if not role.command or not role.command[0]:
            return f"role {role.name!r} has no command"
        if role.replicas < 1:
            return f"role {role.name!r} has {role.replicas} replicas"
        texts = [*role.command, *role.env, *role.env.values(), *workload.secrets, *workload.secrets.values()]
        if any("\0" in text for text in texts) or any("=" in name for name in [*role.env, *workload.secrets]):
            return f"role {role.name!r} has a command or a variable that no process can be given"
    if len({role.name for role in workload.roles}) != len(workload.roles):
        return "two roles have the same name"
    return None
