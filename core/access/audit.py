"""Who did what: one line for each write, kept by appending only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """``action`` is ``noun.verb`` (``experiment.cancel``), ``target`` an id or name; ``at`` Unix ms.

    ``data`` holds no secret.
    """

    id: str
    at: int
    actor: str
    action: str
    target: str
    team: str | None = None
    project: str | None = None
    request: str = ""
    outcome: str = "ok"
    data: Mapping[str, object] = field(default_factory=dict)
