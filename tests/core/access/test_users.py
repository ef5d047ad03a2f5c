from __future__ import annotations

import pytest

from submarine.core.access.principal import Role, Scope
from submarine.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    UnauthenticatedError,
)
from tests.core.access.site import JOB, PASSWORD, Site


async def test_an_admin_makes_users_who_log_in(site: Site) -> None:
    made = await site.access.users.create(
        site.root, "ada", password=PASSWORD, email="a@b", display_name="Ada", request="r1"
    )
    assert (await site.login("ada")).name == "ada"
    assert await site.access.users.get(site.root, "ada") == made
    (line,) = await site.trail(action="user.create", target="ada")
    assert (line.actor, line.request, line.outcome) == ("admin", "r1", "ok")
    assert PASSWORD not in str(line)


async def test_a_taken_name_is_a_conflict_and_leaves_no_line(site: Site) -> None:
    await site.user("ada")
    with pytest.raises(ConflictError, match="'ada'"):
        await site.access.users.create(site.root, "ada")
    assert len(await site.trail(action="user.create", target="ada")) == 1


@pytest.mark.parametrize("name", ["", "Ada", "a b", "-a", "a/b", "ä", "a\n", "a" * 129, "../x"])
async def test_a_name_that_cannot_be_says_what_could(site: Site, name: str) -> None:
    with pytest.raises(InvalidError) as caught:
        await site.access.users.create(site.root, name)
    assert [fault.field for fault in caught.value.faults] == ["name"]


async def test_only_admins_make_users_and_the_try_is_written_down(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    with pytest.raises(ForbiddenError):
        await site.access.users.create(ada, "eve", password=PASSWORD)
    (line,) = await site.trail(action="user.create", target="eve")
    assert (line.actor, line.outcome) == ("ada", "forbidden")


async def test_an_admins_narrower_token_is_no_admin(site: Site) -> None:
    caller = await site.with_token(site.root, scope=Scope.WRITE)
    with pytest.raises(ForbiddenError, match="scope admin"):
        await site.access.users.create(caller, "eve")


async def test_people_see_themselves_and_their_teams(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MEMBER)
    await site.user("bob", vision=Role.VIEWER)
    eve = await site.user("eve", audio=Role.MAINTAINER)

    async def seen(caller: object) -> list[str]:
        page = await site.access.users.list(caller)  # type: ignore[arg-type]
        return sorted(user.name for user in page.items)

    assert await seen(await site.login("ada")) == ["ada", "admin", "bob"]  # admin made the team
    assert await seen(eve) == ["admin", "eve"]
    assert await seen(site.root) == ["ada", "admin", "bob", "eve"]
    await site.access.users.get(ada, "bob")
    with pytest.raises(NotFoundError):
        await site.access.users.get(ada, "eve")
    with pytest.raises(NotFoundError):
        await site.access.users.update(ada, "eve", email="x")
    with pytest.raises(ForbiddenError):
        await site.access.users.list(JOB)


async def test_users_are_listed_by_pages(site: Site) -> None:
    for n in range(5):
        await site.access.users.create(site.root, f"u{n}")
    first = await site.access.users.list(site.root, limit=4)
    rest = await site.access.users.list(site.root, limit=4, cursor=first.cursor)
    assert [user.name for user in (*first.items, *rest.items)] == ["u4", "u3", "u2", "u1", "u0", "admin"]
    assert rest.cursor is None
    with pytest.raises(InvalidError, match="cursor"):
        await site.access.users.list(site.root, cursor="'; drop table users")


async def test_people_change_their_own_address_and_nothing_more(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MEMBER)
    changed = await site.access.users.update(ada, "ada", email="new@b")
    assert (changed.email, changed.version) == ("new@b", 2)
    with pytest.raises(ForbiddenError):
        await site.access.users.update(ada, "ada", admin=True)
    with pytest.raises(ForbiddenError):
        await site.access.users.update(ada, "admin", email="x")
    reader = await site.with_token(ada, scope=Scope.READ)
    with pytest.raises(ForbiddenError, match="scope write"):
        await site.access.users.update(reader, "ada", email="x")


async def test_a_change_of_a_version_read_before_another_change_is_refused(site: Site) -> None:
    await site.access.users.create(site.root, "ada")
    await site.access.users.update(site.root, "ada", email="1", version=1)
    with pytest.raises(PreconditionError, match="version 2, not 1"):
        await site.access.users.update(site.root, "ada", email="2", version=1)
    with pytest.raises(PreconditionError):
        await site.access.users.delete(site.root, "ada", version=1)


async def test_the_last_admin_stays_one(site: Site) -> None:
    for change in ({"admin": False}, {"disabled": True}):
        with pytest.raises(ConflictError, match="last admin"):
            await site.access.users.update(site.root, "admin", **change)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="last admin"):
        await site.access.users.delete(site.root, "admin")
    await site.access.users.create(site.root, "second", admin=True)
    await site.access.users.update(site.root, "admin", admin=False)


async def test_who_is_disabled_is_out_at_once(site: Site) -> None:
    await site.user("ada")
    token = (await site.access.login.login("ada", PASSWORD)).text
    await site.caller(token)
    await site.access.users.update(site.root, "ada", disabled=True)
    with pytest.raises(UnauthenticatedError, match="disabled"):
        await site.caller(token)
    with pytest.raises(UnauthenticatedError):
        await site.login("ada")
    await site.access.users.update(site.root, "ada", disabled=False)
    await site.caller(token)


async def test_who_is_deleted_is_out_at_once(site: Site) -> None:
    await site.user("ada")
    token = (await site.access.login.login("ada", PASSWORD)).text
    await site.caller(token)
    await site.access.users.delete(site.root, "ada")
    with pytest.raises(UnauthenticatedError):
        await site.caller(token)


async def test_the_last_maintainer_of_a_team_is_not_deleted(site: Site) -> None:
    await site.user("ada", vision=Role.MAINTAINER)
    await site.access.teams.remove_member(site.root, "vision", "admin")
    with pytest.raises(ConflictError, match="last maintainer of team 'vision'"):
        await site.access.users.delete(site.root, "ada")


async def test_ones_own_password_takes_the_current_one(site: Site) -> None:
    ada = await site.user("ada")
    set_password = site.access.users.set_password
    with pytest.raises(InvalidError, match="current"):
        await set_password(ada, "ada", "another horse")
    with pytest.raises(InvalidError, match="current"):
        await set_password(ada, "ada", "another horse", current="wrong horse")
    with pytest.raises(InvalidError, match="password"):
        await set_password(ada, "ada", "short", current=PASSWORD)
    await set_password(ada, "ada", "another horse", current=PASSWORD)
    await site.access.login.login("ada", "another horse")
    with pytest.raises(UnauthenticatedError):
        await site.login("ada")


async def test_a_new_password_ends_the_other_sessions(site: Site) -> None:
    await site.user("ada")
    mine = (await site.access.login.login("ada", PASSWORD)).text
    other = (await site.access.login.login("ada", PASSWORD)).text
    machine = await site.token(await site.caller(mine))
    await site.caller(other)
    await site.access.users.set_password(await site.caller(mine), "ada", "another horse", current=PASSWORD)
    await site.caller(mine)
    await site.caller(machine)
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await site.caller(other)


async def test_an_admin_sets_anothers_password_and_others_do_not(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    await site.user("bob", vision=Role.MEMBER)
    await site.access.users.set_password(site.root, "bob", "fresh and long")
    await site.access.login.login("bob", "fresh and long")
    with pytest.raises(ForbiddenError):
        await site.access.users.set_password(await site.login("ada"), "bob", "mine and long")
    assert ada.name == "ada"


async def test_a_password_is_nowhere_in_the_records_in_clear(site: Site) -> None:
    await site.user("ada")
    async with site.records.read() as tx:
        for table in ("users", "tokens", "audit"):
            rows = await tx.session.fetch(f"select * from {table}")
            assert rows
            assert all(PASSWORD not in str(tuple(row)) for row in rows)
