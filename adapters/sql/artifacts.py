"""Artifacts' rows in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.presence import require_present
from submarine.core.metadata.artifacts import Artifact

_COLUMNS: Final = "path, uri, size, digest, created, object"
_ONE: Final = f"select {_COLUMNS} from artifacts where experiment = $1 and path = $2"
_SOME: Final = f"select {_COLUMNS} from artifacts where experiment = $1 and path > $2 order by path limit $3"
_COUNT: Final = "select count(*) as n from artifacts where experiment = $1"
_PUT: Final = (
    f"insert into artifacts (experiment, {_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7) "
    "on conflict (experiment, path) do update set uri = excluded.uri, size = excluded.size, "
    "digest = excluded.digest, created = excluded.created, object = excluded.object, "
    "replaced = artifacts.object returning replaced"
)
_DELETE: Final = f"delete from artifacts where experiment = $1 and path = $2 returning {_COLUMNS}"


class SqlArtifacts:
    """Fills `ArtifactStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def artifact(self, experiment: str, path: str) -> Artifact | None:
        """Return the artifact at *path*, None if there is none."""
        row = await self._session.first(_ONE, experiment, path)
        return None if row is None else _artifact(row)

    async def artifacts(self, experiment: str, *, after: str, limit: int) -> Sequence[Artifact]:
        """Return artifacts whose path is greater than *after*, by path."""
        return [_artifact(row) for row in await self._session.fetch(_SOME, experiment, after, limit)]

    async def artifact_count(self, experiment: str) -> int:
        """Return how many artifacts *experiment* has."""
        row = await self._session.first(_COUNT, experiment)
        return 0 if row is None else int(row["n"])

    async def put_artifact(self, experiment: str, artifact: Artifact) -> str | None:
        """Record *artifact*; return the object key of the upload it replaces, if any."""
        await require_present(self._session, experiment)
        a = artifact
        row = await self._session.first(_PUT, experiment, a.path, a.uri, a.size, a.digest, a.created, a.key)
        return None if row is None else row["replaced"]

    async def delete_artifact(self, experiment: str, path: str) -> Artifact | None:
        """Forget the artifact at *path*; return it, None if there was none."""
        row = await self._session.first(_DELETE, experiment, path)
        return None if row is None else _artifact(row)


def _artifact(row: Row) -> Artifact:
    return Artifact(
        path=row["path"],
        uri=row["uri"],
        size=row["size"],
        digest=row["digest"],
        created=row["created"],
        key=row["object"],
    )
