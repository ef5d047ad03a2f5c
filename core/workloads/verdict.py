"""What the ends of replicas mean for the whole: the success policies, once for every runtime.

Phases are plain strings here, equal to those of `Phase`: small processes import this, in which a
dataclass would cost more time than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PENDING, RUNNING, SUSPENDED = "pending", "running", "suspended"
SUCCEEDED, FAILED, CANCELLED, LOST = "succeeded", "failed", "cancelled", "lost"
LIVE = frozenset({PENDING, RUNNING, SUSPENDED})
STOPPED, SCALED = "stopped", "scaled"


class ReplicaState(NamedTuple):
    """How one replica fares; ``reason`` is `STOPPED` if it was ended for the sake of another.

    It is `SCALED` if it was taken away because its service was made smaller.
    """

    role: str
    number: int
    phase: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    started: int | None = None
    ended: int | None = None

    @property
    def name(self) -> str:
        """Return the name people use."""
        return f"{self.role}-{self.number}"


class Verdict(NamedTuple):
    """How the whole fares."""

    phase: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None


def ends_all(policy: str, replica: ReplicaState, *, chief: bool) -> bool:
    """Tell whether the end of *replica* ends the others."""
    if replica.phase in LIVE or replica.reason == STOPPED:
        return False
    if policy == "chief":
        return chief
    if policy == "any":
        return replica.phase == SUCCEEDED
    return replica.phase in {FAILED, LOST}


def judge(policy: str, replicas: Sequence[ReplicaState], *, cancelled: bool) -> Verdict:
    """Return how the whole fares; *cancelled* tells whether somebody asked for its end."""
    if any(r.phase in LIVE for r in replicas):
        return _living(policy, replicas, cancelled=cancelled)
    if policy == "chief":
        return _word_of(replicas[0], len(replicas))
    if policy == "any" and (won := [r for r in replicas if r.phase == SUCCEEDED and r.reason != STOPPED]):
        return _word_of(won[0], len(replicas))
    for phase in (FAILED, LOST, CANCELLED):
        if found := [r for r in replicas if r.phase == phase and r.reason != STOPPED]:
            # Whoever failed first is the cause, the others often only its victims.
            return _word_of(min(found, key=lambda r: r.ended or 0), len(replicas))
    stopped = [r for r in replicas if r.reason == STOPPED]
    return _word_of(stopped[0] if stopped else replicas[0], len(replicas))


def _living(policy: str, replicas: Sequence[ReplicaState], *, cancelled: bool) -> Verdict:
    live = [r for r in replicas if r.phase in LIVE]
    if cancelled:
        return Verdict(_phase(replicas, live), "cancelling", "waiting for its processes to end")
    deciding = [r for i, r in enumerate(replicas) if ends_all(policy, r, chief=i == 0)]
    if deciding:
        left = f"{len(live)} of {len(replicas)} replicas are still ending"
        return Verdict(
            _phase(replicas, live), "stopping", f"{deciding[0].name} has {deciding[0].phase}; {left}"
        )
    phase = _phase(replicas, live)
    telling = next((r for r in live if r.phase == phase), live[0])
    return Verdict(phase, telling.reason, telling.message)


def _phase(replicas: Sequence[ReplicaState], live: Sequence[ReplicaState]) -> str:
    if all(r.phase == SUSPENDED for r in live):
        return SUSPENDED
    if any(r.phase != PENDING for r in replicas):
        return RUNNING
    return PENDING


def _word_of(replica: ReplicaState, of: int) -> Verdict:
    alone = of == 1 or not replica.message or replica.phase == CANCELLED
    message = replica.message if alone else f"{replica.name}: {replica.message}"
    return Verdict(replica.phase, replica.reason, message, replica.exit_code)
