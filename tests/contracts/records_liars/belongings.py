"""Liars about projects, tokens and the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from submarine.adapters.sql.access import SqlAccess
from submarine.core.access.audit import AuditEvent
from submarine.core.access.project import Project
from submarine.core.access.store import Credential
from submarine.core.access.team import Team
from submarine.core.access.token import Token
from submarine.core.filters.expression import EVERYTHING
from submarine.core.ids import new_id
from tests.contracts.records_liars.liar import Liar, lies


class ForgetsDescriptions(SqlAccess):
    @override
    async def project(self, project: str) -> Project | None:
        found = await super().project(project)
        return found and replace(found, description="")


class HasANameOnce(SqlAccess):
    @override
    async def add_project(self, project: Project) -> bool:
        return not await self.projects_named(project.name) and await super().add_project(project)


class MakesTheTeam(SqlAccess):
    @override
    async def add_project(self, project: Project) -> bool:
        await self.add_team(Team(id=new_id(), name=project.team, created=5))
        return await super().add_project(project)


class FindsAnyTeams(SqlAccess):
    @override
    async def projects_named(self, name: str, *, team: str | None = None) -> Sequence[Project]:
        return await super().projects_named(name)


class SavesAnyProject(SqlAccess):
    @override
    async def save_project(self, project: Project) -> bool:
        found = await super().project(project.id)
        return await super().save_project(replace(project, version=found.version + 1 if found else 1))


class TakesNoTeamsForAll(SqlAccess):
    @override
    async def projects(self, *, teams: Collection[str] | None, **asked: Any) -> Sequence[Project]:
        return await super().projects(teams=teams or None, **asked)


class DeletesAnything(SqlAccess):
    @override
    async def delete_project(self, project: str) -> bool:
        await super().delete_project(project)
        return True


class DeletesTheJobsToo(SqlAccess):
    @override
    async def delete_project(self, project: str) -> bool:
        await self._session.execute("delete from jobs where project = $1", project)
        return await super().delete_project(project)


class UnlimitsTokens(SqlAccess):
    @override
    async def delete_project(self, project: str) -> bool:
        await self._session.execute("update tokens set project = null where project = $1", project)
        return await super().delete_project(project)


class CountsAllAsOne(SqlAccess):
    @override
    async def contents(self, project: str) -> Mapping[str, int]:
        found = await super().contents(project)
        return {"experiment": sum(found.values())} if found else {}


class NeverExpires(SqlAccess):
    @override
    async def add_token(self, token: Token, digest: str) -> None:
        await super().add_token(replace(token, expires=None), digest)


class KnowsOneRole(SqlAccess):
    @override
    async def credential(self, token: str) -> Credential | None:
        found = await super().credential(token)
        return found and replace(found, roles=dict(list(found.roles.items())[:1]))


class WantsATeam(SqlAccess):
    @override
    async def credential(self, token: str) -> Credential | None:
        found = await super().credential(token)
        return found if found and found.roles else None


class RevokesAgain(SqlAccess):
    @override
    async def revoke_token(self, token: str, at: int) -> bool:
        return await self._session.execute("update tokens set revoked = $2 where id = $1", token, at) == 1


class EndsMachinesToo(SqlAccess):
    @override
    async def end_sessions(self, user: str, at: int, *, but: str = "") -> int:
        sql = "update tokens set revoked = $2 where user_name = $1 and kind = 'api' and id <> $3"
        await self._session.execute(sql, user, at, but)
        return await super().end_sessions(user, at, but=but)


class ListsSessions(SqlAccess):
    @override
    async def tokens(self, *, user: str | None, before: str | None, limit: int) -> Sequence[Token]:
        sql = "select id from tokens where user_name = $1 and kind = 'session'"
        sessions = [await self.token(row["id"]) for row in await self._session.fetch(sql, user)]
        found = await super().tokens(user=user, before=before, limit=limit)
        return [*(token for token in sessions if token), *found][:limit]


class UsesBackwards(SqlAccess):
    @override
    async def touch_tokens(self, used: Mapping[str, int]) -> None:
        for token, at in used.items():
            await self._session.execute("update tokens set last_used = $2 where id = $1", token, at)


class KeepsTheRevoked(SqlAccess):
    @override
    async def purge_tokens(self, before: int) -> int:
        return await self._session.execute("delete from tokens where expires < $1", before)


class DropsTheDetails(SqlAccess):
    @override
    async def audit(self, events: Sequence[AuditEvent]) -> None:
        await super().audit([replace(event, data={}) for event in events])


class ShowsTheLastAgain(SqlAccess):
    @override
    async def audit_trail(self, *, before: str | None, **asked: Any) -> Sequence[AuditEvent]:
        return await super().audit_trail(before=before and f"{before}~", **asked)


class TellsTeamsOfTheSite(SqlAccess):
    @override
    async def audit_trail(self, *, teams: Collection[str] | None, **asked: Any) -> Sequence[AuditEvent]:
        found = await super().audit_trail(teams=None, **asked)
        return [event for event in found if teams is None or event.team in {*teams, None}]


class TellsEverything(SqlAccess):
    @override
    async def audit_trail(self, **asked: Any) -> Sequence[AuditEvent]:
        return await super().audit_trail(**{**asked, "where": EVERYTHING})


LIARS: dict[str, type[Liar]] = {
    "test_a_project_comes_back_as_added": lies(access=ForgetsDescriptions),
    "test_a_team_has_a_project_of_one_name_once": lies(access=HasANameOnce),
    "test_a_project_needs_its_team": lies(access=MakesTheTeam),
    "test_projects_are_found_by_name": lies(access=FindsAnyTeams),
    "test_a_project_is_written_over_the_version_before_only": lies(access=SavesAnyProject),
    "test_projects_are_listed_newest_first_by_pages": lies(access=TakesNoTeamsForAll),
    "test_deleting_a_project_twice_is_told": lies(access=DeletesAnything),
    "test_a_project_in_use_stays": lies(access=DeletesTheJobsToo),
    "test_a_project_takes_the_tokens_limited_to_it_along": lies(access=UnlimitsTokens),
    "test_what_is_in_a_project_is_counted_by_kind": lies(access=CountsAllAsOne),
    "test_a_token_comes_back_as_added": lies(access=NeverExpires),
    "test_a_credential_tells_all_there_is": lies(access=KnowsOneRole),
    "test_who_is_in_no_team_has_a_credential_too": lies(access=WantsATeam),
    "test_a_token_is_revoked_once": lies(access=RevokesAgain),
    "test_sessions_end_together_but_for_one": lies(access=EndsMachinesToo),
    "test_living_tokens_are_listed_without_sessions": lies(access=ListsSessions),
    "test_the_last_use_of_a_token_only_moves_forward": lies(access=UsesBackwards),
    "test_tokens_that_ended_long_ago_are_purged": lies(access=KeepsTheRevoked),
    "test_what_is_audited_comes_back_newest_first": lies(access=DropsTheDetails),
    "test_the_trail_is_read_by_pages": lies(access=ShowsTheLastAgain),
    "test_the_trail_of_teams_is_theirs_alone": lies(access=TellsTeamsOfTheSite),
    "test_the_trail_is_filtered": lies(access=TellsEverything),
}
