"""The roles of a job: their commands, environment variables, resources and ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from submarine.core.errors import InvalidError
from submarine.core.jobs.faults import Faults, join, kind_of, out_of_range, plain, wrong
from submarine.core.jobs.interpolation import TEXT, Scalar, fill
from submarine.core.jobs.names import env_name, label, role_name
from submarine.core.jobs.resources import NOTHING, read_resources
from submarine.core.jobs.spec import Command, RoleSpec
from submarine.core.workloads.resources import Resources

ROLES: Final = 16
REPLICAS: Final = 1000
REPLICAS_TOGETHER: Final = 2000
WORDS: Final = 1000
VARIABLES: Final = 500
PORTS: Final = 32
TOGETHER: Final = 1_000_000
"""Characters of a role's command and variables, parameters filled in; Linux takes 2 MiB."""

_NO_COMMAND: Final[Command] = ()
_COMMAND: Final = "a list such as [python, train.py], or a text for sh -c"


class Roles(NamedTuple):
    """The roles, and what they inherited."""

    command: Command
    env: Mapping[str, str]
    resources: Resources
    roles: tuple[RoleSpec, ...]


class _Part(NamedTuple):
    """A job or a role, as far as both can say the same."""

    command: Command
    env: Mapping[str, str]
    resources: Resources


def read_roles(document: Mapping[str, Any], params: Mapping[str, Scalar], faults: Faults) -> Roles:
    """Return the roles of *document*, one ``worker`` if it names none; what is wrong goes to *faults*."""
    job = _read_part("", document, _Part(_NO_COMMAND, {}, NOTHING), params, faults)
    given = document.get("roles")
    if given is not None and not 1 <= len(given) <= ROLES:
        reason = f"has {len(given)} roles" if given else "is empty"
        faults.add("roles", reason, f"1 to {ROLES} roles, or nothing for one 'worker'")
        given = None if given else {}
    roles = tuple(
        _read_role(name, role or {}, job, params, faults)
        for name, role in ({"worker": {}} if given is None else given).items()
    )
    if not roles:
        return Roles(*job, (RoleSpec(),))
    if (total := sum(role.replicas for role in roles)) > REPLICAS_TOGETHER:
        faults.add("roles", f"have {total} replicas together", f"at most {REPLICAS_TOGETHER}")
    _demand_commands(document, roles, faults)
    return Roles(*job, roles)


def read_command(value: object) -> Command:
    """Return words as a tuple and a text as it is; raise ``InvalidError`` with every fault in it."""
    if isinstance(value, str):
        if not value.strip():
            raise wrong("is empty", _COMMAND)
        return plain(value)
    if not isinstance(value, list | tuple):
        raise wrong(f"is {kind_of(value)}", _COMMAND)
    if not value:
        raise wrong("is empty", _COMMAND)
    if len(value) > WORDS:
        raise wrong(f"has {len(value)} words", f"at most {WORDS}")
    faults = Faults()
    words = tuple(faults.read(str(i), _text, word, "") for i, word in enumerate(value))
    if not words[0].strip() and not faults.found:
        faults.add("0", "is empty", "the program to run")
    faults.refuse("command")
    return words


def _read_part(
    field: str, value: Mapping[str, Any], inherited: _Part, params: Mapping[str, Scalar], faults: Faults
) -> _Part:
    command, env, resources = inherited
    if "command" in value:
        command = faults.read(join(field, "command"), read_command, value["command"], _NO_COMMAND)
        _bound(join(field, "command"), _try_command(join(field, "command"), command, params, faults), faults)
    if "env" in value:
        env = {**env, **_read_env(join(field, "env"), value["env"], params, faults)}
    if "resources" in value:
        resources = faults.read(join(field, "resources"), read_resources, value["resources"], NOTHING)
    return _Part(command, env, resources)


def _read_role(
    name: str, value: Mapping[str, Any], job: _Part, params: Mapping[str, Scalar], faults: Faults
) -> RoleSpec:
    field = join("roles", name)
    faults.read(field, role_name, name, "")
    replicas = value.get("replicas", 1)
    if not 1 <= replicas <= REPLICAS:
        faults.add(join(field, "replicas"), out_of_range(replicas), f"1 to {REPLICAS}")
        replicas = 1
    command, env, resources = _read_part(field, value, job, params, faults)
    ports = _read_ports(join(field, "ports"), value.get("ports", {}), faults)
    return RoleSpec(name=name, replicas=replicas, command=command, env=env, resources=resources, ports=ports)


def _demand_commands(document: Mapping[str, Any], roles: tuple[RoleSpec, ...], faults: Faults) -> None:
    if "command" in document:
        return
    given = document.get("roles") or {}
    lacking = [role.name for role in roles if "command" not in (given.get(role.name) or {})]
    if len(lacking) == len(roles):
        faults.add("command", "is missing", _COMMAND)
        return
    for name in lacking:
        faults.add(join(join("roles", name), "command"), "is missing here and above", _COMMAND)


def _try_command(field: str, command: Command, params: Mapping[str, Scalar], faults: Faults) -> int:
    if isinstance(command, str):
        return _try_fill(field, command, params, faults, quoting=True)
    return sum(_try_fill(f"{field}.{i}", word, params, faults) for i, word in enumerate(command))


def _read_env(
    field: str, value: Mapping[str, Any], params: Mapping[str, Scalar], faults: Faults
) -> dict[str, str]:
    if len(value) > VARIABLES:
        faults.add(field, f"has {len(value)} variables", f"at most {VARIABLES}")
        return {}
    env, size = {}, 0
    for name, given in value.items():
        at = join(field, name)
        faults.read(at, env_name, name, "")
        env[name] = text = faults.read(at, _text, given, "")
        size += len(name) + _try_fill(at, text, params, faults)
    _bound(field, size, faults)
    return env


def _bound(field: str, size: int, faults: Faults) -> None:
    if size > TOGETHER:
        reason = f"has {size} characters together, parameters filled in"
        faults.add(field, reason, f"at most {TOGETHER}; put more into a file of the code")


def _read_ports(field: str, value: Mapping[str, int], faults: Faults) -> Mapping[str, int]:
    if len(value) > PORTS:
        faults.add(field, f"has {len(value)} ports", f"at most {PORTS}")
        return {}
    for name, port in value.items():
        faults.read(join(field, name), label, name, "")
        if not 0 <= port <= 65_535:  # noqa: PLR2004 - what a port can be
            faults.add(join(field, name), out_of_range(port), "1 to 65535, or 0 for any free one")
    return value


def _text(value: object) -> str:
    """Return a text; whole numbers can be written in one way only, so they need no quotes."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    shown = {True: '"true"', False: '"false"'}.get(value) if isinstance(value, bool) else None
    if isinstance(value, float):
        shown = f'"{value}"'
    raise wrong(f"is {kind_of(value)}, and must be a text", f"{shown}, in quotes" if shown else "a text")


def _try_fill(
    field: str, text: str, params: Mapping[str, Scalar], faults: Faults, *, quoting: bool = False
) -> int:
    """Return the length of *text* with its parameters filled in; what is wrong with them goes to *faults*."""
    if len(text) > TEXT:
        faults.add(field, f"has {len(text)} characters", f"at most {TEXT}")
    elif "${" in text:
        try:
            return len(fill(text, params, quoting=quoting))
        except InvalidError as error:
            faults.add(field, error.faults[0].reason, error.faults[0].expected)
    return len(text)
