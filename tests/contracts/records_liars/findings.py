"""Liars about experiments and their metadata."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

from typing_extensions import override

from submarine.adapters.sql.experiments import SqlExperiments
from submarine.adapters.sql.metadata import SqlMetadata
from submarine.core.errors import NotFoundError, SubmarineError
from submarine.core.experiments.experiment import Experiment
from submarine.core.experiments.store import Query
from submarine.core.jobs.interpolation import Scalar
from submarine.core.metadata.artifacts import Artifact
from submarine.core.metadata.metrics import Accepted, Latest, MetricBatch, Sample
from submarine.core.metadata.params import Spelled
from tests.contracts.records_liars.liar import Liar, NeverWaits, lies, whose

Outcomes = Sequence[Accepted | SubmarineError]


class ForgetsTheFramework(SqlExperiments):
    @override
    async def get(self, id: str) -> Experiment | None:
        found = await super().get(id)
        return found and replace(found, framework="none")


class TakesTheDeadForLive(SqlExperiments):
    @override
    async def live_names(self, wanted: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]:
        rows = await self._session.fetch("select project, name from jobs where kind = 'experiment'")
        return {(row["project"], row["name"]) for row in rows} & set(wanted)


class FindsTheOldest(SqlExperiments):
    @override
    async def find(self, ref: str, projects: Collection[str] | None) -> str | None:
        row = await self._session.first("select id from jobs where name = $1 order by id", ref)
        return row["id"] if row else await super().find(ref, projects)


class FindsAnybodys(SqlExperiments):
    @override
    async def find(self, ref: str, projects: Collection[str] | None) -> str | None:
        return ref if await self.get(ref) else await super().find(ref, projects)


class ShowsTheLastAgain(SqlExperiments):
    @override
    async def page(self, query: Query) -> Sequence[Experiment]:
        return await super().page(replace(query, before=query.before and f"{query.before}~"))


class TellsAtLength(SqlExperiments):
    @override
    async def page(self, query: Query) -> Sequence[Experiment]:
        return await super().page(replace(query, replicas=True, spec=True))


class IgnoresTheFilter(SqlExperiments):
    @override
    async def page(self, query: Query) -> Sequence[Experiment]:
        return await super().page(replace(query, filter=None))


class FiltersThePage(SqlExperiments):
    @override
    async def page(self, query: Query) -> Sequence[Experiment]:
        fitting = {found.id for found in await super().page(replace(query, limit=999))}
        return [found for found in await super().page(replace(query, filter=None)) if found.id in fitting]


class DescribesInSecret(SqlExperiments):
    @override
    async def describe(self, id: str, description: str) -> None:
        await self._session.execute("update experiments set description = $2 where id = $1", id, description)


class CountsNoEdit(SqlExperiments):
    @override
    async def edited(self, id: str) -> None: ...


class DeletesTheJobToo(SqlExperiments):
    @override
    async def delete(self, id: str) -> None:
        await super().delete(id)
        await self._session.execute("delete from jobs where id = $1", id)


class TakesNanForZero(SqlMetadata):
    @override
    async def history(self, experiment: str, key: str, *, after: int, limit: int) -> Sequence[Sample]:
        found = await super().history(experiment, key, after=after, limit=limit)
        return [replace(s, value=s.value if s.value == s.value else 0.0) for s in found]


class _Retells(SqlMetadata):
    """Tells a metric in short by its own idea of which point is the newest."""

    @override
    async def latest(self, experiment: str) -> Sequence[Latest]:
        return [await self._retold(experiment, each) for each in await super().latest(experiment)]

    async def _retold(self, experiment: str, each: Latest) -> Latest:
        points = await self.history(experiment, each.key, after=-1, limit=999)
        newest = self.newest(points)
        return replace(each, value=newest.value, step=newest.step, at=newest.at)

    def newest(self, points: Sequence[Sample]) -> Sample:
        raise NotImplementedError


class TakesTheLastForTheNewest(_Retells):
    @override
    def newest(self, points: Sequence[Sample]) -> Sample:
        return points[-1]


class TakesTheFirstOfEquals(_Retells):
    @override
    def newest(self, points: Sequence[Sample]) -> Sample:
        return max(points, key=lambda point: (point.step, point.at))


class TakesNoneForZero(SqlMetadata):
    @override
    async def latest(self, experiment: str) -> Sequence[Latest]:
        return [replace(each, min=each.min or 0.0) for each in await super().latest(experiment)]


class CountsTwice(SqlMetadata):
    @override
    async def append(self, batches: Sequence[MetricBatch]) -> Outcomes:
        return await super().append([MetricBatch(b.experiment, b.points) for b in batches])


class TakesThemAsTheyCome(SqlMetadata):
    @override
    async def append(self, batches: Sequence[MetricBatch]) -> Outcomes:
        return [(await super(TakesThemAsTheyCome, self).append([batch]))[0] for batch in batches]


class _Remembers(SqlMetadata):
    """Knows calls that came again by its own memory."""

    def memory(self) -> set[object]:
        raise NotImplementedError

    @override
    async def append(self, batches: Sequence[MetricBatch]) -> Outcomes:
        outcomes: list[Accepted | SubmarineError] = []
        for batch in batches:
            name = batch.experiment, batch.writer, batch.sequence
            if name in self.memory():
                outcomes.append(Accepted(0, duplicate=True))
            else:
                outcomes += await super().append([MetricBatch(batch.experiment, batch.points)])
                self.memory().add(name)
        return outcomes


class RemembersAlone(_Remembers):
    @override
    def memory(self) -> set[object]:
        found: set[object] = vars(whose(self._session)).setdefault("calls", set())
        return found


class RemembersWhatWasUndone(_Remembers):
    calls: ClassVar[set[object]] = set()

    @override
    def memory(self) -> set[object]:
        return self.calls


class FailsAll(SqlMetadata):
    @override
    async def append(self, batches: Sequence[MetricBatch]) -> Outcomes:
        outcomes = await super().append(batches)
        for outcome in outcomes:
            if isinstance(outcome, SubmarineError):
                raise outcome
        return outcomes


class LeavesAGap(SqlMetadata):
    @override
    async def history(self, experiment: str, key: str, *, after: int, limit: int) -> Sequence[Sample]:
        found = await super().history(experiment, key, after=after, limit=limit)
        return [replace(sample, place=sample.place + (sample.place > 9)) for sample in found]


class RepeatsTheLastSample(SqlMetadata):
    @override
    async def history(self, experiment: str, key: str, *, after: int, limit: int) -> Sequence[Sample]:
        return await super().history(experiment, key, after=after - 1, limit=limit)


class ShowsTheBeginning(SqlMetadata):
    @override
    async def thinned(self, experiment: str, key: str, points: int) -> Sequence[Sample]:
        return await self.history(experiment, key, after=-1, limit=points)


class ShowsAsItArrived(SqlMetadata):
    @override
    async def thinned(self, experiment: str, key: str, points: int) -> Sequence[Sample]:
        return sorted(await super().thinned(experiment, key, points), key=lambda sample: sample.place)


class TellsAllKeys(SqlMetadata):
    @override
    async def latest_metrics(
        self, experiments: Collection[str], keys: int = 100
    ) -> Mapping[str, Mapping[str, float]]:
        return await super().latest_metrics(experiments, 999)


class TakesAllForText(SqlMetadata):
    @override
    async def params_of(self, experiments: Collection[str]) -> Mapping[str, Mapping[str, Scalar]]:
        found = await super().params_of(experiments)
        return {one: {key: str(value) for key, value in params.items()} for one, params in found.items()}


class SetsAgain(SqlMetadata):
    @override
    async def set_params(self, experiment: str, params: Mapping[str, Spelled]) -> Mapping[str, Scalar]:
        for key in params:
            sql = "delete from params where experiment = $1 and key = $2"
            await self._session.execute(sql, experiment, key)
        return await super().set_params(experiment, params)


class TellsNobody(SqlMetadata):
    @override
    async def set_params(self, experiment: str, params: Mapping[str, Spelled]) -> Mapping[str, Scalar]:
        found = await super().set_params(experiment, params)
        return {key: value for key, value in found.items() if not isinstance(value, int)}


class TellsWhatWasAdded(SqlMetadata):
    @override
    async def change_tags(
        self, experiment: str, add: Collection[str], remove: Collection[str]
    ) -> Sequence[str]:
        await super().change_tags(experiment, add, remove)
        return list(add)


class SeedsTheFirst(SqlMetadata):
    @override
    async def seed(self, rows: Sequence[Any]) -> None:
        await super().seed(rows[:1])


class WritesForTheGone(SqlMetadata):
    @override
    async def set_params(self, experiment: str, params: Mapping[str, Spelled]) -> Mapping[str, Scalar]:
        with suppress(NotFoundError):
            return await super().set_params(experiment, params)
        return {}


class LetsItGo(NeverWaits):
    writing: ClassVar[list[object]] = []


class StopsAfterAStep(SqlMetadata):
    @override
    async def purge(self, experiment: str, limit: int) -> bool:
        await super().purge(experiment, limit)
        return True


class ForgetsTheDigest(SqlMetadata):
    @override
    async def put_artifact(self, experiment: str, artifact: Artifact) -> str | None:
        return await super().put_artifact(experiment, replace(artifact, digest=None))


class HandsNothingBack(SqlMetadata):
    @override
    async def put_artifact(self, experiment: str, artifact: Artifact) -> str | None:
        await super().put_artifact(experiment, artifact)
        return None


class HandsItsOwnBack(SqlMetadata):
    @override
    async def put_artifact(self, experiment: str, artifact: Artifact) -> str | None:
        await super().put_artifact(experiment, artifact)
        own: dict[str, str | None] = vars(whose(self._session)).setdefault("own", {})
        before, own[artifact.path] = own.get(artifact.path), artifact.key
        return before


class ListsBackwards(SqlMetadata):
    @override
    async def artifacts(self, experiment: str, *, after: str, limit: int) -> Sequence[Artifact]:
        return (await super().artifacts(experiment, after=after, limit=limit))[::-1]


class DeletesNothing(SqlMetadata):
    @override
    async def delete_artifact(self, experiment: str, path: str) -> Artifact | None:
        return await self.artifact(experiment, path)


LIARS: dict[str, type[Liar]] = {
    "test_an_experiment_comes_back_with_its_job": lies(experiments=ForgetsTheFramework),
    "test_live_names_are_told": lies(experiments=TakesTheDeadForLive),
    "test_an_experiment_is_found_by_its_id_or_as_the_newest_of_its_name": lies(experiments=FindsTheOldest),
    "test_an_experiment_is_found_within_its_projects_only": lies(experiments=FindsAnybodys),
    "test_experiments_are_listed_newest_first_by_pages": lies(experiments=ShowsTheLastAgain),
    "test_a_list_tells_replicas_and_spec_if_asked": lies(experiments=TellsAtLength),
    "test_a_list_is_filtered": lies(experiments=IgnoresTheFilter),
    "test_a_filter_goes_with_pages": lies(experiments=FiltersThePage),
    "test_a_new_description_is_an_edit": lies(experiments=DescribesInSecret),
    "test_an_edit_is_a_new_version": lies(experiments=CountsNoEdit),
    "test_a_deleted_experiment_is_gone_and_its_job_is_not": lies(experiments=DeletesTheJobToo),
    "test_points_come_back_as_they_were_reported": lies(metadata=TakesNanForZero),
    "test_a_metric_in_short_follows_its_points": lies(metadata=TakesTheLastForTheNewest),
    "test_among_equal_steps_the_later_time_is_newer": lies(metadata=TakesTheFirstOfEquals),
    "test_what_is_no_number_is_neither_least_nor_greatest": lies(metadata=TakesNoneForZero),
    "test_a_call_that_comes_again_counts_once": lies(metadata=CountsTwice),
    "test_calls_of_one_writer_count_in_order_of_their_sequence": lies(metadata=TakesThemAsTheyCome),
    "test_one_call_on_two_servers_at_once_counts_once": lies(metadata=RemembersAlone),
    "test_a_call_that_was_rolled_back_can_be_repeated": lies(metadata=RemembersWhatWasUndone),
    "test_a_call_for_what_is_gone_fails_alone": lies(metadata=FailsAll),
    "test_points_of_many_servers_have_places_without_gaps": lies(metadata=LeavesAGap),
    "test_history_is_read_by_pages_in_order_of_arrival": lies(metadata=RepeatsTheLastSample),
    "test_a_thinned_history_is_even_and_has_first_and_last": lies(metadata=ShowsTheBeginning),
    "test_a_thinned_history_comes_by_step_then_time": lies(metadata=ShowsAsItArrived),
    "test_newest_values_for_a_page_are_bounded_by_key": lies(metadata=TellsAllKeys),
    "test_parameters_come_back_as_they_were_set": lies(metadata=TakesAllForText),
    "test_a_parameter_is_set_once": lies(metadata=SetsAgain),
    "test_of_two_who_set_one_parameter_at_once_one_is_told": lies(metadata=TellsNobody),
    "test_tags_are_a_set": lies(metadata=TellsWhatWasAdded),
    "test_new_experiments_are_seeded_all_at_once": lies(metadata=SeedsTheFirst),
    "test_what_is_gone_takes_no_metadata": lies(metadata=WritesForTheGone),
    "test_an_experiment_does_not_go_while_metadata_is_written_for_it": LetsItGo,
    "test_purging_goes_on_until_nothing_is_left": lies(metadata=StopsAfterAStep),
    "test_an_artifact_comes_back_as_put": lies(metadata=ForgetsTheDigest),
    "test_a_replaced_upload_is_handed_back": lies(metadata=HandsNothingBack),
    "test_of_uploads_at_once_all_but_one_are_handed_back": lies(metadata=HandsItsOwnBack),
    "test_artifacts_are_listed_by_path_in_pages": lies(metadata=ListsBackwards),
    "test_a_deleted_artifact_is_handed_back_once": lies(metadata=DeletesNothing),
}
