"""What the local runtime will never run, and why, in a few words."""

from __future__ import annotations

import re
from typing import Final

from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Remote, Workload

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_name(text: str) -> bool:
    """Tell whether *text* is a DNS label, so that it can safely name a folder."""
    return _LABEL.fullmatch(text) is not None


def refusal(workload: Workload, total: Resources) -> str | None:
    """Return why *workload* can never run on a machine with *total*, None if it can."""
    if not is_name(workload.name):
        return f"the name {workload.name!r} is no DNS label"
    return _roles(workload) or _environment(workload) or _size(workload, total)


def _roles(workload: Workload) -> str | None:
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


def _environment(workload: Workload) -> str | None:
    if workload.environment.image is not None:
        return f"the local runtime runs no images ({workload.environment.image})"
    if isinstance(workload.source, Remote):
        return f"the local runtime cannot fetch code from {workload.source.uri}; upload it or use git"
    for package in workload.environment.packages:
        if not package[:1].isalnum():
            return f"{package!r} is not the name of a package"
    return None


def _size(workload: Workload, total: Resources) -> str | None:
    shortage = workload.resources.shortage(total)
    return f"this machine is too small: {shortage.replace('free', 'there are')}" if shortage else None
