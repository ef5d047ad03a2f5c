"""Reads how an attempt fares from what is known of it; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from submarine.adapters.yarn import forms, reasons, remarks, sizing
from submarine.adapters.yarn.cache import Attempt, Who
from submarine.adapters.yarn.objects import App, Exit
from submarine.adapters.yarn.reasons import Word
from submarine.adapters.yarn.records import Closing, Plan, Run
from submarine.core.clock import now
from submarine.core.workloads.observation import Observation, Phase, view_of
from submarine.core.workloads.verdict import (
    CANCELLED,
    FAILED,
    LIVE,
    LOST,
    PENDING,
    RUNNING,
    SCALED,
    STOPPED,
    SUSPENDED,
    ReplicaState,
    Verdict,
    ends_all,
    judge,
)
from submarine.core.workloads.workload import Handle, WorkloadKind


class Sight(NamedTuple):
    """What is seen of an attempt. ``deciding`` is who has ended it for all, if anybody has."""

    attempt: Attempt
    plan: Plan
    verdict: Verdict
    states: list[ReplicaState]
    deciding: ReplicaState | None
    closed: bool

    @property
    def nodes(self) -> dict[str, str]:
        """Return where each replica runs or ran."""
        found = {f"{r}-{i}": self.attempt.run((r, i)) for r, i in self.plan.replicas()}
        return {name: run.node for name, run in found.items() if run is not None}

    def closing(self) -> Closing:
        """Return the end, to be written down."""
        application = self.attempt.named()
        return Closing(self.verdict, self.states, self.nodes, application, remarks.kept(self.attempt))

    def observation(self) -> Observation:
        """Return what the core sees."""
        attempt, verdict = self.attempt, self.verdict
        closing = attempt.closing
        nodes = closing.nodes if closing is not None else self.nodes
        application = closing.application if closing is not None else attempt.named()
        native = {"application": application, "user": attempt.owner, "form": self.plan.form}
        return Observation(
            handle=attempt.handle,
            phase=Phase(verdict.phase),
            at=now(),
            reason=verdict.reason,
            message=verdict.message or (attempt.refused if verdict.phase in LIVE else ""),
            exit_code=verdict.exit_code,
            replicas=tuple(view_of(state, nodes.get(state.name, "")) for state in self.states),
            native={key: value for key, value in native.items() if value},
        )


def look(attempt: Attempt) -> Sight | None:
    """Return what is seen of *attempt*; None if it is a mere tombstone or cannot be read."""
    plan = attempt.plan
    if plan is None:
        return None
    if attempt.closing is not None:
        closing = attempt.closing
        return Sight(attempt, plan, Verdict(*closing.verdict), closing.replicas, None, closed=True)
    unheard = forms.named(plan.form).unheard(attempt, plan)
    states = [_state(attempt, plan, who, unheard) for who in plan.replicas()]
    if left := sizing.leaving(attempt, plan):
        # Behind all others, as they decide nothing; while they run, the whole has not ended.
        states += [_state(attempt, plan, who, unheard)._replace(reason=SCALED) for who in left]
    deciding = next((r for i, r in enumerate(states) if ends_all(plan.success, r, chief=i == 0)), None)
    verdict = judge(plan.success, states, cancelled=attempt.cancel is not None)
    order = [role.name for role in plan.roles]
    states.sort(key=lambda state: (order.index(state.role), state.number))
    return Sight(attempt, plan, verdict, states, deciding, closed=False)


def unplanned(handle: Handle, attempt: Attempt | None, orphan: App | None = None) -> Observation:
    """Return the observation of what `look` does not see: absent, refused, damaged or an orphan."""
    gone = Observation(handle=handle, phase=Phase.ABSENT, at=now())
    if attempt is None and orphan is not None:
        native = {"application": orphan.id, "user": orphan.user}
        said = "its application lives on, and what was to be known of it was removed"
        return replace(gone, phase=Phase.RUNNING, reason="orphaned", message=said, native=native)
    if attempt is None:
        return gone
    if why := attempt.damage or attempt.refused:
        # A damaged file must neither end a job nor hide the others.
        return replace(gone, phase=Phase.PENDING, reason="unreadable", message=why)
    if attempt.declined:
        said = "cancelled before it was submitted"
        return replace(gone, phase=Phase.CANCELLED, reason="cancelled", message=said)
    return gone


def unexplained(attempt: Attempt) -> bool:
    """Tell whether containers may have ended that said nothing: then the timeline server is asked."""
    if attempt.plan is None or attempt.app is None or attempt.closing is not None:
        return False
    living = attempt.unended()
    if sizing.leaving(attempt, attempt.plan):
        return True
    if attempt.app.over:
        return bool(living) or any(who not in attempt.runs for who in attempt.plan.replicas())
    if attempt.app.state != "RUNNING":
        return False
    ended = sum(
        1 for who in attempt.plan.replicas() if (run := attempt.run(who)) and attempt.end(run) is not None
    )
    return attempt.app.running - 1 < len(attempt.plan.replicas()) - ended


def _state(attempt: Attempt, plan: Plan, who: Who, unheard: Mapping[Who, Exit]) -> ReplicaState:
    run = attempt.run(who)
    service = plan.kind == WorkloadKind.SERVICE
    started = ended = None
    if run is None:
        found = unheard.get(who)
        word = _unborn(attempt, who, found)
        if found is not None:
            started, ended = found.started or None, found.finished or None
    else:
        started = run.started
        word, ended = _begun(attempt, who, run)
    if (
        word.phase not in LIVE
        and service
        and _starts_again(attempt, plan, word, _exit(attempt, who, unheard))
    ):
        word = Word(PENDING, "restarting", f"{word.message or 'it ended'}; YARN starts it again")
        ended = None
    if word.phase not in LIVE:
        ended = ended or (attempt.app.finished if attempt.app is not None else 0) or now()
        started = min(started or ended, ended)
    role, index = who
    return ReplicaState(role, index, word.phase, word.reason, word.message, word.exit_code, started, ended)


def _begun(attempt: Attempt, who: Who, run: Run) -> tuple[Word, int | None]:
    """Return how the replica that has begun as *run* fares, and when it ended."""
    if (end := attempt.end(run)) is not None:
        return reasons.of_end(end, cancelled=attempt.cancel is not None), end.ended
    found = attempt.exits.get(run.container)
    if found is not None and found.over and not (found.outlived and not attempt.app_over()):
        return _excused(attempt, who, _of_exit(attempt, found)), found.finished
    if attempt.app is not None and attempt.app.over and attempt.settled:
        return _excused(attempt, who, reasons.of_ended(attempt.app)), attempt.app.finished
    return Word(SUSPENDED if run.suspended else RUNNING), None


def _unborn(attempt: Attempt, who: Who, found: Exit | None) -> Word:
    """Return how a replica fares that never told that it began."""
    if found is not None:
        return _excused(attempt, who, _of_exit(attempt, found))
    app = attempt.app
    if app is not None and app.over and attempt.settled:
        return _excused(attempt, who, reasons.of_ended(app))
    if app is None and attempt.cancel is not None:
        return Word(CANCELLED, "cancelled", "cancelled before it started")
    return reasons.of_waiting(app)


def _of_exit(attempt: Attempt, found: Exit) -> Word:
    """Return what the end of a container means, or that of the application which it could not outlive."""
    if found.outlived and attempt.app is not None:
        return reasons.of_ended(attempt.app)
    return reasons.of_exit(found)


def _excused(attempt: Attempt, who: Who, word: Word) -> Word:
    """Return *word*; what ends after it was asked to end has ended for that."""
    if word.phase not in {LOST, FAILED}:
        return word
    if attempt.cancel is not None:
        return Word(CANCELLED, "cancelled", "cancelled", word.exit_code)
    if attempt.stop is not None and attempt.stop.by != f"{who[0]}-{who[1]}":
        said = f"stopped: {attempt.stop.by} has {attempt.stop.phase}"
        return Word(CANCELLED, STOPPED, said, word.exit_code)
    return word


def _starts_again(attempt: Attempt, plan: Plan, word: Word, found: Exit | None) -> bool:
    """Tell whether a replica of a service that has ended runs again."""
    if attempt.cancel is not None or attempt.stop is not None or word.reason == "deadline-exceeded":
        return False
    return not attempt.app_over() and forms.named(plan.form).replaces(plan, found)


def _exit(attempt: Attempt, who: Who, unheard: Mapping[Who, Exit]) -> Exit | None:
    """Return how the last container of *who* ended, None if it runs on."""
    run = attempt.run(who)
    found = unheard.get(who) if run is None else attempt.exits.get(run.container)
    return found if found is not None and found.over else None


def explained(attempt: Attempt) -> bool:
    """Tell whether the end of every container that said nothing is known."""
    if attempt.plan is None:
        return True
    over = {name for name, found in attempt.exits.items() if found.over}
    if any(run.container not in over for run in attempt.unended()):
        return False
    unheard = forms.named(attempt.plan.form).unheard(attempt, attempt.plan)
    return all(who in attempt.runs or who in unheard for who in attempt.plan.replicas())


def restless(attempt: Attempt) -> bool:
    """Tell whether something must be done for *attempt* even if nothing has changed."""
    if attempt.closing is not None:
        return attempt.app is not None and not attempt.app.over
    ending = attempt.cancel is not None or attempt.stop is not None
    return attempt.plan is not None and (ending or sizing.pending(attempt, attempt.plan))
