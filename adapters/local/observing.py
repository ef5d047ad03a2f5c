"""Reads how workloads fare; what has ended is read once, and kept."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from submarine.adapters.local import documents, leftovers
from submarine.adapters.local.documents import Document, Mark
from submarine.adapters.local.layout import Attempt, DataDirectory
from submarine.adapters.local.states import Sighting, names_of, read_states
from submarine.core.workloads.observation import Observation, Phase, view_of
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.verdict import LIVE, LOST, PENDING, SCALED, ReplicaState, judge
from submarine.core.workloads.workload import Handle

_UNREADABLE: Final[Document] = {
    "phase": PENDING,
    "reason": "unreadable",
    "exit_code": None,
    "replicas": [],
}


class Observer:
    """Sees all workloads of a data directory; safe to use from several threads."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._ended: dict[str, Observation] = {}
        self._plans: dict[str, tuple[Mark, Document]] = {}
        self._node = socket.gethostname()

    def observe(self, handles: Collection[Handle] | None) -> list[Observation]:
        """Return how *handles* fare, or all there are."""
        there = set(self._names())
        self._forget(there)
        there.update(os.listdir(self._data.declined))
        wanted: Iterable[str] = sorted(there) if handles is None else handles
        return [self._look(name) if name in there else _absent(name) for name in wanted]

    def one(self, name: str) -> Observation:
        """Return how *name* fares."""
        return self._look(name)

    def live(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return name and plan of every workload that may still run."""
        return [
            (name, self._present(name, plan))
            for name in self._names()
            if name not in self._ended and not self._look(name).phase.ended and (plan := self.plan(name))
        ]

    def _present(self, name: str, plan: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *plan* with those being taken away that still need their room."""
        living = {(s.state.role, s.state.number) for s in self._leaving(name, plan)}
        if not living:
            return plan
        left = [r for r in plan["leaving"] if (r["role"], r["index"]) in living]
        return {**plan, "replicas": [*plan["replicas"], *left]}

    def plan(self, name: str) -> Mapping[str, Any] | None:
        """Return the plan of *name*, None if there is none."""
        if not is_name(name):
            return None
        path = self._data.attempt(name).plan
        mark = documents.mark(path)  # it is written anew when a service is scaled
        known = self._plans.get(name)
        if known is not None and known[0] == mark:
            return known[1]
        plan = documents.read(path)
        if plan is not None and mark is not None:
            self._plans[name] = mark, plan
        return plan

    def sightings(self, name: str) -> list[Sighting]:
        """Return how the replicas of *name* fare, from their files; last those being taken away that run."""
        plan = self.plan(name)
        return [] if plan is None else [*self._wanted(name, plan), *self._leaving(name, plan)]

    def ever(self, name: str) -> list[Sighting]:
        """Return how all replicas fare that *name* ever had."""
        plan = self.plan(name)
        return [] if plan is None else read_states(self._data.attempt(name), names_of(plan, gone=True))

    def _wanted(self, name: str, plan: Mapping[str, Any]) -> list[Sighting]:
        return [_anew(seen) for seen in read_states(self._data.attempt(name), names_of(plan))]

    def _leaving(self, name: str, plan: Mapping[str, Any]) -> list[Sighting]:
        gone = [(r["role"], r["index"]) for r in plan.get("leaving", ())]
        found = read_states(self._data.attempt(name), gone)
        return [
            seen._replace(state=seen.state._replace(reason=SCALED))
            for seen in found
            if seen.record and seen.state.phase in LIVE
        ]

    def _names(self) -> list[str]:
        return os.listdir(self._data.workloads)

    def _forget(self, there: set[str]) -> None:
        kept: dict[str, Any]
        for kept in (self._ended, self._plans):
            for name in set(kept) - there:  # a copy: another thread may add to it
                kept.pop(name, None)

    def _look(self, name: str) -> Observation:
        if known := self._ended.get(name):
            return replace(known, at=documents.now())
        attempt = self._data.attempt(name)
        try:
            verdict = documents.read(attempt.verdict) or self._judge(attempt)
        except (ValueError, KeyError, TypeError) as error:
            # A damaged file must neither end a job nor hide the others.
            verdict = {**_UNREADABLE, "message": f"its files are damaged: {error!r}"}
        if verdict is None:
            return self._unseen(name)
        observation = _observation(name, verdict, self._node, attempt.path)
        if observation.phase.ended:
            self._ended[name] = observation
            self._plans.pop(name, None)
        return observation

    def _unseen(self, name: str) -> Observation:
        if is_name(name) and os.path.exists(self._data.refused(name)):
            return Observation(
                handle=Handle(name),
                phase=Phase.CANCELLED,
                at=documents.now(),
                reason="cancelled",
                message="cancelled before it was submitted",
            )
        return _absent(name)

    def _judge(self, attempt: Attempt) -> Document | None:
        """Return the verdict on a workload; a final one is written down, so that it stays what it is."""
        plan = self.plan(attempt.name)
        if plan is None:
            return None
        sightings = self.sightings(attempt.name)
        states = [sighting.state for sighting in sightings]
        cancelled = os.path.exists(attempt.cancel)
        verdict = judge(plan["success"], states, cancelled=cancelled)
        roles = [role for role, _ in names_of(plan)]
        states.sort(key=lambda state: (roles.index(state.role), state.number))
        document = {**verdict._asdict(), "replicas": [list(state) for state in states]}
        if verdict.phase not in LIVE:
            self._close(attempt, plan, self.ever(attempt.name), document)
        return document

    def _close(
        self, attempt: Attempt, plan: Mapping[str, Any], sightings: list[Sighting], document: Document
    ) -> None:
        for sighting in sightings:
            killed_with_supervisor = sighting.state.ended is None and sighting.record
            if sighting.record and (sighting.state.phase == LOST or killed_with_supervisor):
                value = leftovers.mark(plan["token"], sighting.state.name)
                leftovers.sweep(value, sighting.record.get("cgroup", {}))
        try:
            documents.write(attempt.verdict, document)
            os.unlink(attempt.secrets)
        except FileNotFoundError:
            return


def _anew(seen: Sighting) -> Sighting:
    """Return *seen*; who was taken away and is wanted again begins again."""
    if seen.state.phase in LIVE or seen.state.reason != SCALED:
        return seen
    state = ReplicaState(
        seen.state.role, seen.state.number, PENDING, "starting", "it is about to begin again"
    )
    return seen._replace(state=state)


def _absent(name: str) -> Observation:
    return Observation(handle=Handle(name), phase=Phase.ABSENT, at=documents.now())


def _observation(name: str, verdict: Mapping[str, Any], node: str, path: str) -> Observation:
    return Observation(
        handle=Handle(name),
        phase=Phase(verdict["phase"]),
        at=documents.now(),
        reason=verdict["reason"],
        message=verdict["message"],
        exit_code=verdict["exit_code"],
        replicas=tuple(view_of(ReplicaState(*state), node) for state in verdict["replicas"]),
        native={"directory": path},
    )
