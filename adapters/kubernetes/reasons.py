"""The cluster's words for how a pod fares, turned into ours."""

from __future__ import annotations

from typing import Final, NamedTuple

from submarine.adapters.kubernetes.names import PREPARATION, STOP
from submarine.adapters.kubernetes.objects import ContainerStatus, Pod, Terminated
from submarine.core.workloads.verdict import CANCELLED, FAILED, LOST, PENDING, RUNNING, STOPPED, SUCCEEDED

CANCELLING: Final = "cancelled"
PAUSING: Final = "suspended"
"""Values of the annotation `STOP` on pods whose attempt was cancelled or suspended; any other says who
ended first."""

_MEMORY: Final = 137
_ENDED_BY_DELETION: Final = frozenset({137, 143})
"""SIGKILL and SIGTERM, as the kubelet sends them to what is deleted."""
_PULLS: Final = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
_DISRUPTIONS: Final = {
    "PreemptionByScheduler": (FAILED, "preempted", "it had to make room for a pod of higher priority"),
    "EvictionByEvictionAPI": (FAILED, "preempted", "it was evicted, as when a node is drained"),
    "DeletionByTaintManager": (LOST, "node-lost", "its node is not reachable any more"),
    "DeletionByPodGC": (LOST, "node-lost", "its node is gone"),
    "TerminationByKubelet": (FAILED, "evicted", "its node ran short of something"),
}
_REFUSALS: Final = ("OutOf", "UnexpectedAdmissionError", "NodeAffinity", "NodeName", "NodePorts", "Topology")


class Word(NamedTuple):
    """How a replica fares, and why."""

    phase: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None


def of_ended(pod: Pod, *, left: bool) -> Word:
    """Return how *pod* ended; it is over, or *left*: it was deleted before anybody saw its end."""
    stop = pod.metadata.annotations.get(STOP)
    ended = _terminated(pod)
    asked = pod.status.reason == "DeadlineExceeded" or left or pod.metadata.deletion_timestamp is not None
    if stop is not None and asked and pod.status.phase != "Succeeded":
        return _stopped(stop, ended)
    if pod.status.phase == "Succeeded":
        return Word(SUCCEEDED, exit_code=0)
    if pod.status.reason == "DeadlineExceeded":
        deadline = f"it ran longer than the {pod.spec.active_deadline_seconds} s it may"
        return Word(FAILED, "deadline-exceeded", deadline, ended.exit_code if ended else None)
    if found := _disruption(pod, ended):
        return found
    if pod.status.phase == "Failed" and (unready := _unprepared(pod)):
        return unready
    deleted = left or pod.metadata.deletion_timestamp is not None
    killed = ended is None or ended.exit_code in _ENDED_BY_DELETION
    known = pod.status.phase == "Failed" and ended is not None and ended.reason != "ContainerStatusUnknown"
    if known and ended is not None and not (deleted and killed):
        return _exited(ended)
    if deleted:
        code = ended.exit_code if ended is not None else None
        return Word(LOST, "pod-deleted", "its pod was deleted, not by Submarine", code)
    return _unseen(pod)


def of_living(pod: Pod, *, service: bool) -> Word:
    """Return how *pod* fares, which has not ended."""
    main = pod.main
    if main is not None and main.state.running is not None:
        return _running(pod)
    if service and main is not None and main.restart_count:
        return _restarting(main)
    if main is not None and main.state.terminated is not None:
        return Word(RUNNING, "ending", "its command has ended, its pod is about to")
    scheduled = pod.condition("PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        gated = scheduled.reason == "SchedulingGated"
        return Word(PENDING, "gated" if gated else "unschedulable", scheduled.message)
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if word := _waiting(status):
            return word
    ready = next((s for s in pod.status.init_container_statuses if s.name == PREPARATION), None)
    if ready is not None and ready.state.running is not None:
        return Word(PENDING, "preparing", "its code is made ready")
    return Word(PENDING, "starting", "its node starts it" if pod.spec.node_name else "it waits for a node")


def _running(pod: Pod) -> Word:
    ready = pod.condition("Ready")
    if ready is not None and ready.status == "Unknown":
        return Word(RUNNING, "node-unreachable", f"node {pod.spec.node_name} does not answer the cluster")
    if pod.status.reason == "NodeLost":
        return Word(RUNNING, "node-unreachable", f"node {pod.spec.node_name} does not answer the cluster")
    return Word(RUNNING)


def _restarting(main: ContainerStatus) -> Word:
    last = main.state.terminated or main.last_state.terminated
    ended = _exited(last).message if last is not None else "ended"
    return Word(RUNNING, "restarting", f"{ended}; restarted {main.restart_count} times")


def _waiting(status: ContainerStatus) -> Word | None:
    waiting = status.state.waiting
    if waiting is None or waiting.reason in {"", "PodInitializing", "ContainerCreating"}:
        return None
    reason = "image-pull" if waiting.reason in _PULLS else "cannot-start"
    return Word(PENDING, reason, f"{waiting.reason}: {waiting.message}".removesuffix(": "))


def _stopped(stop: str, ended: Terminated | None) -> Word:
    code = ended.exit_code if ended is not None else None
    if stop == CANCELLING:
        return Word(CANCELLED, "cancelled", "cancelled", code)
    if stop == PAUSING:  # or it would not count as an end
        return Word(CANCELLED, "cancelled", "cancelled while it was suspended", code)
    return Word(CANCELLED, STOPPED, stop, code)


def _disruption(pod: Pod, ended: Terminated | None) -> Word | None:
    condition = pod.condition("DisruptionTarget")
    code = ended.exit_code if ended is not None else None
    if condition is not None and condition.status == "True" and condition.reason in _DISRUPTIONS:
        phase, reason, message = _DISRUPTIONS[condition.reason]
        said = pod.status.message or condition.message
        return Word(phase, reason, f"{message}: {said}" if said else message, code)
    if pod.status.reason == "Evicted":
        return Word(FAILED, "evicted", pod.status.message or "its node ran short of something", code)
    if pod.status.reason == "Preempting":
        return Word(FAILED, "preempted", pod.status.message, code)
    if pod.status.reason in {"NodeLost", "NodeShutdown", "Terminated", "Shutdown"}:
        return Word(LOST, "node-lost", pod.status.message or "its node was shut down", code)
    return None


def _unprepared(pod: Pod) -> Word | None:
    for status in pod.status.init_container_statuses:
        ended = status.state.terminated
        if status.name == PREPARATION and ended is not None and ended.exit_code:
            if ended.reason == "OOMKilled":
                return Word(FAILED, "out-of-memory", "memory ran out while its code was made ready")
            said = ended.message.strip() or _exited(ended).message
            return Word(FAILED, "preparation-failed", said)
    return None


def _exited(ended: Terminated) -> Word:
    code = ended.exit_code
    if ended.reason == "OOMKilled":
        return Word(FAILED, "out-of-memory", "it took more memory than it may", code or _MEMORY)
    if ended.reason in {"StartError", "ContainerCannotRun", "RunContainerError"}:
        return Word(FAILED, "cannot-start", ended.message.strip() or ended.reason, code)
    if code == 0:
        return Word(SUCCEEDED, exit_code=0)
    said = f"exited with code {code}"
    if code > 128:  # noqa: PLR2004 - as shells and runtimes have it
        said = f"killed by signal {code - 128}"
    return Word(FAILED, "exit-code", said, code)


def _unseen(pod: Pod) -> Word:
    if pod.status.reason.startswith(_REFUSALS):
        return Word(LOST, "node-refused", f"{pod.status.reason}: {pod.status.message}")
    said = pod.status.message or pod.status.reason or "its node was restarted"
    return Word(LOST, "node-lost", f"nobody saw how it ended: {said}")


def _terminated(pod: Pod) -> Terminated | None:
    main = pod.main
    return main.state.terminated if main is not None else None
