from __future__ import annotations

import pytest

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PreconditionError,
)
from tests.core.access.site import Site


async def names(site: Site, caller: Principal, **options: str) -> list[str]:
    return [project.ref for project in (await site.access.projects.list(caller, **options)).items]  # type: ignore[arg-type]


async def test_a_maintainer_makes_projects_in_their_team(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    made = await site.access.projects.create(ada, "digits", description="0-9", request="r")
    assert made.ref == "vision/digits"
    assert await site.access.projects.get(ada, "digits") == made
    (line,) = await site.trail(action="project.create", team="vision")
    assert (line.target, line.project, line.request) == ("vision/digits", made.id, "r")
    with pytest.raises(ConflictError, match="vision/digits"):
        await site.access.projects.create(ada, "digits", team="vision")


async def test_who_maintains_no_team_or_several_must_say_which(site: Site) -> None:
    bob = await site.user("bob", vision=Role.MEMBER)
    with pytest.raises(InvalidError, match="team"):
        await site.access.projects.create(bob, "p")
    ada = await site.user("ada", vision=Role.MAINTAINER, audio=Role.MAINTAINER)
    with pytest.raises(InvalidError) as caught:
        await site.access.projects.create(ada, "p")
    assert caught.value.faults[0].expected == "one of audio, vision"


async def test_members_and_strangers_make_none(site: Site) -> None:
    bob = await site.user("bob", vision=Role.MEMBER)
    eve = await site.user("eve")
    with pytest.raises(ForbiddenError):
        await site.access.projects.create(bob, "p", team="vision")
    with pytest.raises(NotFoundError):
        await site.access.projects.create(eve, "p", team="vision")
    with pytest.raises(NotFoundError):
        await site.access.projects.create(site.root, "p", team="nowhere")


async def test_projects_are_listed_for_their_teams(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER, audio=Role.VIEWER)
    for team in ("vision", "audio", "secret"):
        await site.team(team)
        await site.access.projects.create(site.root, "p", team=team)
    assert await names(site, ada) == ["audio/p", "vision/p"]
    assert await names(site, ada, team="audio") == ["audio/p"]
    assert await names(site, site.root) == ["secret/p", "audio/p", "vision/p", "default/default"]
    with pytest.raises(NotFoundError):
        await names(site, ada, team="secret")
    limited = await site.with_token(ada, project="audio/p", scope=Scope.READ)
    assert await names(site, limited) == ["audio/p"]
    assert await names(site, limited, team="vision") == []
    project = await site.access.projects.get(ada, "vision/p")
    job = Principal(name="job:j", job="j", attempt=1, project=project.id)
    assert await names(site, job) == ["vision/p"]


async def test_projects_are_listed_by_pages(site: Site) -> None:
    for n in range(4):
        await site.access.projects.create(site.root, f"p{n}", team="default")
    first = await site.access.projects.list(site.root, limit=3)
    rest = await site.access.projects.list(site.root, limit=3, cursor=first.cursor)
    assert [p.name for p in (*first.items, *rest.items)] == ["p3", "p2", "p1", "p0", "default"]
    assert (first.cursor is None, rest.cursor) == (False, None)


async def test_only_maintainers_change_and_delete(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    await site.access.projects.create(ada, "p", team="vision")
    bob = await site.user("bob", vision=Role.MEMBER)
    eve = await site.user("eve", audio=Role.MAINTAINER)
    for caller, error in ((bob, ForbiddenError), (eve, NotFoundError)):
        with pytest.raises(error):
            await site.access.projects.update(caller, "vision/p", description="x")
        with pytest.raises(error):
            await site.access.projects.delete(caller, "vision/p")
    changed = await site.access.projects.update(ada, "vision/p", description="x", version=1)
    assert (changed.description, changed.version) == ("x", 2)
    with pytest.raises(PreconditionError):
        await site.access.projects.update(ada, "vision/p", description="y", version=1)
    with pytest.raises(PreconditionError):
        await site.access.projects.delete(ada, "vision/p", version=1)
    await site.access.projects.delete(ada, "vision/p", version=2)
    with pytest.raises(NotFoundError):
        await site.access.projects.get(ada, "vision/p")
