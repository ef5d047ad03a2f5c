"""Projects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.lists import among, newest_first
from submarine.core.access.project import Project

_COLUMNS: Final = "id, team, name, description, version, created"
_INSERT: Final = f"""
insert into projects ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6) on conflict (name, team) do nothing
"""
_ONE: Final = f"select {_COLUMNS} from projects where id = $1"
_NAMED: Final = f"select {_COLUMNS} from projects where name = $1 order by team"
_NAMED_IN: Final = f"select {_COLUMNS} from projects where name = $1 and team = $2"
_UPDATE: Final = "update projects set description = $2, version = $3 where id = $1 and version = $4"
_DELETE: Final = "delete from projects where id = $1"
_CONTENTS: Final = "select kind, count(*) as number from jobs where project = $1 group by kind order by kind"


class SqlProjects:
    """What `ProjectStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_project(self, project: Project) -> bool:
        """Insert *project*; return False, having done nothing, if its team has one of that name."""
        values = project.id, project.team, project.name, project.description, project.version
        return await self._session.execute(_INSERT, *values, project.created) == 1

    async def project(self, project: str) -> Project | None:
        """Return the project, None if unknown."""
        row = await self._session.first(_ONE, project)
        return None if row is None else project_of(row)

    async def projects_named(self, name: str, *, team: str | None = None) -> Sequence[Project]:
        """Return the projects called *name*, in any team or in *team*."""
        if team is None:
            rows = await self._session.fetch(_NAMED, name)
        else:
            rows = await self._session.fetch(_NAMED_IN, name, team)
        return [project_of(row) for row in rows]

    async def save_project(self, project: Project) -> bool:
        """Write *project* if the record's version is one less than its own; tell whether it was written."""
        values = project.id, project.description, project.version, project.version - 1
        return await self._session.execute(_UPDATE, *values) == 1

    async def delete_project(self, project: str) -> bool:
        """Delete the project; return False if there is none. Raise `ConflictError` if it is in use."""
        return await self._session.execute(_DELETE, project) == 1

    async def projects(
        self, *, teams: Collection[str] | None, before: str | None, limit: int
    ) -> Sequence[Project]:
        """Return the projects of *teams*; None is all."""
        conditions, args = [], list[object]()
        if teams is not None:
            known, args = among("team", teams, [])
            conditions.append(known)
        sql, args = newest_first(f"select {_COLUMNS} from projects", conditions, args, before, limit)
        return [project_of(row) for row in await self._session.fetch(sql, *args)]

    async def contents(self, project: str) -> Mapping[str, int]:
        """Return what is in the project and keeps it from being deleted, counted by kind."""
        rows = await self._session.fetch(_CONTENTS, project)
        return {row["kind"]: row["number"] for row in rows}


def project_of(row: Row) -> Project:
    """Return the project of *row*."""
    return Project(
        id=row["id"],
        team=row["team"],
        name=row["name"],
        description=row["description"],
        version=row["version"],
        created=row["created"],
    )
