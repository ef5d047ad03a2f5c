"""Which project a caller means."""

from __future__ import annotations

import pytest

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.project import Project
from submarine.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.core.access.site import Site


async def project(site: Site, ref: str) -> Project:
    team, _, name = ref.partition("/")
    await site.team(team)
    return await site.access.projects.create(site.root, name, team=team)


async def test_a_project_is_found_by_id_name_and_team_with_name(site: Site) -> None:
    digits = await project(site, "vision/digits")
    ada = await site.user("ada", vision=Role.VIEWER)
    for ref in (digits.id, "digits", "vision/digits"):
        assert await site.access.doors.resolve(ada, ref) == digits
    assert await site.access.doors.project(digits.id) == digits


async def test_a_name_in_two_of_the_callers_teams_must_be_said_in_full(site: Site) -> None:
    for team in ("vision", "audio", "secret"):
        await project(site, f"{team}/p")
    ada = await site.user("ada", vision=Role.VIEWER, audio=Role.VIEWER)
    with pytest.raises(ConflictError, match="audio/p or vision/p"):
        await site.access.doors.resolve(ada, "p")
    assert (await site.access.doors.resolve(ada, "audio/p")).team == "audio"
    bob = await site.user("bob", vision=Role.VIEWER)
    assert (await site.access.doors.resolve(bob, "p")).team == "vision"


async def test_what_the_caller_may_not_see_is_not_there_and_what_is_there_is_named(site: Site) -> None:
    secret = await project(site, "secret/p")
    await project(site, "vision/digits")
    ada = await site.user("ada", vision=Role.VIEWER)
    for ref in (secret.id, "p", "secret/p", "nothing", "a/b/c", "", "/", "x" * 10_000):
        with pytest.raises(NotFoundError, match="yours are vision/digits"):
            await site.access.doors.resolve(ada, ref)
    assert (await site.access.doors.resolve(site.root, "p")).id == secret.id


async def test_no_name_means_the_only_project(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MEMBER)
    with pytest.raises(NotFoundError, match="no project in your teams"):
        await site.access.doors.resolve(ada, None)
    digits = await project(site, "vision/digits")
    assert await site.access.doors.resolve(ada, None) == digits
    await project(site, "vision/letters")
    with pytest.raises(InvalidError) as caught:
        await site.access.doors.resolve(ada, None)
    assert caught.value.faults[0].expected == "one of vision/letters, vision/digits"
    await project(site, "vision/default")
    assert (await site.access.doors.resolve(ada, None)).ref == "vision/default"


async def test_of_several_defaults_the_default_teams_is_meant(site: Site) -> None:
    await project(site, "vision/default")
    ada = await site.user("ada", vision=Role.MEMBER)
    await site.access.teams.put_member(site.root, "default", "ada", Role.MEMBER)
    ada = await site.login("ada")
    assert (await site.access.doors.resolve(ada, None)).ref == "default/default"


async def test_a_fresh_sites_admin_means_the_default_project(site: Site) -> None:
    assert (await site.access.doors.resolve(site.root, None)).ref == "default/default"


async def test_a_limited_token_and_a_jobs_token_mean_their_own(site: Site) -> None:
    digits = await project(site, "vision/digits")
    await project(site, "vision/letters")
    ada = await site.user("ada", vision=Role.MEMBER)
    limited = await site.with_token(ada, project="digits")
    job = Principal(name="job:j", job="j", attempt=1, project=digits.id)
    for caller in (limited, job):
        assert await site.access.doors.resolve(caller, None) == digits
        assert await site.access.doors.visible(caller) == (digits.id,)
        with pytest.raises(NotFoundError):
            await site.access.doors.resolve(caller, "letters")


async def test_visible_are_the_projects_of_ones_teams(site: Site) -> None:
    digits = await project(site, "vision/digits")
    await project(site, "secret/p")
    ada = await site.user("ada", vision=Role.VIEWER)
    assert await site.access.doors.visible(ada) == [digits.id]
    assert await site.access.doors.visible(site.root) is None
    assert await site.access.doors.visible(Principal(name="nobody")) == []
    assert await site.access.doors.visible(Principal(name="j", job="j")) == ()


async def test_a_change_is_seen_at_once(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER)
    assert await site.access.doors.visible(ada) == []
    digits = await site.access.projects.create(ada, "digits")
    assert await site.access.doors.visible(ada) == [digits.id]
    assert await site.access.doors.resolve(ada, "digits") == digits
    await site.access.projects.delete(ada, "digits")
    with pytest.raises(NotFoundError):
        await site.access.doors.resolve(ada, digits.id)
    with pytest.raises(NotFoundError):
        await site.access.doors.project(digits.id)


async def test_asking_again_asks_no_records(site: Site) -> None:
    digits = await project(site, "vision/digits")
    ada = await site.user("ada", vision=Role.MEMBER)
    for ref in (digits.id, "digits", "vision/digits", None):
        await site.access.doors.resolve(ada, ref)
    await site.access.doors.visible(ada)
    site.records.read = None  # whoever asks now fails
    for ref in (digits.id, "digits", "vision/digits", None):
        await site.access.doors.resolve(ada, ref)
    await site.access.doors.visible(ada)


async def test_work_needs_a_member_with_a_token_that_writes(site: Site) -> None:
    await project(site, "vision/digits")
    bob = await site.user("bob", vision=Role.VIEWER)
    ada = await site.user("ada", vision=Role.MEMBER)
    reader = await site.with_token(ada, scope=Scope.READ)
    require = site.access.doors.require
    digits = await site.access.doors.resolve(ada, "digits")
    require(ada, digits, Role.MEMBER, Scope.WRITE)
    for caller in (bob, reader):
        with pytest.raises(ForbiddenError):
            require(caller, digits, Role.MEMBER, Scope.WRITE)
