from __future__ import annotations

import pytest

from submarine.core.access.principal import Role, Scope
from submarine.core.errors import ForbiddenError, InvalidError, NotFoundError, UnauthenticatedError
from submarine.core.ids import new_id
from tests.core.access.site import JOB, NOW, Site, secret_of

DAY = 86_400_000


async def test_a_token_is_its_user_as_far_as_its_scope_goes(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MEMBER)
    token, text = await site.access.tokens.create(ada, "ci", request="r")
    caller = await site.caller(text)
    assert (caller.name, caller.roles, caller.scope, caller.token) == (
        "ada",
        ada.roles,
        Scope.WRITE,
        token.id,
    )
    assert token.expires == NOW + 90 * DAY
    (line,) = await site.trail(action="token.create", target=token.id)
    assert secret_of(text).secret not in str(line)


async def test_the_secret_is_nowhere_in_the_records(site: Site) -> None:
    text = await site.token(site.root)
    async with site.records.read() as tx:
        for table in ("tokens", "audit"):
            for row in await tx.session.fetch(f"select * from {table}"):
                assert secret_of(text).secret not in str(tuple(row))


async def test_a_token_makes_none_that_reaches_farther(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    await site.access.projects.create(ada, "p")
    await site.access.projects.create(ada, "q")
    with pytest.raises(ForbiddenError):
        await site.token(ada, scope=Scope.ADMIN)
    reader = await site.with_token(ada, scope=Scope.READ)
    for scope in (None, *Scope):
        with pytest.raises(ForbiddenError):
            await site.token(reader, scope=scope)
    limited = await site.with_token(ada, project="p")
    assert (await site.with_token(limited)).project == limited.project
    with pytest.raises(NotFoundError):
        await site.token(limited, project="q")
    with pytest.raises(ForbiddenError):
        await site.token(JOB)
    narrow = await site.with_token(site.root, scope=Scope.WRITE)
    with pytest.raises(ForbiddenError):
        await site.token(narrow, scope=Scope.ADMIN)
    assert (await site.with_token(site.root, scope=Scope.ADMIN)).admin


async def test_an_admins_token_for_one_project_is_no_admins(site: Site) -> None:
    limited = await site.with_token(site.root, project="default/default", scope=Scope.ADMIN)
    assert not limited.admin
    assert limited.roles == {"default": Role.MAINTAINER}
    with pytest.raises(ForbiddenError):
        await site.access.users.create(limited, "eve")
    with pytest.raises(ForbiddenError):
        await site.access.users.set_password(limited, "admin", "another horse")
    with pytest.raises(ForbiddenError):
        await site.access.trail.list(limited)


async def test_a_limited_token_of_who_left_the_team_sees_nothing(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MEMBER)
    await site.access.projects.create(site.root, "p", team="vision")
    text = await site.token(ada, project="p")
    await site.access.teams.remove_member(site.root, "vision", "ada")
    caller = await site.caller(text)
    assert caller.roles == {}
    with pytest.raises(NotFoundError):
        await site.access.doors.resolve(caller, "p")


@pytest.mark.parametrize("lifetime", [0, -5, 4000 * DAY])
async def test_a_lifetime_has_bounds(site: Site, lifetime: int) -> None:
    with pytest.raises(InvalidError, match="expires_in"):
        await site.token(site.root, lifetime=lifetime)


async def test_a_token_dies_when_its_time_has_come(site: Site) -> None:
    text, eternal = await site.token(site.root, lifetime=1000), await site.token(site.root, lifetime=None)
    await site.caller(text)
    site.time.now += 999
    await site.caller(text)
    site.time.now += 1
    with pytest.raises(UnauthenticatedError, match="expired"):
        await site.caller(text)
    site.time.now += 3650 * DAY
    await site.caller(eternal)


async def test_lists_show_ones_own_living_tokens_and_no_sessions(site: Site) -> None:
    ada = await site.user("ada")
    made = [(await site.access.tokens.create(ada, f"t{n}"))[0] for n in range(3)]
    await site.access.tokens.revoke(ada, made[1].id)
    await site.token(site.root)
    page = await site.access.tokens.list(ada)
    assert [token.name for token in page.items] == ["t2", "t0"]
    assert [t.name for t in (await site.access.tokens.list(site.root, user="ada")).items] == ["t2", "t0"]
    with pytest.raises(ForbiddenError):
        await site.access.tokens.list(ada, user="admin")


async def test_a_revoked_token_is_dead_at_once(site: Site) -> None:
    ada = await site.user("ada")
    token, text = await site.access.tokens.create(ada, "ci")
    await site.caller(text)
    await site.access.tokens.revoke(ada, token.id, request="r")
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await site.caller(text)
    await site.access.tokens.revoke(ada, token.id)  # twice is as good as once


async def test_others_tokens_are_not_there_and_admins_revoke_them(site: Site) -> None:
    ada, bob = await site.user("ada"), await site.user("bob")
    token, text = await site.access.tokens.create(ada, "ci")
    for target in (token.id, new_id(), "x", "'"):
        with pytest.raises(NotFoundError):
            await site.access.tokens.revoke(bob, target)
    await site.access.tokens.revoke(site.root, token.id)
    with pytest.raises(UnauthenticatedError):
        await site.caller(text)


async def test_a_token_that_only_reads_may_end_itself_and_no_other(site: Site) -> None:
    ada = await site.user("ada")
    other, _ = await site.access.tokens.create(ada, "other")
    reader = await site.with_token(ada, scope=Scope.READ)
    with pytest.raises(ForbiddenError):
        await site.access.tokens.revoke(reader, other.id)
    await site.access.tokens.revoke(reader, reader.token)
