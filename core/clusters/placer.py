"""Chooses a cluster for a job, and keeps the whole argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from submarine.core.clock import Clock
from submarine.core.clusters.cluster import Cluster, ClusterStatus, Health
from submarine.core.clusters.counsel import Counsel
from submarine.core.errors import SubmarineError
from submarine.core.jobs.job import Considered, Decision, Job
from submarine.core.jobs.store import Usage
from submarine.core.ports.placement import Candidate, PlacementPolicy, Request
from submarine.core.ports.runtime import Explaining, Selective
from submarine.core.servers.server import Sighting
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Workload

_ELSEWHERE: Final = "only reached by"


class Placer:
    """One scan of the queue: statuses and usage are read once, room given away is remembered."""

    def __init__(
        self,
        clusters: Sequence[Cluster],
        statuses: Mapping[str, ClusterStatus],
        usage: Sequence[Usage],
        policies: Mapping[str, PlacementPolicy],
        default_policy: str,
        counsel: Counsel,
        clock: Clock,
        elsewhere: Mapping[str, Sighting],
    ) -> None:
        self._clusters = clusters
        self._statuses = statuses
        self._policies = policies
        self._default_policy = default_policy
        self._counsel = counsel
        self._clock = clock
        self._elsewhere = elsewhere
        self._used: dict[str, Resources] = {}
        self._jobs: dict[str, int] = {}
        self._project_jobs: dict[tuple[str, str], int] = {}
        self._failed: dict[str, str] = {}
        for use in usage:
            self._take(use.cluster, use.project, use.resources, use.jobs)

    def decide(self, job: Job, workload: Workload) -> Decision:
        """Return where *job* goes now, with every candidate and its reason; reserves the room it gives."""
        wish = job.spec.placement
        policy_name = wish.policy or self._default_policy
        refused: dict[str, str] = {}
        fit: list[Candidate] = []
        for cluster in self._clusters:
            if reason := self._refusal(cluster, job, workload):
                refused[cluster.name] = reason
            else:
                fit.append(self._candidate(cluster, job))
        ranked = self._rank(policy_name, job, fit)
        chosen = ranked[0] if ranked else None
        reasons = refused | {c.cluster: "the policy left it out" for c in fit}
        reasons |= {name: f"behind {chosen[0]}: {why}" for name, why in ranked if chosen}
        if chosen:
            chosen = chosen[0], self._with_form(*chosen, workload)
            reasons[chosen[0]] = chosen[1]
            self._take(chosen[0], job.project, job.resources, 1)
        considered = [
            Considered(cluster=c.name, taken=bool(chosen and c.name == chosen[0]), reason=reasons[c.name])
            for c in self._clusters
        ]
        if self._elsewhere:  # in one order for all servers, or each would write what the other wrote anew
            considered = sorted([*considered, *self._others(job)], key=lambda c: c.cluster)
        return Decision(
            at=self._clock(),
            policy="named" if wish.cluster else policy_name,
            chosen=chosen[0] if chosen else None,
            reason=chosen[1] if chosen else self._summary(job, considered),
            candidates=tuple(considered),
        )

    def leaves(self, job: Job) -> bool:
        """Tell whether *job* may only go to a cluster that another server, which is up, reaches alone."""
        sighting = self._elsewhere.get(job.spec.placement.cluster or "")
        return sighting is not None and sighting.up

    def _others(self, job: Job) -> list[Considered]:
        """Return the clusters that only other servers reach, each as that server last said of *job*."""
        before = {c.cluster: c.reason for c in job.placement.candidates} if job.placement else {}
        return [
            Considered(cluster=name, taken=False, reason=self._reason_there(job, name, before.get(name)))
            for name in self._elsewhere
        ]

    def _reason_there(self, job: Job, name: str, before: str | None) -> str:
        if (wish := job.spec.placement.cluster) and wish != name:
            return _named(wish)
        sighting = self._elsewhere[name]
        if not sighting.up:
            return f"{_ELSEWHERE} {sighting.told}"
        if before is None or before.startswith(_ELSEWHERE):
            return f"{_ELSEWHERE} {sighting.told}, which decides for it"
        return before

    def _with_form(self, name: str, reason: str, workload: Workload) -> str:
        """Return *reason*, and as what *workload* runs on the cluster *name* where there is a choice."""
        runtime = next(cluster.runtime for cluster in self._clusters if cluster.name == name)
        form = runtime.form(workload) if isinstance(runtime, Explaining) else None
        return f"{reason}; {form}" if form else reason

    def _refusal(self, cluster: Cluster, job: Job, workload: Workload) -> str | None:
        """Return why *cluster* is out of the question now, in a few words."""
        wish = job.spec.placement
        if wish.cluster and wish.cluster != cluster.name:
            return _named(wish.cluster)
        for key, value in wish.labels.items():
            if (have := cluster.labels.get(key)) != value:
                return (
                    f"label {key} is {have!r}, the spec asks for {value!r}" if have else f"has no label {key}"
                )
        status = self._statuses[cluster.name]
        if status.health is not Health.OK:
            return f"{status.health}: {status.reason}" if status.reason else f"{status.health}"
        if isinstance(cluster.runtime, Selective) and (reason := cluster.runtime.refusal(workload)):
            return reason
        capacity = status.capacity
        if capacity is None:
            return "its capacity is not known yet"
        if not capacity.queues:
            if shortage := job.resources.shortage(capacity.total):
                return f"too small: {shortage.replace('free', 'has')}"
            if shortage := job.resources.shortage(self._free(cluster)):
                return f"full: {shortage}"
        return None

    def _free(self, cluster: Cluster) -> Resources:
        """Return what is left: by our own account where the server holds work back, else by the cluster's."""
        capacity = self._statuses[cluster.name].capacity
        if capacity is None:
            return Resources()
        if capacity.queues:
            return capacity.free
        return capacity.total - self._used.get(cluster.name, Resources())

    def _candidate(self, cluster: Cluster, job: Job) -> Candidate:
        capacity = self._statuses[cluster.name].capacity
        return Candidate(
            cluster=cluster.name,
            labels=cluster.labels,
            total=capacity.total if capacity else Resources(),
            free=self._free(cluster),
            running=self._jobs.get(cluster.name, 0),
            project_running=self._project_jobs.get((cluster.name, job.project), 0),
            order=cluster.order,
        )

    def _rank(self, policy: str, job: Job, fit: Sequence[Candidate]) -> list[tuple[str, str]]:
        if not fit:
            return []
        if job.spec.placement.cluster:
            return [(fit[0].cluster, "named by the spec")]
        found = self._policies.get(policy)
        if found is None:
            return []
        request = Request(resources=job.resources, options=job.spec.placement.options)
        try:
            ranked = self._counsel.rank(policy, found, request, fit)
        except SubmarineError as error:  # a stranger's policy must not stop the queue
            self._failed[policy] = str(error)
            return []
        return [(r.cluster, r.reason) for r in ranked]

    def _summary(self, job: Job, considered: Sequence[Considered]) -> str:
        wish = job.spec.placement
        if sighting := self._elsewhere.get(wish.cluster or ""):
            return f"{wish.cluster} is {_ELSEWHERE} {sighting.told}"
        if wish.cluster and wish.cluster not in {c.cluster for c in considered}:
            offered = ", ".join(c.cluster for c in considered) or "none"
            return f"no cluster {wish.cluster!r}; configured: {offered}"
        if wish.policy and wish.policy not in self._policies:
            return f"no placement policy {wish.policy!r}; on offer: {', '.join(sorted(self._policies))}"
        if failure := self._failed.get(wish.policy or self._default_policy):
            return failure
        relevant = [c for c in considered if c.cluster == wish.cluster] if wish.cluster else considered
        return "; ".join(f"{c.cluster}: {c.reason}" for c in relevant) or "no cluster is configured"

    def _take(self, cluster: str, project: str, resources: Resources, jobs: int) -> None:
        self._used[cluster] = self._used.get(cluster, Resources()) + resources
        self._jobs[cluster] = self._jobs.get(cluster, 0) + jobs
        key = (cluster, project)
        self._project_jobs[key] = self._project_jobs.get(key, 0) + jobs


def _named(cluster: str) -> str:
    return f"the spec names cluster {cluster}"
