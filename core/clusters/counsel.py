"""Asks placement policies, which strangers write, so that none of them can stop the queue."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from submarine.core.errors import AdapterError, InvalidError
from submarine.core.ports.placement import Candidate, PlacementPolicy, Ranked, Request

log = logging.getLogger(__name__)

PATIENCE_S: Final = 1.0
"""Seconds that a policy may think; the server's loop waits for it, as policies promise to be quick."""
_LONGEST: Final = 200


@dataclass(slots=True)
class _Question:
    """A call of a policy, in a thread of its own that can be left behind."""

    policy: PlacementPolicy
    request: Request
    candidates: Sequence[Candidate]
    asked: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    ranked: Sequence[Ranked] = ()
    error: Exception | None = None

    def __call__(self) -> None:
        try:
            # whatever it returns is gone through here, where it harms nobody if that never ends
            self.ranked = [_read(ranked) for ranked in self.policy.rank(self.request, self.candidates)]
        except Exception as error:  # noqa: BLE001 - told by whoever asked
            self.error = error
        finally:
            self.done.set()


class Counsel:
    """Remembers who is still thinking, and does not ask them again meanwhile."""

    def __init__(self, patience: float = PATIENCE_S) -> None:
        self._patience = patience
        self._thinking: dict[str, _Question] = {}

    def rank(
        self, name: str, policy: PlacementPolicy, request: Request, candidates: Sequence[Candidate]
    ) -> Sequence[Ranked]:
        """Return the *candidates* that the policy *name* ranks, each once.

        Raise `InvalidError` as it does, and `AdapterError` if it fails, hangs or answers nonsense.
        """
        if (before := self._thinking.get(name)) is not None and not before.done.is_set():
            raise AdapterError(
                f"placement policy {name} has been thinking for {time.monotonic() - before.asked:.0f} s; "
                "it is not asked again until it answers"
            )
        question = self._thinking[name] = _Question(policy, request, candidates)
        # a daemon: one that hangs must not keep the server from stopping
        threading.Thread(target=question, name=f"policy-{name}", daemon=True).start()
        if not question.done.wait(self._patience):
            log.error("placement policy %s hangs", name)
            raise AdapterError(f"placement policy {name} did not answer within {self._patience:g} s")
        del self._thinking[name]
        match question.error:
            case None:
                pass
            case InvalidError():
                raise question.error
            case error:
                log.error("placement policy %s failed", name, exc_info=error)
                raise AdapterError(
                    f"placement policy {name} failed: {type(error).__name__}: {error}"
                ) from error
        offered, first = {candidate.cluster for candidate in candidates}, dict[str, Ranked]()
        for ranked in question.ranked:
            if ranked.cluster in offered:
                first.setdefault(ranked.cluster, ranked)
        return list(first.values())


def _read(said: object) -> Ranked:
    """Return what a policy *said* as what it should have been; raise `TypeError` if that cannot be."""
    if not isinstance(said, Ranked):
        raise TypeError(f"{said!r:.80} is not Ranked")
    cluster: object = said.cluster
    if not isinstance(cluster, str):
        raise TypeError(f"{cluster!r:.80} is no cluster")
    return Ranked(cluster, " ".join(str(said.reason).split())[:_LONGEST])
