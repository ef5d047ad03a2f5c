"""Promises about tokens."""

from __future__ import annotations

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import LONG_AGO, Stage
from submarine.core.access.principal import Role, Scope
from submarine.core.access.token import TokenKind
from submarine.core.ids import new_id


class Tokens(RecordsKit):
    """What `TokenStore` owes."""

    async def test_a_token_comes_back_as_added(self, stage: Stage) -> None:
        """Every field, and none for an id that none has."""
        ada, digits = await stage.user(), await stage.project()
        token = await stage.token(ada, name="ci", scope=Scope.READ, project=digits.id, expires=99)
        async with stage.read() as tx:
            assert await tx.access.token(token.id) == token
            assert await tx.access.token(new_id()) is None

    async def test_a_credential_tells_all_there_is(self, stage: Stage) -> None:
        """Token, digest, user, the role in every team, and the project it is limited to."""
        bob, digits = await stage.user("bob", admin=True), await stage.project()
        one = await stage.team("one", (bob, Role.MEMBER))
        two = await stage.team("two", (bob, Role.VIEWER))
        limited = await stage.token(bob, "digest-of-it", project=digits.id)
        async with stage.read() as tx:
            found = await tx.access.credential(limited.id)
            assert await tx.access.credential(new_id()) is None
        assert found is not None
        assert (found.token, found.digest, found.user) == (limited, "digest-of-it", bob)
        assert (found.roles, found.project) == ({one.name: Role.MEMBER, two.name: Role.VIEWER}, digits)

    async def test_who_is_in_no_team_has_a_credential_too(self, stage: Stage) -> None:
        """Without roles and without a project."""
        token = await stage.token(await stage.user())
        async with stage.read() as tx:
            found = await tx.access.credential(token.id)
        assert found is not None
        assert (found.token, found.roles, found.project) == (token, {}, None)

    async def test_a_token_is_revoked_once(self, stage: Stage) -> None:
        """One that has ended keeps its time; an unknown one is told."""
        token = await stage.token(await stage.user())
        async with stage.begin() as tx:
            assert await tx.access.revoke_token(token.id, 7)
            assert not await tx.access.revoke_token(token.id, 8)
            assert not await tx.access.revoke_token(new_id(), 8)
            found = await tx.access.token(token.id)
        assert found is not None
        assert found.revoked == 7

    async def test_sessions_end_together_but_for_one(self, stage: Stage) -> None:
        """The user's own, those that live; what they made for machines stays."""
        ada, eve = await stage.user("ada"), await stage.user("eve")
        sessions = [await stage.token(ada, kind=TokenKind.SESSION) for _ in range(3)]
        kept = [await stage.token(ada), await stage.token(eve, kind=TokenKind.SESSION), sessions[1]]
        async with stage.begin() as tx:
            assert await tx.access.end_sessions(ada.name, 7, but=sessions[1].id) == 2
            assert await tx.access.end_sessions(ada.name, 8, but=sessions[1].id) == 0
            for token in kept:
                assert await tx.access.token(token.id) == token
            ended = await tx.access.token(sessions[0].id)
        assert ended is not None
        assert ended.revoked == 7

    async def test_living_tokens_are_listed_without_sessions(self, stage: Stage) -> None:
        """Newest first by pages, the user's or all; what is revoked is left out."""
        ada, eve = await stage.user("ada"), await stage.user("eve")
        made = [await stage.token(ada) for _ in range(3)]
        await stage.token(ada, kind=TokenKind.SESSION)
        hers = await stage.token(eve)
        async with stage.begin() as tx:
            await tx.access.revoke_token(made[1].id, 7)
            page = await tx.access.tokens(user=ada.name, before=None, limit=1)
            assert list(page) == [made[2]]
            assert list(await tx.access.tokens(user=ada.name, before=page[0].id, limit=9)) == [made[0]]
            assert list(await tx.access.tokens(user=None, before=None, limit=2)) == [hers, made[2]]

    async def test_the_last_use_of_a_token_only_moves_forward(self, stage: Stage) -> None:
        """Servers write uses late, in any order, and of tokens that are gone."""
        token = await stage.token(await stage.user())
        async with stage.begin() as tx:
            await tx.access.touch_tokens({token.id: 50, new_id(): 60})
            await tx.access.touch_tokens({token.id: 40})
            await tx.access.touch_tokens({})
            found = await tx.access.token(token.id)
        assert found is not None
        assert found.last_used == 50

    async def test_tokens_that_ended_long_ago_are_purged(self, stage: Stage) -> None:
        """Expired or revoked before the time given; how many is told, and the others live."""
        ada = await stage.user()
        ended = [await stage.token(ada, expires=10), await stage.token(ada, revoked=20)]
        kept = [await stage.token(ada, expires=LONG_AGO), await stage.token(ada)]
        async with stage.begin() as tx:
            assert await tx.access.purge_tokens(LONG_AGO) == 2
            for token in ended:
                assert await tx.access.token(token.id) is None
            for token in kept:
                assert await tx.access.token(token.id) == token
