"""What a filter on experiments may speak of."""

from __future__ import annotations

from typing import Final

from submarine.core.filters.fields import Field, Fields, Kind
from submarine.core.jobs.lifecycle import State

FIELDS: Final = Fields(
    {
        "id": Kind.STRING,
        "name": Kind.STRING,
        "project": Kind.STRING,
        "team": Kind.STRING,
        "state": Field(Kind.STATE, tuple(state.value for state in State)),
        "reason": Kind.STRING,
        "cluster": Kind.STRING,
        "queue": Kind.STRING,
        "priority": Kind.NUMBER,
        "framework": Kind.STRING,
        "created_by": Kind.STRING,
        "created_at": Kind.TIME,
        "started_at": Kind.TIME,
        "ended_at": Kind.TIME,
        "exit_code": Kind.NUMBER,
        "attempt": Kind.NUMBER,
        "rerun_of": Kind.STRING,
        "tags": Kind.SET,
    },
    families={"params": Kind.SCALAR, "metrics": Kind.NUMBER},
)
