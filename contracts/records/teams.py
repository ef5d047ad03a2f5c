"""Promises about teams and their members."""

from __future__ import annotations

import asyncio

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.access.principal import Role
from submarine.core.errors import ConflictError
from submarine.core.records import Records


class Teams(RecordsKit):
    """What `TeamStore` owes."""

    async def test_a_team_comes_back_as_added(self, stage: Stage) -> None:
        """Every field, and none for a name that none has."""
        team = stage.a_team("vision", description="sees 损失")
        async with stage.begin() as tx:
            assert await tx.access.add_team(team)
        async with stage.read() as tx:
            assert await tx.access.team(team.name) == team
            assert await tx.access.team(stage.called("nowhere")) is None

    async def test_a_taken_team_name_is_told_and_nothing_done(self, stage: Stage) -> None:
        """The one that is there stays, and the transaction goes on."""
        team = await stage.team("vision")
        async with stage.begin() as tx:
            assert not await tx.access.add_team(stage.a_team("vision", description="another"))
            assert await tx.access.add_team(stage.a_team("audio"))
            assert await tx.access.team(team.name) == team

    async def test_a_team_with_projects_stays(self, stage: Stage) -> None:
        """Whose work is there is not deleted."""
        project = await stage.project()
        with pytest.raises(ConflictError):
            async with stage.begin() as tx:
                await tx.access.delete_team(project.team)
        async with stage.read() as tx:
            assert await tx.access.team(project.team) is not None
            assert await tx.access.project(project.id) == project

    async def test_deleting_a_team_ends_its_memberships(self, stage: Stage) -> None:
        """And its members stay what they are elsewhere; twice is told."""
        ada = await stage.user()
        one = await stage.team("one", (ada, Role.MEMBER))
        two = await stage.team("two", (ada, Role.VIEWER))
        async with stage.begin() as tx:
            assert await tx.access.delete_team(one.name)
            assert not await tx.access.delete_team(one.name)
            assert [m.team for m in await tx.access.memberships(ada.name)] == [two.name]
            assert await tx.access.member(one.name, ada.name) is None

    async def test_teams_are_listed_newest_first_by_pages(self, stage: Stage) -> None:
        """Those that are named and exist, or all."""
        teams = [await stage.team(f"t{n}") for n in range(3)]
        names = [team.name for team in teams]
        async with stage.read() as tx:
            listed = await tx.access.teams(names=[*names, stage.called("x")], before=None, limit=9)
            assert list(listed) == teams[::-1]
            assert list(await tx.access.teams(names=names, before=teams[2].id, limit=1)) == [teams[1]]
            assert list(await tx.access.teams(names=None, before=None, limit=3)) == teams[::-1]
            assert list(await tx.access.teams(names=[], before=None, limit=9)) == []

    async def test_a_membership_comes_back_as_put(self, stage: Stage) -> None:
        """Every field, and none where there is none."""
        ada, eve, team = await stage.user("ada"), await stage.user("eve"), await stage.team()
        member = stage.a_member(team, ada, Role.VIEWER)
        async with stage.begin() as tx:
            await tx.access.put_member(member)
        async with stage.read() as tx:
            assert await tx.access.member(team.name, ada.name) == member
            assert await tx.access.member(team.name, eve.name) is None

    async def test_putting_a_member_again_changes_the_role_alone(self, stage: Stage) -> None:
        """One membership, since when it was, with the new role."""
        ada = await stage.user()
        team = await stage.team("vision", (ada, Role.MEMBER))
        async with stage.begin() as tx:
            before = await tx.access.member(team.name, ada.name)
            await tx.access.put_member(stage.a_member(team, ada, Role.MAINTAINER))
            after = await tx.access.member(team.name, ada.name)
            assert before is not None
            assert after is not None
            assert (after.id, after.since, after.role) == (before.id, before.since, Role.MAINTAINER)
            assert len(await tx.access.memberships(ada.name)) == 1

    async def test_ending_a_membership_twice_is_told(self, stage: Stage) -> None:
        """The first time there was one."""
        ada = await stage.user()
        team = await stage.team("vision", (ada, Role.MEMBER))
        async with stage.begin() as tx:
            assert await tx.access.remove_member(team.name, ada.name)
            assert not await tx.access.remove_member(team.name, ada.name)
            assert await tx.access.member(team.name, ada.name) is None

    async def test_members_are_listed_newest_first_by_pages(self, stage: Stage) -> None:
        """Those of the team, and of no other."""
        ada, bob, eve = [await stage.user(word) for word in ("ada", "bob", "eve")]
        team = await stage.team("one", (bob, Role.MEMBER), (ada, Role.VIEWER), (eve, Role.MEMBER))
        await stage.team("two", (bob, Role.MAINTAINER))
        async with stage.read() as tx:
            page = await tx.access.members(team.name, before=None, limit=2)
            assert [member.user for member in page] == [eve.name, ada.name]
            page = await tx.access.members(team.name, before=page[-1].id, limit=2)
            assert [member.user for member in page] == [bob.name]

    async def test_memberships_of_a_user_are_all_of_theirs(self, stage: Stage) -> None:
        """With the role in each team, and nobody else's."""
        ada, bob = await stage.user("ada"), await stage.user("bob")
        one = await stage.team("one", (ada, Role.MEMBER), (bob, Role.MAINTAINER))
        two = await stage.team("two", (ada, Role.MAINTAINER))
        async with stage.read() as tx:
            found = {m.team: m.role for m in await tx.access.memberships(ada.name)}
        assert found == {one.name: Role.MEMBER, two.name: Role.MAINTAINER}

    async def test_of_two_maintainers_who_leave_at_once_the_second_knows(
        self, stage: Stage, other: Records
    ) -> None:
        """Who asks locks the others until the end; members are no maintainers."""
        ada, bob, eve = [await stage.user(word) for word in ("ada", "bob", "eve")]
        team = await stage.team("t", (ada, Role.MAINTAINER), (bob, Role.MAINTAINER), (eve, Role.MEMBER))

        async def leave(records: Records, name: str) -> int:
            async with records.begin() as tx:
                others = await tx.access.other_maintainers(team.name, name)
                await asyncio.sleep(self.unit / 10)
                await tx.access.remove_member(team.name, name)
                return others

        left = await asyncio.gather(leave(stage.records, ada.name), leave(other, bob.name))
        assert sorted(left) == [0, 1]
