"""How values of the core become columns, and come back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from submarine.core.errors import InvalidError
from submarine.core.jobs.job import Considered, Decision
from submarine.core.workloads.observation import Phase, ReplicaView

_REPLICA: Final = ("role", "index", "phase", "exit_code", "reason", "message", "node", "started", "ended")
_encode: Final = msgspec.json.Encoder().encode


def dumps(value: object) -> str:
    """Return *value* as compact JSON; raise `InvalidError` if a text in it is none."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError as error:
        raise InvalidError(f"the records cannot hold this: {error}") from error


def replicas_text(replicas: Sequence[ReplicaView]) -> str:
    """Return *replicas* as a JSON list of lists."""
    return (
        dumps([[getattr(replica, name) for name in _REPLICA] for replica in replicas]) if replicas else "[]"
    )


def replicas_of(text: str) -> tuple[ReplicaView, ...]:
    """Return the replicas that `replicas_text` wrote."""
    if text == "[]":
        return ()
    rows = (dict(zip(_REPLICA, row, strict=True)) for row in json.loads(text))
    return tuple(ReplicaView(**{**row, "phase": Phase(row["phase"])}) for row in rows)


def decision_text(decision: Decision | None) -> str | None:
    """Return *decision* as a JSON object."""
    if decision is None:
        return None
    return dumps(
        {
            "at": decision.at,
            "policy": decision.policy,
            "chosen": decision.chosen,
            "reason": decision.reason,
            "candidates": [[c.cluster, c.taken, c.reason] for c in decision.candidates],
        }
    )


def decision_of(text: str | None) -> Decision | None:
    """Return the decision that `decision_text` wrote."""
    if text is None:
        return None
    said: Mapping[str, Any] = json.loads(text)
    candidates = tuple(Considered(cluster=c, taken=t, reason=r) for c, t, r in said["candidates"])
    return Decision(
        at=said["at"],
        policy=said["policy"],
        chosen=said["chosen"],
        reason=said["reason"],
        candidates=candidates,
    )


def places(count: int, first: int = 1) -> str:
    """Return ``$first, …`` for *count* arguments."""
    return ", ".join(f"${n}" for n in range(first, first + count))


def padded(values: Collection[Any]) -> list[Any]:
    """Return *values* (not empty) with the last repeated up to a power of two.

    For ``in (…)``: so that few different statements exist, and each is prepared once.
    """
    items = list(values)
    size = 1 << (len(items) - 1).bit_length()
    return items + items[-1:] * (size - len(items))
