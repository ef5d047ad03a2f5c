from __future__ import annotations

import pytest

from submarine.core.access.principal import Role
from submarine.core.errors import ForbiddenError, InvalidError
from tests.core.access.site import JOB, Site


async def test_admins_see_all_and_maintainers_their_teams(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MAINTAINER, audio=Role.VIEWER)
    page = await site.access.trail.list(ada, limit=500)
    assert {event.team for event in page.items} == {"vision"}
    everything = await site.access.trail.list(site.root, limit=500)
    assert {event.team for event in everything.items} == {None, "vision", "audio"}
    bob = await site.user("bob", audio=Role.MEMBER)
    for caller in (bob, JOB):
        with pytest.raises(ForbiddenError):
            await site.access.trail.list(caller)


async def test_the_trail_is_filtered_and_paged(site: Site) -> None:
    for n in range(5):
        await site.access.users.create(site.root, f"u{n}")
    ask = "action = 'user.create' and actor = 'admin' and outcome = 'ok'"
    first = await site.access.trail.list(site.root, filter_=ask, limit=3)
    rest = await site.access.trail.list(site.root, filter_=ask, limit=3, cursor=first.cursor)
    assert [event.target for event in (*first.items, *rest.items)] == ["u4", "u3", "u2", "u1", "u0"]
    assert rest.cursor is None
    with pytest.raises(InvalidError, match="password"):
        await site.access.trail.list(site.root, filter_="password = 'x'")


async def test_a_change_and_its_line_are_one(site: Site) -> None:
    before = len(await site.trail())
    with pytest.raises(InvalidError):
        await site.access.users.create(site.root, "ada", email="\x00")
    assert len(await site.trail()) == before
    await site.access.users.create(site.root, "ada")
    (line,) = (await site.trail())[:1]
    assert (line.action, line.at) == ("user.create", site.time.now)
