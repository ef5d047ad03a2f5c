"""Parameters and tags in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.presence import require_present
from submarine.adapters.sql.rows import padded, places
from submarine.core.errors import InvalidError
from submarine.core.jobs.interpolation import Scalar
from submarine.core.metadata.params import MOST_PARAMS, Spelled
from submarine.core.metadata.tags import MOST_TAGS

_PARAM: Final = ("experiment", "key", "kind", "value", "number")
_TAG: Final = ("experiment", "tag")

_PARAMS_OF: Final = "select experiment, key, kind, value, number from params where experiment in ({ids})"
_TAGS_OF: Final = "select experiment, tag from tags where experiment in ({ids})"
_ADD_PARAM: Final = (
    "insert into params (experiment, key, kind, value, number) values ($1, $2, $3, $4, $5) "
    "on conflict (experiment, key) do nothing"
)
_ADD_TAG: Final = (
    "insert into tags (experiment, tag) values ($1, $2) on conflict (experiment, tag) do nothing"
)
_REMOVE_TAG: Final = "delete from tags where experiment = $1 and tag = $2"
_TOUCH: Final = "update experiments set version = version + 1 where id = $1"


class SqlAnnotations:
    """Fills `AnnotationStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def params_of(self, experiments: Collection[str]) -> Mapping[str, Mapping[str, Scalar]]:
        """Return the parameters by experiment, in order of key."""
        found: dict[str, dict[str, Scalar]] = {experiment: {} for experiment in experiments}
        for row in sorted(await self._of(_PARAMS_OF, found), key=lambda row: row["key"]):
            found[row["experiment"]][row["key"]] = _spelled(row).value
        return found

    async def tags_of(self, experiments: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the tags by experiment, in order."""
        found: dict[str, list[str]] = {experiment: [] for experiment in experiments}
        for experiment, tag in sorted(map(tuple, await self._of(_TAGS_OF, found))):
            found[experiment].append(tag)
        return found

    async def set_params(self, experiment: str, params: Mapping[str, Spelled]) -> Mapping[str, Scalar]:
        """Add *params* where the key is new; return what is recorded for those that disagree."""
        await require_present(self._session, experiment)
        rows = [(experiment, key, s.kind, s.text, s.number) for key, s in sorted(params.items())]
        await self._session.execute_many(_ADD_PARAM, rows)
        recorded = {row["key"]: _spelled(row) for row in await self._of(_PARAMS_OF, [experiment])}
        if len(recorded) > MOST_PARAMS:
            reason = f"the experiment {experiment} would have {len(recorded)} parameters"
            raise InvalidError.of("params", reason, f"at most {MOST_PARAMS}")
        return {key: recorded[key].value for key, said in params.items() if not recorded[key].agrees(said)}

    async def change_tags(
        self, experiment: str, add: Collection[str], remove: Collection[str]
    ) -> Sequence[str]:
        """Add and remove tags; return all that there are now."""
        await require_present(self._session, experiment)
        before = set((await self.tags_of([experiment]))[experiment])
        after = (before | set(add)) - set(remove)
        if len(after) > max(MOST_TAGS, len(before)):
            reason = f"the experiment {experiment} would have {len(after)} tags"
            raise InvalidError.of("add", reason, f"at most {MOST_TAGS}")
        if after != before:
            await self._session.execute(_TOUCH, experiment)
            await self._session.execute_many(
                _REMOVE_TAG, [(experiment, tag) for tag in sorted(before - after)]
            )
            await self._session.execute_many(_ADD_TAG, [(experiment, tag) for tag in sorted(after - before)])
        return sorted(after)

    async def seed(self, rows: Sequence[tuple[str, Sequence[str], Mapping[str, Scalar]]]) -> None:
        """Record the tags and parameters of new experiments."""
        params = [
            (experiment, key, spelled.kind, spelled.text, spelled.number)
            for experiment, _, said in rows
            for key, spelled in ((key, Spelled.of(value)) for key, value in said.items())
        ]
        tags = [(experiment, tag) for experiment, words, _ in rows for tag in dict.fromkeys(words)]
        if params:
            await self._session.copy("params", _PARAM, params)
        if tags:
            await self._session.copy("tags", _TAG, tags)

    async def _of(self, sql: str, experiments: Collection[str]) -> Sequence[Row]:
        ids = padded(list(experiments)) if experiments else []
        return await self._session.fetch(sql.format(ids=places(len(ids))), *ids) if ids else []


def _spelled(row: Row) -> Spelled:
    return Spelled(text=row["value"], kind=row["kind"], number=row["number"])
