"""Reads how an attempt fares from its parent, its pods and its Jobs; changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from submarine.adapters.kubernetes import forms, indexes, names, reasons
from submarine.adapters.kubernetes.cache import Cache, Note
from submarine.adapters.kubernetes.objects import Job, Pod, millis
from submarine.adapters.kubernetes.parents import Parent
from submarine.adapters.kubernetes.plan import Closing, Plan, observation
from submarine.adapters.kubernetes.reasons import Word
from submarine.core.clock import now
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.verdict import (
    CANCELLED,
    LIVE,
    LOST,
    PENDING,
    STOPPED,
    SUCCEEDED,
    SUSPENDED,
    ReplicaState,
    Verdict,
    ends_all,
    judge,
)
from submarine.core.workloads.workload import Handle, WorkloadKind

Who = tuple[str, int]

UNHEARD: Final = "asking"
_QUEUED: Final = Word(
    PENDING, "queued", "its job was suspended on the cluster, not by Submarine; another pod comes later"
)
_UNHEARD: Final = Word(PENDING, UNHEARD, "the cluster is asked what became of its pod")


class Sight(NamedTuple):
    """What is seen of an attempt. ``deciding`` is who has ended it for all, if anybody has.

    ``unsure``: a replica would be judged by a pod that is not there, and the cluster has to be asked whether
    and why. ``living`` are those with a pod that has not ended.
    """

    parent: Parent
    plan: Plan
    verdict: Verdict
    states: list[ReplicaState]
    pods: Mapping[Who, Pod]
    deciding: ReplicaState | None
    closed: bool
    unsure: bool = False
    living: frozenset[Who] = frozenset()

    @property
    def nodes(self) -> dict[str, str]:
        """Return where each replica runs or ran."""
        return {f"{r}-{i}": pod.spec.node_name for (r, i), pod in self.pods.items() if pod.spec.node_name}

    def observation(self, namespace: str) -> Observation:
        """Return what the core sees."""
        closing = self.parent.closing
        nodes = closing.nodes if closing is not None else self.nodes
        found = observation(self.parent.handle, now(), self.verdict, self.states, nodes)
        native = {"namespace": namespace, "parent": f"configmap/{self.parent.handle}", "form": self.plan.form}
        if self.plan.why:
            native["why"] = self.plan.why
        return replace(found, native=native)

    def closing(self) -> Closing:
        """Return the end, to be written down."""
        return Closing(verdict=self.verdict, replicas=self.states, nodes=self.nodes)


def look(cache: Cache, handle: Handle) -> Sight | None:
    """Return what *cache* knows of *handle*; None if it is absent, or a mere tombstone."""
    parent = cache.parent(handle)
    if parent is None or not parent.ours or parent.plan is None or parent.deleting:
        return None
    plan = parent.plan
    pods, left = _newest(cache.pods.of(handle)), _newest(cache.departed(handle))
    if left:
        left = {who: pod for who, pod in left.items() if who not in pods or _born(pod) > _born(pods[who])}
        pods = {who: pod for who, pod in pods.items() if who not in left}
    if parent.closing is not None:
        verdict, states = Verdict(*parent.closing.verdict), parent.closing.replicas
        return Sight(parent, plan, verdict, states, {**left, **pods}, None, closed=True)
    jobs = [job for job in cache.jobs.of(handle) if job.metadata.uid not in parent.paused]
    living = frozenset(who for who, pod in pods.items() if not pod.over)
    # Jobs are created before the parent says so: whoever has heard of that later than of them has none.
    vanished = cache.jobs.version >= parent.version
    # The watches do not keep step: what parent and Jobs tell is compared with pods that are as new as they.
    newest = max([parent.version, *(job.metadata.version for job in jobs)])
    heard = cache.heard(handle) >= newest
    states = [
        _state(parent, plan, who, pods.get(who), left.get(who), jobs, vanished=vanished, heard=heard)
        for who in plan.replicas()
    ]
    if forms.named(plan.form).claims:
        each = zip(plan.replicas(), states, strict=True)
        states = [_explained(cache, state, pods.get(who) or left.get(who)) for who, state in each]
    unsure = any(state.reason == UNHEARD for state in states)
    if (note := cache.notes.get(handle) or cache.queued.get(handle)) is not None:
        states = [_noted(state, note, living) for state in states]
    deciding = next((r for i, r in enumerate(states) if ends_all(plan.success, r, chief=i == 0)), None)
    if deciding is not None:
        states = [_victim(state, deciding) for state in states]
    verdict = judge(plan.success, states, cancelled=parent.cancel is not None)
    shown = {**left, **pods}
    return Sight(parent, plan, verdict, states, shown, deciding, closed=False, unsure=unsure, living=living)


def unplanned(cache: Cache, handle: Handle) -> Observation:
    """Return the observation of what `look` does not see: absent, refused or damaged."""
    parent = cache.parent(handle)
    if parent is None or not parent.ours or parent.deleting or not (parent.declined or parent.damage):
        return Observation(handle=handle, phase=Phase.ABSENT, at=now())
    if parent.damage:
        # A damaged object must neither end a job nor hide the others.
        return Observation(
            handle=handle, phase=Phase.PENDING, at=now(), reason="unreadable", message=parent.damage
        )
    return Observation(
        handle=handle,
        phase=Phase.CANCELLED,
        at=now(),
        reason="cancelled",
        message="cancelled before it was submitted",
    )


def unexplained(cache: Cache, handle: Handle) -> list[Pod]:
    """Return the pods of *handle* that are deleted, of which is not known why."""
    going = [pod for pod in cache.pods.of(handle) if pod.metadata.deletion_timestamp is not None]
    return [pod for pod in (*cache.departed(handle), *going) if cache.taken(pod) is None]


def _state(
    parent: Parent,
    plan: Plan,
    who: Who,
    pod: Pod | None,
    left: Pod | None,
    jobs: Sequence[Job],
    *,
    vanished: bool,
    heard: bool,
) -> ReplicaState:
    found = pod or left
    if found is not None and paused_away(parent, found):
        # It ends because it was suspended, which is no end; another pod comes.
        found = pod = None if pod is None or pod.over else pod
    if found is None:
        word = _unborn(parent, plan, who, jobs, vanished=vanished)
        unknown = not heard and word.phase not in LIVE and word.phase != SUCCEEDED
        return _state_of(who, _UNHEARD if unknown else word)
    service = plan.kind == WorkloadKind.SERVICE
    if left is not found and not found.over:
        return _told(who, reasons.of_living(found, service=service), found)
    word = reasons.of_ended(found, left=left is found and not found.over)
    if parent.cancel is not None and word.reason == "pod-deleted":
        word = Word(CANCELLED, "cancelled", "cancelled", word.exit_code)  # it was deleted for that
    elif word.reason == "pod-deleted" and (waits := _given_another(who, jobs)) is not None:
        return _state_of(who, waits)
    if parent.cancel is None and service:
        return _state_of(who, Word(PENDING, "restarting", f"{word.message or 'it ended'}; another pod comes"))
    return _told(who, word, found)


def _unborn(parent: Parent, plan: Plan, who: Who, jobs: Sequence[Job], *, vanished: bool) -> Word:
    """Return how a replica fares that has no pod."""
    for job in _jobs_of(who, jobs):
        if _succeeded(job, who):
            return Word(SUCCEEDED, exit_code=0)
        if _failed(job, who):
            if parent.cancel is not None:
                return Word(CANCELLED, "cancelled", "cancelled")
            return Word(LOST, "pod-deleted", "its pod is gone, so nobody saw how it ended")
        if parent.cancel is None and not parent.suspended:
            return Word(PENDING, "starting", _job_says(job) or "its pod is about to be created")
    if parent.cancel is not None:
        return Word(CANCELLED, "cancelled", "cancelled before it started")
    if parent.suspended:
        return Word(SUSPENDED)
    if parent.started and vanished and plan.jobs and not jobs and not parent.paused:
        return Word(LOST, "vanished", "its Job was deleted, not by Submarine")
    return Word(PENDING, "starting", "its pod is about to be created")


def _given_another(who: Who, jobs: Sequence[Job]) -> Word | None:
    """Return what a replica waits for whose pod was deleted, None if its Job takes that for its end.

    A queue takes the pods of a Job away by suspending it, and gives others later: that is no end.
    """
    for job in _jobs_of(who, jobs):
        if job.metadata.deletion_timestamp is not None or _failed(job, who):
            return None
        if job.spec.suspend:
            return _QUEUED
        return Word(PENDING, "starting", "its pod was deleted; its Job is about to say what comes of that")
    return None


def _explained(cache: Cache, state: ReplicaState, pod: Pod | None) -> ReplicaState:
    """Return *state*; a pod that was deleted because its controller was suspended is no end.

    Of controllers that are no Jobs there is no watch: they are asked when it matters.
    """
    if state.reason != "pod-deleted" or pod is None:
        return state
    taken = cache.taken(pod)
    if taken is False:
        return state
    return _state_of((state.role, state.number), _QUEUED if taken else _UNHEARD)


def _jobs_of(who: Who, jobs: Sequence[Job]) -> Iterator[Job]:
    """Yield the Job that makes the pods of *who*."""
    role, index = who
    for job in jobs:
        labels = job.metadata.labels
        if labels.get(names.ROLE) == role and labels.get(names.INDEX, str(index)) == str(index):
            yield job


def _succeeded(job: Job, who: Who) -> bool:
    alone = names.INDEX in job.metadata.labels  # it has no other replica
    return (alone and job.status.succeeded > 0) or indexes.holds(job.status.completed_indexes, who[1])


def _failed(job: Job, who: Who) -> bool:
    alone = names.INDEX in job.metadata.labels
    return (alone and job.status.failed > 0) or indexes.holds(job.status.failed_indexes, who[1])


def _job_says(job: Job) -> str:
    failed = (c for c in job.status.conditions if c.type in {"Failed", "Suspended"} and c.status == "True")
    return next((c.message for c in failed), "")


def _noted(state: ReplicaState, note: Note, living: Collection[Who]) -> ReplicaState:
    """Return *state*, with *note* if it waits for a pod that does not come."""
    if state.phase != PENDING or (state.role, state.number) in living:
        return state
    return state._replace(reason=note.reason, message=note.message)


def _victim(state: ReplicaState, deciding: ReplicaState) -> ReplicaState:
    """Return *state*; a pod that left after another replica decided was deleted for that."""
    if state is deciding or state.reason not in {"pod-deleted", "vanished"}:
        return state
    return state._replace(
        phase=CANCELLED, reason=STOPPED, message=f"stopped: {deciding.name} has {deciding.phase}"
    )


def _told(who: Who, word: Word, pod: Pod) -> ReplicaState:
    main = pod.main
    began = ended = None
    if main is not None and main.state.terminated is not None:
        began, ended = main.state.terminated.started_at, main.state.terminated.finished_at
    elif main is not None and main.state.running is not None:
        began = main.state.running.started_at
    started, finished = millis(began), millis(ended)
    if word.phase not in LIVE and finished is None:
        finished = _last_change(pod)
    return _state_of(who, word)._replace(started=started or finished, ended=finished)


def _state_of(who: Who, word: Word) -> ReplicaState:
    role, index = who
    return ReplicaState(role, index, word.phase, word.reason, word.message, word.exit_code)


def _last_change(pod: Pod) -> int | None:
    changes = [c.last_transition_time for c in pod.status.conditions if c.last_transition_time is not None]
    return millis(max(changes, default=pod.metadata.deletion_timestamp))


def paused_away(parent: Parent, pod: Pod) -> bool:
    """Tell whether *pod* goes, or has ended, because the attempt was suspended."""
    if parent.cancel is not None:
        return False
    asked = pod.metadata.annotations.get(names.STOP) == reasons.PAUSING
    if pod.metadata.deletion_timestamp is None:
        return asked and pod.status.reason == "DeadlineExceeded"
    paused = parent.suspended or bool(parent.paused)
    return paused or asked or pod.metadata.version <= parent.resumed


def replaceable(parent: Parent, pod: Pod) -> bool:
    """Tell whether the end of *pod* need not be that of its replica: whose pod is deleted may get another."""
    return pod.metadata.deletion_timestamp is not None or paused_away(parent, pod)


def earlier(cache: Cache, handle: Handle, owner: Who, pod: Pod | None) -> list[Pod]:
    """Return the pods that a replica had before *pod*, oldest first: a pause or a queue ended them."""
    every = (*cache.departed(handle), *cache.pods.of(handle))
    found = [one for one in every if one is not pod and who_is(one) == owner]
    return sorted(found, key=_age)


def _newest(pods: Sequence[Pod]) -> dict[Who, Pod]:
    found: dict[Who, Pod] = {}
    for pod in pods:
        if (who := who_is(pod)) is None:
            continue
        before = found.get(who)
        if before is None or _age(pod) >= _age(before):
            found[who] = pod
    return found


def _age(pod: Pod) -> tuple[int, bool]:
    return _born(pod), pod.metadata.deletion_timestamp is None


def _born(pod: Pod) -> int:
    return millis(pod.metadata.creation_timestamp) or 0


def who_is(pod: Pod) -> Who | None:
    """Return whose pod it is, None if its labels do not tell."""
    labels = pod.metadata.labels
    index = (
        labels.get(names.INDEX)
        or labels.get(names.COMPLETION)
        or labels.get(names.ORDINAL)
        or labels.get(names.REPLICA)
        or ""
    )
    role = labels.get(names.ROLE)
    return (role, int(index)) if role is not None and index.isdecimal() else None
