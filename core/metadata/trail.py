"""Which changes of metadata leave an audit event: those that people make."""

from __future__ import annotations

from collections.abc import Mapping

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal
from submarine.core.ids import new_id
from submarine.core.metadata.locator import Located
from submarine.core.metadata.store import MetadataTransaction


async def audit(
    tx: MetadataTransaction,
    principal: Principal,
    found: Located,
    action: str,
    at: int,
    request: str,
    data: Mapping[str, object],
) -> None:
    """Write that *principal* did *action* to *found*; what a job reports about itself is no news."""
    if principal.job is not None:
        return
    event = AuditEvent(
        id=new_id(),
        at=at,
        actor=principal.name,
        action=action,
        target=found.id,
        team=found.project.partition("/")[0],
        project=found.project_id,
        request=request,
        data={"name": found.name, **data},
    )
    await tx.access.audit([event])
