"""Liars about users and teams."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from typing_extensions import override

from submarine.adapters.sql.access import SqlAccess
from submarine.core.access.principal import Role
from submarine.core.access.team import Member, Team
from submarine.core.access.token import Token
from submarine.core.access.user import User
from tests.contracts.records_liars.liar import Liar, lies


class SpellsPlainly(SqlAccess):
    @override
    async def user(self, name: str) -> User | None:
        found = await super().user(name)
        return found and replace(found, display_name=found.display_name.encode("ascii", "replace").decode())


class OverwritesUsers(SqlAccess):
    @override
    async def add_user(self, user: User) -> bool:
        if await super().add_user(user):
            return True
        await self._session.execute("update users set email = $2 where name = $1", user.name, user.email)
        return False


class SavesAnyUser(SqlAccess):
    @override
    async def save_user(self, user: User) -> bool:
        found = await super().user(user.name)
        return await super().save_user(replace(user, version=found.version + 1 if found else 1))


class HonoursTokensOfTheDead(SqlAccess):
    dead: ClassVar[dict[str, Token]] = {}

    @override
    async def delete_user(self, name: str) -> bool:
        for token in await self.tokens(user=name, before=None, limit=99):
            self.dead[token.id] = token
        return await super().delete_user(name)

    @override
    async def token(self, token: str) -> Token | None:
        return await super().token(token) or self.dead.get(token)


class DeletesAnybody(SqlAccess):
    @override
    async def delete_user(self, name: str) -> bool:
        await super().delete_user(name)
        return True


class ListsTheOldestFirst(SqlAccess):
    @override
    async def users(self, **asked: Any) -> Sequence[User]:
        return (await super().users(**asked))[::-1]


class ListsTwice(SqlAccess):
    @override
    async def users(self, *, teams: Collection[str] | None, **asked: Any) -> Sequence[User]:
        found = await super().users(teams=teams, **asked)
        return [*found, *found[:1]] if teams and len(teams) > 1 else found


class TakesNoTeamsForNone(SqlAccess):
    @override
    async def users(self, *, teams: Collection[str] | None, **asked: Any) -> Sequence[User]:
        return await super().users(teams=teams or [], **asked)


class KeepsTheOldVerifier(SqlAccess):
    @override
    async def set_verifier(self, name: str, verifier: str | None) -> None:
        if verifier:
            await super().set_verifier(name, verifier)


class CountsTheDisabled(SqlAccess):
    @override
    async def other_admins(self, name: str) -> int:
        return len(await self._session.fetch("select 1 from users where admin = 1 and name <> $1", name))


class CountsWhoHasLeft(SqlAccess):
    most: ClassVar[list[int]] = []

    @override
    async def other_admins(self, name: str) -> int:
        self.most.append(await super().other_admins(name))
        return max(self.most)

    @override
    async def other_maintainers(self, team: str, user: str) -> int:
        self.most.append(await super().other_maintainers(team, user))
        return max(self.most)


class AdminsWhoHaveLeft(CountsWhoHasLeft):
    most: ClassVar[list[int]] = []


class MaintainersWhoHaveLeft(CountsWhoHasLeft):
    most: ClassVar[list[int]] = []


class ForgetsDescriptions(SqlAccess):
    @override
    async def team(self, name: str) -> Team | None:
        found = await super().team(name)
        return found and replace(found, description="")


class OverwritesTeams(SqlAccess):
    @override
    async def add_team(self, team: Team) -> bool:
        if await super().add_team(team):
            return True
        sql = "update teams set description = $2 where name = $1"
        await self._session.execute(sql, team.name, team.description)
        return False


class DeletesTheWorkToo(SqlAccess):
    @override
    async def delete_team(self, name: str) -> bool:
        await self._session.execute("delete from projects where team = $1", name)
        return await super().delete_team(name)


class RemembersTheTeam(SqlAccess):
    gone: ClassVar[list[Member]] = []

    @override
    async def delete_team(self, name: str) -> bool:
        self.gone.extend(await self.members(name, before=None, limit=99))
        return await super().delete_team(name)

    @override
    async def memberships(self, user: str) -> Sequence[Member]:
        return [*await super().memberships(user), *(m for m in self.gone if m.user == user)]


class ListsTeamsByName(SqlAccess):
    @override
    async def teams(self, **asked: Any) -> Sequence[Team]:
        return sorted(await super().teams(**asked), key=lambda team: team.name)


class MakesEverybodyAMember(SqlAccess):
    @override
    async def put_member(self, member: Member) -> None:
        await super().put_member(replace(member, role=max(member.role, Role.MEMBER)))


class NeverPromotes(SqlAccess):
    @override
    async def put_member(self, member: Member) -> None:
        if await self.member(member.team, member.user) is None:
            await super().put_member(member)


class RemovesAnybody(SqlAccess):
    @override
    async def remove_member(self, team: str, user: str) -> bool:
        await super().remove_member(team, user)
        return True


class ShowsThePageAgain(SqlAccess):
    @override
    async def members(self, team: str, *, before: str | None, limit: int) -> Sequence[Member]:
        return await super().members(team, before=None, limit=limit)


class KnowsOneTeam(SqlAccess):
    @override
    async def memberships(self, user: str) -> Sequence[Member]:
        return (await super().memberships(user))[:1]


LIARS: dict[str, type[Liar]] = {
    "test_a_user_comes_back_as_added": lies(access=SpellsPlainly),
    "test_a_taken_user_name_is_told_and_nothing_done": lies(access=OverwritesUsers),
    "test_a_user_is_written_over_the_version_before_only": lies(access=SavesAnyUser),
    "test_deleting_a_user_takes_memberships_and_tokens_along": lies(access=HonoursTokensOfTheDead),
    "test_deleting_an_unknown_user_is_told": lies(access=DeletesAnybody),
    "test_users_are_listed_newest_first_by_pages": lies(access=ListsTheOldestFirst),
    "test_users_of_teams_are_each_listed_once": lies(access=ListsTwice),
    "test_without_teams_named_all_users_are_listed": lies(access=TakesNoTeamsForNone),
    "test_a_verifier_is_kept_for_its_user_until_it_is_taken_away": lies(access=KeepsTheOldVerifier),
    "test_only_other_enabled_admins_count": lies(access=CountsTheDisabled),
    "test_of_two_admins_who_leave_at_once_the_second_knows": lies(access=AdminsWhoHaveLeft),
    "test_a_team_comes_back_as_added": lies(access=ForgetsDescriptions),
    "test_a_taken_team_name_is_told_and_nothing_done": lies(access=OverwritesTeams),
    "test_a_team_with_projects_stays": lies(access=DeletesTheWorkToo),
    "test_deleting_a_team_ends_its_memberships": lies(access=RemembersTheTeam),
    "test_teams_are_listed_newest_first_by_pages": lies(access=ListsTeamsByName),
    "test_a_membership_comes_back_as_put": lies(access=MakesEverybodyAMember),
    "test_putting_a_member_again_changes_the_role_alone": lies(access=NeverPromotes),
    "test_ending_a_membership_twice_is_told": lies(access=RemovesAnybody),
    "test_members_are_listed_newest_first_by_pages": lies(access=ShowsThePageAgain),
    "test_memberships_of_a_user_are_all_of_theirs": lies(access=KnowsOneTeam),
    "test_of_two_maintainers_who_leave_at_once_the_second_knows": lies(access=MaintainersWhoHaveLeft),
}
