"""The metadata controllers behind the real HTTP server, on real records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from submarine.adapters.memory.object_store import MemoryObjectStore
from submarine.adapters.sql.records import SqlRecords
from submarine.core.access.principal import Principal
from submarine.core.errors import UnauthenticatedError
from submarine.core.metadata.artifact_manager import ArtifactManager
from submarine.core.metadata.manager import MetadataManager
from submarine.core.metadata.recorder import MetricRecorder
from submarine.entrypoints.http import server
from submarine.entrypoints.http.app import rest
from submarine.entrypoints.http.idempotency import MemoryIdempotencyStore
from submarine.entrypoints.http.resources.artifacts import ArtifactsController
from submarine.entrypoints.http.resources.metrics import MetricsController
from submarine.entrypoints.http.resources.params_tags import ParamsTagsController
from submarine.entrypoints.settings import Limits
from tests.adapters.sql.engines import add_experiments, opened_at
from tests.core.metadata.conftest import ADA, JOB, NOW, OTHER_JOB, STRANGER, VIEWER, MemoryLocator

TOKENS: Final[Mapping[str, Principal]] = {
    "ada": ADA,
    "job": JOB,
    "other-job": OTHER_JOB,
    "vic": VIEWER,
    "eve": STRANGER,
}


class Api:
    """A client that speaks for whoever a call names."""

    def __init__(self, client: httpx.AsyncClient, objects: MemoryObjectStore) -> None:
        self.client = client
        self.objects = objects

    async def call(self, method: str, path: str, who: str = "job", **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}", **request.pop("headers", {})}
        return await self.client.request(method, f"/api/v1/experiments{path}", headers=headers, **request)

    async def items(self, path: str, who: str = "vic") -> list[dict[str, Any]]:
        answer = await self.call("GET", path, who)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


async def authenticate(token: str) -> Principal:
    try:
        return TOKENS[token]
    except KeyError:
        raise UnauthenticatedError("the token is none of ours") from None


@asynccontextmanager
async def serving(folder: Path, limits: Limits | None = None) -> AsyncIterator[Api]:
    """Serve two experiments, ``e1`` (digits-1) and ``e2`` (digits-2)."""
    async with opened_at("sqlite", folder, "") as database:
        async with database.begin() as session:
            await add_experiments(session, "e1", "e2")
        records, objects, locator = SqlRecords(database), MemoryObjectStore(), MemoryLocator()
        recorder = MetricRecorder(records, lambda: NOW)
        metadata = MetadataManager(records, locator, recorder, lambda: NOW)
        app = rest(
            [
                MetricsController(metadata),
                ParamsTagsController(metadata),
                ArtifactsController(ArtifactManager(records, locator, objects, lambda: NOW)),
            ],
            authenticate=authenticate,
            idempotency=MemoryIdempotencyStore(),
            limits=limits,
        )
        async with (
            server.serving(app, server.Listen(port=0, grace=1.0)) as url,
            httpx.AsyncClient(base_url=url, timeout=30, verify=False) as client,  # plain HTTP: no CAs to load
        ):
            yield Api(client, objects)
        await recorder.aclose()
