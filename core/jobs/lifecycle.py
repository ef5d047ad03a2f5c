"""The one state machine of everything that runs."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from submarine.core.errors import ConflictError


class State(enum.StrEnum):
    """Where a job is in its life. The last four of the members are terminal, and terminal is final."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    PLACING = "placing"
    SUBMITTED = "submitted"
    RUNNING = "running"
    SUSPENDED = "suspended"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def terminal(self) -> bool:
        """Tell whether nothing will ever change again."""
        return self in TERMINAL

    @property
    def placed(self) -> bool:
        """Tell whether a cluster may know of the job."""
        return self in PLACED


TERMINAL: Final = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST})
WAITING: Final = frozenset({State.ACCEPTED, State.QUEUED})
PLACED: Final = frozenset(State) - TERMINAL - WAITING

_ENDS: Final = frozenset({State.SUCCEEDED, State.FAILED, State.LOST})
_RUNS: Final = frozenset({State.SUBMITTED, State.RUNNING, State.SUSPENDED})

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.ACCEPTED: frozenset({State.QUEUED, State.PLACING, State.CANCELLED, State.FAILED}),
    State.QUEUED: frozenset({State.PLACING, State.CANCELLED, State.FAILED}),
    # a cluster may be faster than our own records: what is being placed may be seen to run or to have ended
    State.PLACING: _RUNS | _ENDS | {State.QUEUED, State.CANCELLING, State.CANCELLED},
    # back to queued is the next attempt of a retry policy
    State.SUBMITTED: _RUNS | _ENDS | {State.QUEUED, State.CANCELLING, State.CANCELLED},
    State.RUNNING: _RUNS | _ENDS | {State.QUEUED, State.CANCELLING, State.CANCELLED},
    State.SUSPENDED: _RUNS | _ENDS | {State.QUEUED, State.CANCELLING, State.CANCELLED},
    # what ended by itself while it was being cancelled tells the truth about how
    State.CANCELLING: _ENDS | {State.CANCELLED},
    **dict.fromkeys(TERMINAL, frozenset()),
}


class IllegalTransitionError(ConflictError):
    """The state machine knows no such step."""

    code = "illegal-transition"


def check(before: State, after: State) -> None:
    """Raise `IllegalTransitionError` unless a job may go from *before* to *after*.

    Staying in a non-terminal state is always legal: its reason or message changes then.
    """
    if before is after and not before.terminal:
        return
    if after not in TRANSITIONS[before]:
        offered = ", ".join(sorted(TRANSITIONS[before])) or "nothing: it is terminal"
        raise IllegalTransitionError(
            f"a job cannot go from {before} to {after}; from there it may go to {offered}"
        )
