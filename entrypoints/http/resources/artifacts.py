"""Artifacts over HTTP."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, Field

from submarine.core.access.principal import Principal
from submarine.core.metadata.artifact_manager import ArtifactManager
from submarine.core.metadata.artifacts import Artifact
from submarine.core.pages import Page
from submarine.entrypoints.http.bodies import ANYTHING, Upload
from submarine.entrypoints.http.byte_stream import ByteStream
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.resources.times import Instant
from submarine.entrypoints.http.routing import route

_PATH: Final = "/api/v1/experiments/{ref}/artifacts"

Limit = Annotated[int, Field(ge=1, le=500)]


class ArtifactIn(BaseModel, frozen=True, extra="forbid"):
    """An artifact that is elsewhere; ``digest`` as ``algorithm:hex``."""

    path: str
    uri: str
    size: int | None = None
    digest: str | None = None


@dataclass(slots=True, kw_only=True)
class ArtifactView:
    """An artifact; size and digest are null where nobody told them."""

    path: str
    uri: str
    size: int | None
    digest: str | None
    created_at: Instant

    @classmethod
    def of(cls, found: Artifact) -> ArtifactView:
        """Show *found*."""
        return cls(
            path=found.path, uri=found.uri, size=found.size, digest=found.digest, created_at=found.created
        )


class ArtifactsController:
    """Translates between HTTP and `ArtifactManager`."""

    def __init__(self, artifacts: ArtifactManager) -> None:
        self._artifacts = artifacts

    @route("PUT", _PATH + "/{path:.+}", status=201, tag="artifacts", size="upload", consumes=(ANYTHING,))
    async def upload_artifact(
        self,
        principal: Principal,
        ref: str,
        path: str,
        upload: Upload,
        request_id: RequestId,
        *,
        project: str | None = None,
    ) -> ArtifactView:
        """Upload an artifact; one that is there is replaced, whole or not at all."""
        found = await self._artifacts.upload(
            principal, ref, path, upload, project=project, request=request_id
        )
        return ArtifactView.of(found)

    @route("POST", _PATH, status=201, tag="artifacts")
    async def register_artifact(
        self,
        principal: Principal,
        ref: str,
        body: ArtifactIn,
        request_id: RequestId,
        *,
        project: str | None = None,
    ) -> ArtifactView:
        """Register an artifact that is elsewhere, by its URI; the server does not look there."""
        found = await self._artifacts.register(
            principal,
            ref,
            body.path,
            body.uri,
            size=body.size,
            digest=body.digest,
            project=project,
            request=request_id,
        )
        return ArtifactView.of(found)

    @route("GET", _PATH, tag="artifacts")
    async def list_artifacts(
        self,
        principal: Principal,
        ref: str,
        *,
        cursor: str | None = None,
        limit: Limit = 50,
        project: str | None = None,
    ) -> Page[ArtifactView]:
        """List the artifacts of an experiment, by path."""
        page = await self._artifacts.list(principal, ref, cursor=cursor, limit=limit, project=project)
        return Page([ArtifactView.of(found) for found in page.items], page.cursor)

    @route("GET", _PATH + "/{path:.+}", tag="artifacts")
    async def download_artifact(
        self, principal: Principal, ref: str, path: str, *, project: str | None = None
    ) -> ByteStream:
        """Download an artifact that was uploaded here.

        `Repr-Digest` (RFC 9530) holds its SHA-256.
        """
        found, data = await self._artifacts.open(principal, ref, path, project=project)
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        if found.digest is not None:
            digest = base64.b64encode(bytes.fromhex(found.digest.removeprefix("sha256:"))).decode()
            headers["Repr-Digest"] = f"sha-256=:{digest}:"
        return ByteStream(data, length=found.size, headers=headers)

    @route("DELETE", _PATH + "/{path:.+}", tag="artifacts")
    async def delete_artifact(
        self,
        principal: Principal,
        ref: str,
        path: str,
        request_id: RequestId,
        *,
        project: str | None = None,
    ) -> None:
        """Delete an artifact; what was registered by URI stays where it is."""
        await self._artifacts.delete(principal, ref, path, project=project, request=request_id)
