"""What the local runtime needs to know."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def _bytes(value: object) -> object:
    """Read a Kubernetes quantity of bytes (``8Gi``); leave numbers to pydantic."""
    if isinstance(value, str):
        for unit, factor in _UNITS.items():
            if value.endswith(unit) and value.removesuffix(unit).isdigit():
                return int(value.removesuffix(unit)) * factor
    return value


Size = Annotated[int, BeforeValidator(_bytes), Field(gt=0)]
"""Bytes, or a quantity such as ``512Mi``."""


class LocalConfig(BaseModel, frozen=True, extra="forbid"):
    """Where the runtime keeps its files and how much of the machine it may give away.

    ``cpu`` (cores) and ``memory`` override what the machine says of itself. ``interpreter`` is the
    Python that commands find first. ``inherit`` names variables of the server's environment that
    commands see besides ``PATH``, ``HOME``, the locale and the like.
    """

    path: Path
    cpu: float | None = Field(default=None, gt=0)
    memory: Size | None = None
    devices: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    interpreter: str = Field(default_factory=lambda: sys.executable)
    cgroup: Literal["auto", "off"] = "auto"
    inherit: tuple[str, ...] = ()
    log_limit: Size = 2**30
    code_limit: Size = 4 * 2**30
    preparation_limit: float = Field(default=1800.0, gt=0)
    ports: tuple[int, int] = (20000, 32767)
