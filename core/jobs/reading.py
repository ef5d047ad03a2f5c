"""From the document of a user to a valid spec, or to all that is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

from submarine.core.jobs.code import read_code
from submarine.core.jobs.durations import DurationLaw
from submarine.core.jobs.environment import DEFAULT, read_environment
from submarine.core.jobs.faults import Faults, join, kind_of, out_of_range, plain, quoted, wrong
from submarine.core.jobs.interpolation import Scalar
from submarine.core.jobs.names import nearest, param_name, queue_name
from submarine.core.jobs.placement import ANYWHERE, read_placement
from submarine.core.jobs.retry import NEVER, read_retry
from submarine.core.jobs.roles import read_roles
from submarine.core.jobs.spec import GRACE, NORMAL, JobSpec
from submarine.core.workloads.workload import SuccessPolicy

PARAMS: Final = 500
PARAM_LENGTH: Final = 6000
PRIORITIES: Final = {"low": 25, "normal": NORMAL, "high": 75}

_DAY: Final = 86_400.0
_MAX_DURATION: Final = DurationLaw(1, 365 * _DAY)
_GRACE: Final = DurationLaw(0, 3600)
_SUCCESS: Final = tuple(policy.value for policy in SuccessPolicy)

T = TypeVar("T")


def read_job(document: Mapping[str, Any], frameworks: Collection[str], faults: Faults) -> JobSpec:
    """Return the job that *document* describes; what is wrong goes to *faults*, all of it.

    The shape of the document is taken for granted: its known keys, where present, hold mappings, lists
    and texts where they must. Without faults the answer is valid; with faults it must not be used.
    """

    def optional(key: str, law: Callable[[Any], T], otherwise: T) -> T:
        return faults.read(key, law, document[key], otherwise) if key in document else otherwise

    params = read_params(document.get("params", {}), faults)
    command, env, resources, roles = read_roles(document, params, faults)
    success = optional("success", _success, SuccessPolicy.ALL)
    if success is SuccessPolicy.CHIEF and any(role.name == "chief" for role in roles[1:]):
        reason = f"the chief is replica 0 of the first role, which is {quoted(roles[0].name)}"
        faults.add("roles", reason, "the role 'chief' first")
    return JobSpec(
        roles=roles,
        command=command,
        env=env,
        resources=resources,
        framework=_framework(document.get("framework", "none"), frameworks, faults),
        environment=optional("environment", read_environment, DEFAULT),
        source=optional("code", read_code, None),
        params=params,
        placement=optional("placement", read_placement, ANYWHERE),
        queue=optional("queue", queue_name, None),
        priority=optional("priority", read_priority, NORMAL),
        max_duration=optional("max_duration", _MAX_DURATION, None),
        grace=optional("grace", _GRACE, GRACE),
        retry=optional("retry", read_retry, NEVER),
        success=success,
    )


def read_params(value: Mapping[str, Any], faults: Faults) -> dict[str, Scalar]:
    """Return the parameters of *value* that are right; what is wrong goes to *faults*."""
    if len(value) > PARAMS:
        faults.add("params", f"has {len(value)} parameters", f"at most {PARAMS}")
        return {}
    params: dict[str, Scalar] = {}
    for name, scalar in value.items():
        field = join("params", name)
        before = len(faults.found)
        faults.read(field, param_name, name, "")
        faults.read(field, _scalar, scalar, None)
        if len(faults.found) == before:
            params[name] = scalar
    return params


def read_priority(value: object) -> int:
    """Return the number of a priority; raise ``InvalidError`` if *value* is none."""
    expected = "low, normal, high or a whole number from 0 to 100"
    if isinstance(value, str):
        if value in PRIORITIES:
            return PRIORITIES[value]
        raise wrong(f"{quoted(value)} is no priority", nearest(value, PRIORITIES) + expected)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(f"is {kind_of(value)}", expected)
    if not 0 <= value <= 100:  # noqa: PLR2004 - the range that is said
        raise wrong(out_of_range(value), expected)
    return value


def _scalar(value: object) -> None:
    if isinstance(value, str):
        if len(value) > PARAM_LENGTH:
            raise wrong(
                f"has {len(value)} characters", f"at most {PARAM_LENGTH}; write more to a file or an artifact"
            )
        plain(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise wrong(f"is {value}, which JSON cannot say", "a finite number, or a text in quotes")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise wrong("is a number of more than 64 bits", "a smaller number, or a text in quotes")
    else:
        raise wrong(f"is {kind_of(value)}", "a text, a number or a boolean")


def _success(value: object) -> SuccessPolicy:
    if isinstance(value, str) and value in _SUCCESS:
        return SuccessPolicy(value)
    expected = "all, chief or any"
    if isinstance(value, str):
        raise wrong(f"{quoted(value)} is no policy of success", nearest(value, _SUCCESS) + expected)
    raise wrong(f"is {kind_of(value)}", expected)


def _framework(value: str, known: Collection[str], faults: Faults) -> str:
    if value not in known and value != "none":
        offered = ", ".join(sorted({*known, "none"}))
        faults.add(
            "framework", f"there is no framework {quoted(value)}", f"{nearest(value, known)}one of {offered}"
        )
    return value
