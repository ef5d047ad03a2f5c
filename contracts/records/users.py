"""Promises about users and the verifiers of their passwords."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.access.principal import Role
from submarine.core.records import Records


class Users(RecordsKit):
    """What `UserStore` owes."""

    async def test_a_user_comes_back_as_added(self, stage: Stage) -> None:
        """Every field, and nobody for a name that nobody has."""
        more = {"email": "ada@example.org", "display_name": "Ada Ä 损失", "disabled": True}
        ada = await stage.user("ada", **more)
        async with stage.read() as tx:
            assert await tx.access.user(ada.name) == ada
            assert await tx.access.user(stage.called("nobody")) is None

    async def test_a_taken_user_name_is_told_and_nothing_done(self, stage: Stage) -> None:
        """The one who is there stays, and the transaction goes on."""
        ada = await stage.user("ada")
        async with stage.begin() as tx:
            assert not await tx.access.add_user(stage.a_user("ada", email="eve@example.org"))
            assert await tx.access.add_user(stage.a_user("eve"))
            assert await tx.access.user(ada.name) == ada

    async def test_a_user_is_written_over_the_version_before_only(self, stage: Stage) -> None:
        """Of two who read one version the second is told."""
        ada = await stage.user()
        first, second = replace(ada, email="1", version=2), replace(ada, email="2", version=2)
        async with stage.begin() as tx:
            assert await tx.access.save_user(first)
            assert not await tx.access.save_user(second)
            assert await tx.access.user(ada.name) == first

    async def test_deleting_a_user_takes_memberships_and_tokens_along(self, stage: Stage) -> None:
        """Nobody is left in a team, and no token works."""
        ada, bob = await stage.user("ada"), await stage.user("bob")
        team = await stage.team("vision", (ada, Role.MAINTAINER), (bob, Role.MEMBER))
        token = await stage.token(bob)
        async with stage.begin() as tx:
            assert await tx.access.token(token.id) == token
            assert await tx.access.delete_user(bob.name)
            assert await tx.access.user(bob.name) is None
            assert await tx.access.token(token.id) is None
            assert await tx.access.credential(token.id) is None
            members = await tx.access.members(team.name, before=None, limit=9)
            assert [member.user for member in members] == [ada.name]

    async def test_deleting_an_unknown_user_is_told(self, stage: Stage) -> None:
        """There was none, or there is none any more."""
        ada = await stage.user()
        async with stage.begin() as tx:
            assert not await tx.access.delete_user(stage.called("nobody"))
            assert await tx.access.delete_user(ada.name)
            assert not await tx.access.delete_user(ada.name)

    async def test_users_are_listed_newest_first_by_pages(self, stage: Stage) -> None:
        """A page begins before the last of the page before, whoever was born meanwhile."""
        users = [await stage.user(f"u{n}") for n in range(5)]
        team = await stage.team("vision", *((user, Role.MEMBER) for user in users))
        seen: list[str] = []
        before = None
        async with stage.read() as tx:
            while page := await tx.access.users(teams=[team.name], name="", before=before, limit=2):
                seen += [user.name for user in page]
                before = page[-1].id
                assert len(page) <= 2
                assert len(seen) <= len(users)
        assert seen == [user.name for user in reversed(users)]

    async def test_users_of_teams_are_each_listed_once(self, stage: Stage) -> None:
        """Who is in two of the teams is one user; who is named is listed without any team."""
        ada, bob, eve = [await stage.user(word) for word in ("ada", "bob", "eve")]
        one = await stage.team("one", (ada, Role.MEMBER), (bob, Role.MEMBER))
        two = await stage.team("two", (bob, Role.VIEWER))
        async with stage.read() as tx:

            async def names(teams: list[str], name: str) -> list[str]:
                return [u.name for u in await tx.access.users(teams=teams, name=name, before=None, limit=9)]

            assert await names([one.name, two.name], "") == [bob.name, ada.name]
            assert await names([two.name], eve.name) == [eve.name, bob.name]
            assert await names([], ada.name) == [ada.name]
            assert await names([], "") == []

    async def test_without_teams_named_all_users_are_listed(self, stage: Stage) -> None:
        """None is no team in particular."""
        ada, eve = await stage.user("ada"), await stage.user("eve")
        await stage.team("vision", (ada, Role.MEMBER))
        async with stage.read() as tx:
            found = await tx.access.users(teams=None, name="", before=None, limit=2)
        assert [user.name for user in found] == [eve.name, ada.name]

    async def test_a_verifier_is_kept_for_its_user_until_it_is_taken_away(self, stage: Stage) -> None:
        """None before one is set, after it is taken away, and for nobody."""
        ada = await stage.user()
        async with stage.begin() as tx:
            assert await tx.access.verifier(ada.name) is None
            for verifier in ("$argon2id$1", "$argon2id$2", None):
                await tx.access.set_verifier(ada.name, verifier)
                assert await tx.access.verifier(ada.name) == verifier
            assert await tx.access.verifier(stage.called("nobody")) is None

    async def test_only_other_enabled_admins_count(self, stage: Stage) -> None:
        """Neither oneself, nor who is disabled, nor who is no admin."""
        async with stage.begin() as tx:
            before = await tx.access.other_admins("")
        ada = await stage.user("ada", admin=True)
        await stage.user("bob", admin=True, disabled=True)
        eve = await stage.user("eve")
        async with stage.begin() as tx:
            assert await tx.access.other_admins(ada.name) == before
            assert await tx.access.other_admins(eve.name) == before + 1

    async def test_of_two_admins_who_leave_at_once_the_second_knows(
        self, stage: Stage, other: Records
    ) -> None:
        """Who asks locks the others until the end, so that the last admin knows to stay."""
        async with stage.begin() as tx:
            before = await tx.access.other_admins("")
        ada, bob = await stage.user("ada", admin=True), await stage.user("bob", admin=True)

        async def leave(records: Records, name: str) -> int:
            async with records.begin() as tx:
                others = await tx.access.other_admins(name)
                await asyncio.sleep(self.unit / 10)
                await tx.access.delete_user(name)
                return others - before

        left = await asyncio.gather(leave(stage.records, ada.name), leave(other, bob.name))
        assert sorted(left) == [0, 1]
