"""The experiment this process is part of, as its environment tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentExperiment:
    """Which experiment, attempt and replica this is; ``output`` is its folder for results."""

    id: str
    project: str = ""
    attempt: int = 1
    role: str = ""
    index: int = 0
    replica: str = ""
    output: Path | None = None
    spool: Path | None = None
    url: str = ""
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> CurrentExperiment | None:
        """Return the experiment of *environ*, None outside of a job."""
        known = {
            k: environ.get(f"SUBMARINE_{k.upper()}", "")
            for k in ("url", "token", "project", "role", "replica")
        }
        experiment = environ.get("SUBMARINE_EXPERIMENT", "")
        if not (experiment and known["url"]):
            return None
        return cls(
            id=experiment,
            attempt=_number(environ.get("SUBMARINE_ATTEMPT"), 1),
            index=_number(environ.get("SUBMARINE_INDEX"), 0),
            output=_folder(environ.get("SUBMARINE_OUTPUT")),
            spool=_folder(environ.get("SUBMARINE_SPOOL")),
            **known,
        )


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def _folder(text: str | None) -> Path | None:
    return Path(text) if text else None
