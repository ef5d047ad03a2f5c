"""The environment variables of a replica, as a pod template can say them.

One template serves all replicas of a role, so what differs between them can only be said in terms of
the replica's index, which Kubernetes fills in (``$(SUBMARINE_INDEX)``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

INDEX: Final = "SUBMARINE_INDEX"
_HOLE: Final = f"$({INDEX})"


def literal(text: str) -> str:
    """Return *text* so that Kubernetes leaves it as it is: it expands ``$(NAME)`` in commands and values."""
    return text.replace("$", "$$")


def templates(each: Sequence[Mapping[str, str]]) -> dict[str, str] | None:
    """Return one template for the variables of replicas 0, 1, …; None if the index alone cannot say them."""
    found: dict[str, str] = {}
    if any(variables.keys() != each[0].keys() for variables in each):
        return None
    for name in each[0]:
        template = _template([variables[name] for variables in each])
        if template is None:
            return None
        found[name] = template
    return found


def _template(values: Sequence[str]) -> str | None:
    if all(value == values[0] for value in values):
        return literal(values[0])
    if len(values[0]) != len(values[1]):
        return None
    # Between replicas 0 and 1 the index is what differs, a single digit.
    parts = [a if a == b else None for a, b in zip(values[0], values[1], strict=True)]
    for index, value in enumerate(values):
        if "".join(str(index) if part is None else part for part in parts) != value:
            return None
    return "".join(_HOLE if part is None else literal(part) for part in parts)


def entries(
    values: Mapping[str, str], index: Mapping[str, Any], secrets: Mapping[str, str], secret: str
) -> list[dict[str, Any]]:
    """Return *values* (templates) as a pod spec says them, the index first, for the others refer to it.

    *secrets* are taken from the Secret *secret* by name, so that no spec shows them; they win.
    """
    said: list[dict[str, Any]] = [{"name": INDEX, **index}]
    said += [{"name": name, "value": v} for name, v in values.items() if name not in secrets]
    said += [{"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}} for name in secrets]
    return said
