"""Liars about what servers share: answers, leases, events, clusters."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar

from typing_extensions import override

from submarine.adapters.sql.clusters import SqlClusters
from submarine.adapters.sql.events import SqlEvents
from submarine.adapters.sql.experiments import SqlEffects
from submarine.adapters.sql.idempotency import SqlIdempotency
from submarine.adapters.sql.leases import SqlLeases
from submarine.adapters.sql.records import SqlTransaction
from submarine.core.clusters.cluster import Orphan
from submarine.core.errors import InvalidError
from submarine.core.events.event import Event, position
from submarine.core.idempotency import KeptAnswer
from tests.contracts.records_liars.liar import Liar, NeverWaits, lies, whose


class DropsHeaders(SqlIdempotency):
    @override
    async def keep_answer(self, answer: KeptAnswer) -> None:
        await super().keep_answer(replace(answer, headers={}))


class MixesOwners(SqlIdempotency):
    @override
    async def find_answer(self, owner: str, key: str) -> KeptAnswer | None:
        row = await self._session.first("select owner from kept_answers where key = $1", key)
        return None if row is None else await super().find_answer(row["owner"], key)


class KeepsTheLast(SqlIdempotency):
    @override
    async def keep_answer(self, answer: KeptAnswer) -> None:
        sql = "delete from kept_answers where owner = $1 and key = $2"
        await self._session.execute(sql, answer.owner, answer.key)
        await super().keep_answer(answer)


class ForgetsTooMuch(SqlIdempotency):
    @override
    async def forget_answers(self, before: int) -> int:
        return await super().forget_answers(before + 1)


class ForgetsFingerprints(SqlEffects):
    @override
    async def made(self, keys: Collection[str]) -> dict[str, tuple[str, str]]:
        return {key: ("", made) for key, (_, made) in (await super().made(keys)).items()}


class MakesAgain(SqlEffects):
    @override
    async def note(self, rows: Sequence[tuple[str, str, str, int]]) -> None:
        known = await self.made([row[0] for row in rows])
        await super().note([row for row in rows if row[0] not in known])


class OnlyCounts(SqlEffects):
    @override
    async def forget(self, before: int) -> int:
        return len(await self._session.fetch("select 1 from effects where at < $1", before))


class GivesToAnybody(SqlLeases):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        await self._session.execute("update leases set expires = 0 where name = $1", name)
        return await super().acquire(name, owner, ttl, token=token)


class _Reads(SqlLeases):
    async def row(self, name: str) -> tuple[str, int]:
        row = await self._session.first("select owner, token from leases where name = $1", name)
        return (row["owner"], row["token"]) if row else ("", 0)


class NeverExtends(_Reads):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        known = token is not None and await self.row(name) == (owner, token)
        return token if known else await super().acquire(name, owner, ttl, token=token)


class NeverEnds(_Reads):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        free = (await self.row(name))[0] in {"", owner}
        return await super().acquire(name, owner, ttl, token=token) if free else None


class PunishesTheSlow(SqlLeases):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        live = token is not None and await self.hold(name, token)
        return await super().acquire(name, owner, ttl, token=token if live else None)


class TakesItselfForTheSame(_Reads):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        holder, known = await self.row(name)
        return await super().acquire(name, owner, ttl, token=known if holder == owner else token)


class NeverReleases(SqlLeases):
    @override
    async def release(self, name: str, token: int) -> None: ...


class ReleasesForAnybody(SqlLeases):
    @override
    async def release(self, name: str, token: int) -> None:
        await self._session.execute("update leases set owner = '', expires = 0 where name = $1", name)


class LastsForEver(SqlLeases):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        return await super().acquire(name, owner, ttl and 10**9, token=token)


class HandsOverMeanwhile(NeverWaits):
    writing: ClassVar[list[object]] = []


class GivesToTwo(_Reads):
    @override
    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        got = await super().acquire(name, owner, ttl, token=token)
        return (await self.row(name))[1] if got is None else got


class TellsOneType(SqlEvents):
    @override
    async def append(self, events: Sequence[Event]) -> None:
        await super().append([replace(event, type="state") for event in events])


class RepeatsTheLast(SqlEvents):
    @override
    async def after(self, cursor: str, **asked: Any) -> Sequence[Event]:
        transaction, number = position(cursor)
        return await super().after(f"{transaction}-{number - 1}" if cursor else "", **asked)


class TakesAnyCursor(SqlEvents):
    @override
    async def after(self, cursor: str, **asked: Any) -> Sequence[Event]:
        try:
            return await super().after(cursor, **asked)
        except InvalidError:
            return await super().after("", **asked)


class TellsOfAnyJob(SqlEvents):
    @override
    async def after(self, cursor: str, **asked: Any) -> Sequence[Event]:
        return await super().after(cursor, **{**asked, "projects": None} if asked.get("job") else asked)


class TellsTooEarly(SqlEvents):
    @override
    async def append(self, events: Sequence[Event]) -> None:
        vars(whose(self._session)).setdefault("early", []).extend(events)
        await super().append(events)

    @override
    async def after(self, cursor: str, **asked: Any) -> Sequence[Event]:
        early = vars(whose(self._session)).get("early", [])
        return await super().after(cursor, **asked) or [e for e in early if e.job == asked.get("job")]


class SkipsTheSlow(Liar):
    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with super().begin() as tx:
            (before,) = await tx.session.fetch("select coalesce(max(seq), 0) as seq from events")
            began = time.monotonic()
            yield tx
            if time.monotonic() - began > 0.1:
                await tx.session.execute("delete from events where seq > $1", before["seq"])


class DeletesTheProjectsHistory(SqlEvents):
    @override
    async def delete(self, job: str) -> None:
        sql = "delete from events where project in (select project from events where job = $1)"
        await self._session.execute(sql, job)


class KnowsNoLater(SqlEvents):
    @override
    async def beyond(self, cursor: str) -> bool:
        position(cursor)
        return False


class IsBehind(SqlEvents):
    @override
    async def last(self) -> str:
        transaction, number = position(await super().last())
        return f"{transaction}-{number - 1}"


class Toggles(SqlClusters):
    @override
    async def set_drain(self, cluster: str, drain: bool) -> None:
        await super().set_drain(cluster, cluster not in await self.drained())


class TakesAnyIdentity(SqlClusters):
    @override
    async def identify(self, cluster: str, identity: str) -> str:
        await self.adopt(cluster, identity)
        return identity


class NeverAdopts(SqlClusters):
    @override
    async def adopt(self, cluster: str, identity: str) -> None:
        await self.identify(cluster, identity)


class GivesTheLastName(SqlClusters):
    @override
    async def identify(self, cluster: str, identity: str) -> str:
        recorded = await super().identify(cluster, identity)
        if not recorded:
            await self.adopt(cluster, identity)
        return recorded or identity


class KeepsTheOtherName(SqlClusters):
    @override
    async def adopt(self, cluster: str, identity: str) -> None:
        if identity not in (await self.identities()).values():
            await super().adopt(cluster, identity)


class SortsByHandle(SqlClusters):
    @override
    async def orphans(self, cluster: str) -> Sequence[Orphan]:
        return sorted(await super().orphans(cluster), key=lambda orphan: orphan.handle)


class SeesThemForTheFirstTime(SqlClusters):
    @override
    async def note_orphans(self, cluster: str, orphans: Sequence[Orphan]) -> None:
        await self.forget_orphans(cluster, [orphan.handle for orphan in orphans])
        await super().note_orphans(cluster, orphans)


class ForgetsEverywhere(SqlClusters):
    @override
    async def forget_orphans(self, cluster: str, handles: Collection[str]) -> None:
        for handle in handles:
            await self._session.execute("delete from orphans where handle = $1", handle)


LIARS: dict[str, type[Liar]] = {
    "test_an_answer_comes_back_as_kept": lies(idempotency=DropsHeaders),
    "test_keys_of_two_owners_never_meet": lies(idempotency=MixesOwners),
    "test_of_two_answers_the_first_stays": lies(idempotency=KeepsTheLast),
    "test_old_answers_are_forgotten": lies(idempotency=ForgetsTooMuch),
    "test_what_a_key_made_is_told": lies(effects=ForgetsFingerprints),
    "test_a_key_makes_one_thing": lies(effects=MakesAgain),
    "test_what_was_made_long_ago_is_forgotten": lies(effects=OnlyCounts),
    "test_a_lease_has_one_holder": lies(leases=GivesToAnybody),
    "test_a_lease_is_kept_under_its_token": lies(leases=NeverExtends),
    "test_a_lease_that_is_over_goes_to_who_asks": lies(leases=NeverEnds),
    "test_a_lease_that_is_over_and_that_nobody_took_can_be_kept": lies(leases=PunishesTheSlow),
    "test_an_owner_that_starts_again_voids_its_earlier_token": lies(leases=TakesItselfForTheSame),
    "test_a_lease_given_back_is_free_and_its_tokens_grow_on": lies(leases=NeverReleases),
    "test_only_the_holder_gives_a_lease_back": lies(leases=ReleasesForAnybody),
    "test_a_lease_runs_out_by_itself": lies(leases=LastsForEver),
    "test_a_lease_that_is_held_changes_no_hands_until_the_transaction_ends": HandsOverMeanwhile,
    "test_of_two_who_ask_at_once_one_gets_the_lease": lies(leases=GivesToTwo),
    "test_events_come_back_in_the_order_they_were_appended": lies(events=TellsOneType),
    "test_what_comes_after_a_cursor_is_all_that_comes_after_it": lies(events=RepeatsTheLast),
    "test_a_cursor_that_is_none_is_refused": lies(events=TakesAnyCursor),
    "test_events_are_those_of_the_projects_and_of_the_job": lies(events=TellsOfAnyJob),
    "test_events_are_visible_when_their_transaction_commits": lies(events=TellsTooEarly),
    "test_no_event_is_skipped_that_a_slower_transaction_commits": SkipsTheSlow,
    "test_the_history_of_a_job_is_deleted_alone": lies(events=DeletesTheProjectsHistory),
    "test_a_cursor_from_later_than_the_records_is_told": lies(events=KnowsNoLater),
    "test_the_last_cursor_is_where_the_feed_goes_on": lies(events=IsBehind),
    "test_draining_twice_is_draining_once": lies(clusters=Toggles),
    "test_what_a_name_stands_for_is_recorded_once": lies(clusters=TakesAnyIdentity),
    "test_a_name_stands_for_what_it_was_adopted_for": lies(clusters=NeverAdopts),
    "test_a_cluster_has_one_name": lies(clusters=GivesTheLastName),
    "test_a_cluster_that_is_adopted_leaves_its_other_name": lies(clusters=KeepsTheOtherName),
    "test_orphans_are_listed_oldest_first": lies(clusters=SortsByHandle),
    "test_a_known_orphan_keeps_its_time": lies(clusters=SeesThemForTheFirstTime),
    "test_orphans_that_are_gone_are_forgotten": lies(clusters=ForgetsEverywhere),
}
