"""When a job that ended badly gets another attempt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from submarine.core.jobs.faults import Faults, kind_of, out_of_range, quoted, wrong
from submarine.core.jobs.names import nearest
from submarine.core.workloads.observation import Phase

LIMIT: Final = 10
ENDS: Final = 300
WORDS: Final = ("lost", "preempted", "failed", "node-lost", "out-of-memory")
_EXIT: Final = re.compile(r"exit:([0-9]{1,3})")
_VERDICTS: Final = frozenset({"deadline-exceeded", "cancelled"})
"""Ends that somebody wanted; no attempt would end otherwise."""
_OFFERED: Final = f"{', '.join(WORDS)} or exit:N with N from 1 to 255"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """At most ``limit`` further attempts, each after an end that one word of ``on`` speaks of."""

    limit: int = 0
    on: tuple[str, ...] = ()

    def applies(self, reason: str, exit_code: int | None, phase: Phase) -> bool:
        """Tell whether this end is one to retry; how many attempts there were is not asked here.

        ``lost`` is any end that nobody saw, ``failed`` any failure but a deadline or a cancellation.
        """
        if reason in _VERDICTS or phase not in {Phase.FAILED, Phase.LOST, Phase.ABSENT}:
            return False
        for word in self.on:
            if word == "lost":
                if phase is not Phase.FAILED or reason in {"node-lost", "supervisor-lost"}:
                    return True
            elif word == "failed":
                if phase is Phase.FAILED:
                    return True
            elif word == reason or (exit_code is not None and word == f"exit:{exit_code}"):
                return True
        return False

    def document(self) -> dict[str, Any]:
        """Return what a spec says under ``retry``."""
        return {"limit": self.limit, "on": [*self.on]}


NEVER: Final = RetryPolicy()


def read_retry(value: Mapping[str, Any]) -> RetryPolicy:
    """Return the policy of a spec's ``retry``; raise ``InvalidError`` with every fault in it."""
    faults = Faults()
    limit = value.get("limit", 1)
    if not 0 <= limit <= LIMIT:
        faults.add("limit", out_of_range(limit), f"0 to {LIMIT} further attempts")
    words = value.get("on", ("lost", "preempted"))
    if len(words) > ENDS:
        faults.add("on", f"lists {len(words)} ends", f"at most {ENDS}")
        words = ()
    on = tuple(dict.fromkeys(faults.read(f"on.{i}", _word, word, "") for i, word in enumerate(words)))
    faults.refuse("retry")
    return RetryPolicy(limit=limit, on=on)


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", _OFFERED)
    if value in WORDS:
        return value
    if match := _EXIT.fullmatch(value):
        code = int(match[1])
        if 1 <= code <= 255:  # noqa: PLR2004 - what a process can end with
            return f"exit:{code}"
        reason = "is success, and success is never retried" if code == 0 else "is no exit code"
        raise wrong(f"{quoted(value)} {reason}", "exit:N with N from 1 to 255")
    raise wrong(f"{quoted(value)} is no reason to retry", nearest(value, WORDS) + _OFFERED)
