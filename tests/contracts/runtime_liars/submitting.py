"""Runtimes that break one promise about starting each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster, Run
from submarine.core.errors import FullError, InvalidError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.rendezvous import Framework, Peers
from submarine.core.workloads.workload import Handle, SuccessPolicy, Workload
from tests.contracts.runtime_liars.liar import Liar, replicas


class SeesLate(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.seen: set[Handle] = set()

    @override
    def retell(self, seen: Observation) -> Observation:
        if seen.handle in self.seen:
            return seen
        self.seen.add(seen.handle)
        return replace(seen, phase=Phase.ABSENT, replicas=())


class KeepsNoExitCodes(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        if seen.phase is not Phase.SUCCEEDED:
            return seen
        return replace(seen, replicas=replicas(seen, exit_code=None))


class KnowsFailureOnlyAsOne(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        return replace(seen, exit_code=1) if seen.exit_code == 7 else seen


class DropsVariables(Liar):
    @override
    def twist(self, workload: Workload) -> Workload:
        return replace(workload, roles=tuple(replace(role, env={}) for role in workload.roles))


class TellsEachAnotherStory(Liar):
    class Story:
        def __init__(self, framework: Framework) -> None:
            self.name = framework.name
            self._framework = framework

        def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
            told = dict(self._framework.variables(peers, role, index))
            told["CONTRACT_PEERS"] += f",only-{role}-{index}:1"
            return told

    @override
    def twist(self, workload: Workload) -> Workload:
        return replace(workload, framework=self.Story(workload.framework))


class TellsSecrets(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        run = self.cluster.runs.get(seen.handle)
        return replace(seen, message=" ".join(run.workload.secrets.values())) if run else seen


class StartsTwice(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        if workload.name in self.cluster.runs and not self.phase(workload.name).ended:
            self.cluster.runs[workload.name].start()
        await super().submit(workload)


class RaisesTheDead(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        if workload.name in self.cluster.runs and self.phase(workload.name) is Phase.SUCCEEDED:
            self.cluster.runs[workload.name].start()
        await super().submit(workload)


class StartsHalf(Liar):
    """Writes the name down, and starts only if its caller has the patience."""

    @override
    async def submit(self, workload: Workload) -> None:
        if workload.name not in self.cluster.runs:
            run = self.cluster.runs[workload.name] = Run(workload, self.cluster)
            await asyncio.sleep(0.002)
            run.start()


class KnowsOnlyItsOwn(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.own: set[Handle] = set()

    @override
    async def submit(self, workload: Workload) -> None:
        self.own.add(workload.name)
        await super().submit(workload)

    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        return await super().observe(self.own & self.cluster.runs.keys() if handles is None else handles)


class RefusesTooLate(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        try:
            await super().submit(workload)
        except InvalidError:
            self.cluster.runs[workload.name] = Run(workload, self.cluster)
            raise


class RefusesAtWhim(Liar):
    @override
    def refusal(self, workload: Workload) -> str | None:
        whim = any("print=fine" in role.command for role in workload.roles)
        return "it is too fine" if whim else super().refusal(workload)


class ChangesItsMind(Liar):
    def form(self, workload: Workload) -> str | None:
        return "as a process" if workload.name in self.cluster.runs else "as a pod"


class SqueezesIn(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        try:
            await super().submit(workload)
        except FullError:
            self.cluster.runs[workload.name] = run = Run(workload, self.cluster)
            run.start()


class CountsBeforeItLooks(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        if shortage := workload.resources.shortage(self.cluster.free):
            raise FullError(f"no room: {shortage}")
        await super().submit(workload)


class NeverGivesBack(Liar):
    @override
    async def capacity(self) -> Capacity:
        capacity = await super().capacity()
        free = self.cluster.total
        for run in self.cluster.runs.values():
            free -= run.workload.resources
        return replace(capacity, free=free)


class LetsTheOthersTrainOn(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        if seen.phase is not Phase.FAILED or len(seen.replicas) == 1:
            return seen
        return replace(seen, replicas=replicas(seen, phase=Phase.RUNNING))


class IgnoresTheChief(Liar):
    @override
    def twist(self, workload: Workload) -> Workload:
        chief = workload.success is SuccessPolicy.CHIEF
        return replace(workload, success=SuccessPolicy.ALL) if chief else workload


class WantsAllForAny(Liar):
    @override
    def twist(self, workload: Workload) -> Workload:
        any_one = workload.success is SuccessPolicy.ANY
        return replace(workload, success=SuccessPolicy.ALL) if any_one else workload


class KnowsNoTime(Liar):
    @override
    def twist(self, workload: Workload) -> Workload:
        return replace(workload, max_duration=None)


LIARS: dict[str, type[Liar]] = {
    "test_submitted_is_seen": SeesLate,
    "test_a_command_that_exits_with_zero_succeeds": KeepsNoExitCodes,
    "test_a_command_that_exits_otherwise_fails_with_its_code": KnowsFailureOnlyAsOne,
    "test_a_process_knows_who_it_is": DropsVariables,
    "test_peers_learn_the_same_addresses": TellsEachAnotherStory,
    "test_secrets_reach_the_process_and_nobody_else": TellsSecrets,
    "test_submitting_twice_starts_it_once": StartsTwice,
    "test_what_has_ended_is_not_started_again": RaisesTheDead,
    "test_a_submit_whose_answer_is_lost_is_adopted": StartsHalf,
    "test_a_restarted_server_finds_what_runs": KnowsOnlyItsOwn,
    "test_what_can_never_run_is_refused_and_leaves_nothing": RefusesTooLate,
    "test_what_is_not_refused_runs": RefusesAtWhim,
    "test_the_form_it_takes_is_told_beforehand": ChangesItsMind,
    "test_a_full_cluster_says_so_and_leaves_nothing": SqueezesIn,
    "test_a_full_cluster_still_adopts": CountsBeforeItLooks,
    "test_room_is_taken_and_given_back": NeverGivesBack,
    "test_all_must_succeed_and_one_failure_stops_the_others": LetsTheOthersTrainOn,
    "test_the_chief_decides": IgnoresTheChief,
    "test_any_success_is_enough": WantsAllForAny,
    "test_max_duration_ends_it": KnowsNoTime,
}
