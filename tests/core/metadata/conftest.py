from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from submarine.adapters.memory.object_store import MemoryObjectStore
from submarine.adapters.sql.records import SqlRecords
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.errors import ForbiddenError, NotFoundError
from submarine.core.metadata.artifact_manager import ArtifactManager
from submarine.core.metadata.eraser import Eraser
from submarine.core.metadata.manager import MetadataManager
from submarine.core.metadata.recorder import MetricRecorder
from submarine.core.metadata.spool_reader import SpoolReader
from tests.adapters.sql.engines import add_experiments, opened_at

NOW = 1_800_000_000_000

ADA = Principal(name="ada", roles={"vision": Role.MEMBER})
VIEWER = Principal(name="vic", roles={"vision": Role.VIEWER})
READER = Principal(name="ada", roles={"vision": Role.MEMBER}, scope=Scope.READ)
STRANGER = Principal(name="eve", roles={"audio": Role.MAINTAINER})
JOB = Principal(name="ada", job="e1", attempt=1)
OTHER_JOB = Principal(name="ada", job="e2", attempt=1)


@dataclass(frozen=True)
class Known:
    id: str
    name: str
    project: str = "vision/digits"
    project_id: str = "p1"


class MemoryLocator:
    """Two experiments of the team vision; the laws of the real one."""

    def __init__(self) -> None:
        self.known = [Known("e1", "digits-1"), Known("e2", "digits-2")]
        self.asked = 0

    async def locate(
        self, principal: Principal, ref: str, project: str | None, role: Role, scope: Scope
    ) -> Known:
        self.asked += 1
        for found in self.known:
            if ref not in (found.id, found.name) or project not in (None, found.project):
                continue
            if principal.job is not None:
                if principal.job == ref:
                    return found
                break
            has = principal.role_in("vision")
            if has is None:
                break
            if has < role or principal.scope < scope:
                raise ForbiddenError(f"{principal.name} may not change {found.name}")
            return found
        raise NotFoundError(f"no experiment {ref!r}")


@dataclass
class Bed:
    """Everything about metadata, on real records."""

    records: SqlRecords
    objects: MemoryObjectStore
    locator: MemoryLocator
    recorder: MetricRecorder
    manager: MetadataManager
    artifacts: ArtifactManager
    spools: SpoolReader
    eraser: Eraser

    async def actions(self) -> list[tuple[str, str]]:
        """Return who did what, as the audit trail has it."""
        async with self.records.database.read() as session:
            rows = await session.fetch("select actor, action from audit order by id")
        return [(row["actor"], row["action"]) for row in rows]


@pytest.fixture
async def bed(tmp_path: Path) -> AsyncIterator[Bed]:
    async with opened_at("sqlite", tmp_path, "") as database:
        async with database.begin() as session:
            await add_experiments(session, "e1", "e2")
        records, objects, locator = SqlRecords(database), MemoryObjectStore(), MemoryLocator()
        recorder = MetricRecorder(records, lambda: NOW)
        yield Bed(
            records,
            objects,
            locator,
            recorder,
            MetadataManager(records, locator, recorder, lambda: NOW),
            ArtifactManager(records, locator, objects, lambda: NOW),
            SpoolReader(records, recorder),
            Eraser(records, objects),
        )
        await recorder.aclose()
