"""Promises about projects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.errors import ConflictError


class Projects(RecordsKit):
    """What `ProjectStore` owes."""

    async def test_a_project_comes_back_as_added(self, stage: Stage) -> None:
        """Every field, and none for an id that none has."""
        project = stage.a_project(await stage.team(), description="0 to 9 损失")
        async with stage.begin() as tx:
            assert await tx.access.add_project(project)
        async with stage.read() as tx:
            assert await tx.access.project(project.id) == project
            assert await tx.access.project("none") is None

    async def test_a_team_has_a_project_of_one_name_once(self, stage: Stage) -> None:
        """The second is told so and nothing is done; another team may have it too."""
        one, two = await stage.team("one"), await stage.team("two")
        digits, same = stage.a_project(one), stage.a_project(two)
        async with stage.begin() as tx:
            assert await tx.access.add_project(digits)
            assert not await tx.access.add_project(stage.a_project(one, description="again"))
            assert await tx.access.add_project(same)
            assert await tx.access.projects_named(digits.name, team=one.name) == [digits]
            assert await tx.access.projects_named(digits.name, team=two.name) == [same]

    async def test_a_project_needs_its_team(self, stage: Stage) -> None:
        """No team, no project."""
        project = stage.a_project(stage.a_team("never-added"))
        with pytest.raises(ConflictError):
            async with stage.begin() as tx:
                await tx.access.add_project(project)
        async with stage.read() as tx:
            assert await tx.access.project(project.id) is None

    async def test_projects_are_found_by_name(self, stage: Stage) -> None:
        """In any team, or in one."""
        one, two = await stage.team("one"), await stage.team("two")
        digits, same = await stage.project("digits", one), await stage.project("digits", two)
        await stage.project("letters", one)
        async with stage.read() as tx:
            found = await tx.access.projects_named(digits.name)
            assert sorted(project.id for project in found) == [digits.id, same.id]
            assert await tx.access.projects_named(digits.name, team=two.name) == [same]
            assert await tx.access.projects_named(stage.called("none")) == []

    async def test_a_project_is_written_over_the_version_before_only(self, stage: Stage) -> None:
        """Of two who read one version the second is told."""
        digits = await stage.project()
        first, second = (replace(digits, description=word, version=2) for word in ("first", "second"))
        async with stage.begin() as tx:
            assert await tx.access.save_project(first)
            assert not await tx.access.save_project(second)
            assert await tx.access.project(digits.id) == first

    async def test_projects_are_listed_newest_first_by_pages(self, stage: Stage) -> None:
        """Those of the teams, or all."""
        one, two = await stage.team("one"), await stage.team("two")
        made = [await stage.project(f"p{n}", two if n == 2 else one) for n in range(4)]
        async with stage.read() as tx:
            page = await tx.access.projects(teams=[one.name], before=None, limit=2)
            assert list(page) == [made[3], made[1]]
            assert list(await tx.access.projects(teams=[one.name], before=page[-1].id, limit=2)) == [made[0]]
            assert list(await tx.access.projects(teams=None, before=None, limit=4)) == made[::-1]
            assert list(await tx.access.projects(teams=[], before=None, limit=4)) == []

    async def test_deleting_a_project_twice_is_told(self, stage: Stage) -> None:
        """The first time there was one."""
        digits = await stage.project()
        async with stage.begin() as tx:
            assert await tx.access.delete_project(digits.id)
            assert not await tx.access.delete_project(digits.id)
            assert await tx.access.project(digits.id) is None

    async def test_a_project_in_use_stays(self, stage: Stage) -> None:
        """Whose jobs are there, even ended ones, is not deleted."""
        job = await stage.job()
        with pytest.raises(ConflictError):
            async with stage.begin() as tx:
                await tx.access.delete_project(job.project)
        async with stage.read() as tx:
            assert await tx.access.project(job.project) is not None

    async def test_a_project_takes_the_tokens_limited_to_it_along(self, stage: Stage) -> None:
        """What was limited to it is not unlimited without it."""
        ada, digits = await stage.user(), await stage.project()
        limited, free = await stage.token(ada, project=digits.id), await stage.token(ada)
        async with stage.begin() as tx:
            await tx.access.delete_project(digits.id)
            assert await tx.access.token(limited.id) is None
            assert await tx.access.token(free.id) == free

    async def test_what_is_in_a_project_is_counted_by_kind(self, stage: Stage) -> None:
        """Nothing at first, and nothing of other projects."""
        digits = await stage.project("digits")
        await stage.job(await stage.project("letters"))
        async with stage.begin() as tx:
            assert await tx.access.contents(digits.id) == {}
            await tx.jobs.add(
                [stage.a_job(digits), stage.a_job(digits), stage.a_job(digits, kind="notebook")]
            )
            assert await tx.access.contents(digits.id) == {"experiment": 2, "notebook": 1}
