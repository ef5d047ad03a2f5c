from __future__ import annotations

import pytest

from submarine.core.access.principal import Role, Scope
from submarine.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.core.access.site import JOB, Site


async def test_an_admin_makes_a_team_and_maintains_it(site: Site) -> None:
    team = await site.access.teams.create(site.root, "vision", description="eyes", request="r")
    assert await site.access.teams.get(site.root, "vision") == team
    members = await site.access.teams.members(site.root, "vision")
    assert [(m.user, m.role) for m in members.items] == [("admin", Role.MAINTAINER)]
    (line,) = await site.trail(action="team.create")
    assert (line.target, line.team, line.request) == ("vision", "vision", "r")
    with pytest.raises(ConflictError):
        await site.access.teams.create(site.root, "vision")


@pytest.mark.parametrize("name", ["", "Vision", "a_b", "a" * 64, "-a", "a-", "über", "a/b"])
async def test_a_name_that_cannot_be_says_what_could(site: Site, name: str) -> None:
    with pytest.raises(InvalidError, match="name"):
        await site.access.teams.create(site.root, name)


async def test_a_description_has_bounds(site: Site) -> None:
    for text in ("x" * 2001, "\x00", "\ud800"):
        with pytest.raises(InvalidError, match="description"):
            await site.access.teams.create(site.root, "vision", description=text)


async def test_users_make_teams_where_the_site_lets_them(site: Site, open_site: Site) -> None:
    ada = await site.user("ada")
    with pytest.raises(ForbiddenError, match="only an admin"):
        await site.access.teams.create(ada, "vision")
    ada = await open_site.user("ada")
    await open_site.access.teams.create(ada, "vision")
    assert (await open_site.login("ada")).roles == {"vision": Role.MAINTAINER}
    with pytest.raises(ForbiddenError, match="scope write"):
        await open_site.access.teams.create(await open_site.with_token(ada, scope=Scope.READ), "audio")


async def test_a_team_is_there_for_its_members_only(site: Site) -> None:
    ada = await site.user("ada", vision=Role.VIEWER)
    eve = await site.user("eve", audio=Role.MAINTAINER)
    assert [team.name for team in (await site.access.teams.list(ada)).items] == ["vision"]
    assert [team.name for team in (await site.access.teams.list(site.root)).items] == [
        "audio",
        "vision",
        "default",
    ]
    assert (await site.access.teams.list(JOB)).items == []
    for attempt in (
        site.access.teams.get(eve, "vision"),
        site.access.teams.members(eve, "vision"),
        site.access.teams.put_member(eve, "vision", "eve", Role.MEMBER),
        site.access.teams.remove_member(eve, "vision", "ada"),
        site.access.teams.delete(eve, "vision"),
        site.access.teams.get(site.root, "nowhere"),
        site.access.teams.put_member(site.root, "nowhere", "eve", Role.MEMBER),
    ):
        with pytest.raises(NotFoundError):
            await attempt


async def test_maintainers_say_who_is_in_and_what_they_may(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    bob = await site.user("bob")
    member = await site.access.teams.put_member(ada, "vision", "bob", Role.MEMBER)
    assert (await site.login("bob")).roles == {"vision": Role.MEMBER}
    again = await site.access.teams.put_member(ada, "vision", "bob", Role.VIEWER)
    assert (again.id, again.since, again.role) == (member.id, member.since, Role.VIEWER)
    with pytest.raises(NotFoundError, match="'nobody'"):
        await site.access.teams.put_member(ada, "vision", "nobody", Role.MEMBER)
    await site.access.teams.remove_member(ada, "vision", "bob")
    with pytest.raises(NotFoundError, match="'bob'"):
        await site.access.teams.remove_member(ada, "vision", "bob")
    assert [e.data for e in await site.trail(action="member.put", target="bob")] == [
        {"role": "viewer"},
        {"role": "member"},
    ]
    assert bob.roles == {}


async def test_members_change_nobody_but_may_leave(site: Site) -> None:
    bob = await site.user("bob", vision=Role.MEMBER)
    await site.user("eve", vision=Role.VIEWER)
    with pytest.raises(ForbiddenError, match="maintainer"):
        await site.access.teams.put_member(bob, "vision", "bob", Role.MAINTAINER)
    with pytest.raises(ForbiddenError):
        await site.access.teams.remove_member(bob, "vision", "eve")
    await site.access.teams.remove_member(bob, "vision", "bob")
    assert (await site.login("bob")).roles == {}


async def test_a_role_taken_away_is_gone_at_once(site: Site) -> None:
    await site.user("bob", vision=Role.MAINTAINER)
    token = await site.token(await site.login("bob"))
    assert (await site.caller(token)).roles == {"vision": Role.MAINTAINER}
    await site.access.teams.put_member(site.root, "vision", "bob", Role.VIEWER)
    assert (await site.caller(token)).roles == {"vision": Role.VIEWER}


async def test_the_last_maintainer_stays_one(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    await site.access.teams.remove_member(ada, "vision", "admin")
    for attempt in (
        site.access.teams.put_member(ada, "vision", "ada", Role.VIEWER),
        site.access.teams.remove_member(ada, "vision", "ada"),
        site.access.teams.remove_member(site.root, "vision", "ada"),
    ):
        with pytest.raises(ConflictError, match="last maintainer"):
            await attempt
    await site.access.teams.put_member(ada, "vision", "ada", Role.MAINTAINER)  # as it is: fine


async def test_an_empty_team_is_deleted_and_one_with_projects_is_not(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    for n in range(2):
        await site.access.projects.create(ada, f"p{n}", team="vision")
    with pytest.raises(ConflictError, match=r"2 projects \(p1, p0\)"):
        await site.access.teams.delete(ada, "vision")
    for n in range(2):
        await site.access.projects.delete(ada, f"vision/p{n}")
    await site.access.teams.delete(ada, "vision")
    assert (await site.login("ada")).roles == {}


async def test_a_token_for_one_project_runs_no_team(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    await site.access.projects.create(ada, "p", team="vision")
    limited = await site.with_token(ada, project="vision/p")
    with pytest.raises(ForbiddenError, match="limited"):
        await site.access.teams.put_member(limited, "vision", "ada", Role.MAINTAINER)
    with pytest.raises(ForbiddenError, match="limited"):
        await site.access.projects.create(limited, "q", team="vision")
