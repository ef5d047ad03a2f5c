"""Experiments that are there, and stay until the transaction ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.rows import padded, places
from submarine.core.errors import NotFoundError

_CHUNK: Final = 512
_PRESENT: Final = (
    "select e.id, (select count(*) from metric_latest l where l.experiment = e.id) as metrics "
    "from experiments e where e.id in ({ids})"
)
_LOCKED: Final = {
    "sqlite": _PRESENT,  # one writer at a time anyway
    "postgres": f"{_PRESENT} order by e.id for key share of e",
}


async def present(session: Session, experiments: Collection[str]) -> Mapping[str, int]:
    """Return the number of metrics by id for those of *experiments* that exist.

    Nobody can delete them until the transaction ends: what is written for them is not orphaned.
    """
    found: dict[str, int] = {}
    ids = sorted(set(experiments))
    for start in range(0, len(ids), _CHUNK):
        chunk = padded(ids[start : start + _CHUNK])
        rows = await session.fetch(_LOCKED[session.dialect].format(ids=places(len(chunk))), *chunk)
        found |= {row["id"]: row["metrics"] for row in rows}
    return found


async def require_present(session: Session, experiment: str) -> None:
    """Raise `NotFoundError` if *experiment* is gone; else it stays until the transaction ends."""
    if experiment not in await present(session, [experiment]):
        raise gone(experiment)


def gone(experiment: str) -> NotFoundError:
    """Return the error about an *experiment* that was deleted meanwhile."""
    return NotFoundError(f"the experiment {experiment} was deleted")
