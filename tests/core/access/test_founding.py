"""How a site begins; with two servers, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from submarine.adapters.memory.identity import MemoryIdentity
from submarine.core.access.job_tokens import JobTokens
from submarine.core.access.manager import AccessManager
from submarine.core.access.principal import Principal, Role
from submarine.core.errors import UnauthenticatedError
from submarine.core.records import RECORDS
from submarine.plugins.registry import discover
from tests.core.access.site import SECRET, Site


async def nobody(_job: str, _attempt: int) -> Principal | None:
    return None


@pytest.fixture(params=["sqlite", "postgres"])
async def servers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[AccessManager]]:
    """Three servers of one site that start at once."""
    options: dict[str, Any] = {"path": str(tmp_path / "records.db"), "readers": 1}
    if request.param == "postgres":
        options = {"url": request.getfixturevalue("postgres_url"), "min_connections": 0, "max_connections": 2}
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(discover().open(RECORDS, request.param, options))
            for _ in range(3)
        ]
        yield [AccessManager(records, MemoryIdentity(), JobTokens(SECRET), nobody) for records in opened]


async def test_the_first_start_makes_an_admin_once(servers: list[AccessManager]) -> None:
    tokens = await asyncio.gather(*(server.founding.bootstrap() for server in servers))
    (token,) = [each for each in tokens if each is not None]
    assert [await server.founding.bootstrap() for server in servers] == [None, None, None]
    root = await servers[1].authenticator.authenticate(token)
    assert (root.name, root.admin) == ("admin", True)
    assert [team.name for team in (await servers[2].teams.list(root)).items] == ["default"]
    assert [p.ref for p in (await servers[0].projects.list(root)).items] == ["default/default"]
    events = (await servers[0].trail.list(root)).items
    assert [(event.actor, event.action) for event in events] == [("server", "site.found")]


async def test_who_lost_the_token_is_let_in_again(site: Site) -> None:
    token = await site.access.founding.readmit()
    assert (await site.caller(token)).admin


async def test_the_way_back_in_is_closed_after_an_hour(site: Site) -> None:
    token = await site.access.founding.readmit()
    site.time.now += 3_599_999
    assert (await site.caller(token)).admin
    site.time.now += 1
    with pytest.raises(UnauthenticatedError, match="expired"):
        await site.caller(token)


async def test_an_admin_who_was_shut_out_is_let_in_again(site: Site) -> None:
    await site.access.users.create(site.root, "usurper", admin=True)
    await site.access.users.update(site.root, "admin", disabled=True, admin=False)
    assert (await site.caller(await site.access.founding.readmit())).admin
    await site.access.users.create(site.root, "other", admin=True)


async def test_an_admin_who_was_deleted_is_let_in_again(site: Site) -> None:
    second = await site.user("second", admin=True)
    for team in ("default",):
        await site.access.teams.put_member(second, team, "second", Role.MAINTAINER)
    await site.access.users.delete(second, "admin")
    assert (await site.caller(await site.access.founding.readmit())).admin
