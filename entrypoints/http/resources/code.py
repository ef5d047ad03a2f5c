"""Uploads of code over HTTP."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from submarine.core.access.principal import Principal
from submarine.core.code.manager import CodeManager
from submarine.entrypoints.http.answers import Answer
from submarine.entrypoints.http.bodies import Upload
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.resources.times import Instant
from submarine.entrypoints.http.routing import route

_PATH: Final = "/api/v1/projects/{project}/code/{digest}"


class CodeView(BaseModel, frozen=True):
    """An archive that is there."""

    digest: str
    size: int


class StoredCodeView(CodeView, frozen=True):
    """An archive, and since when it is there."""

    created_at: Instant


class CodeController:
    """Translates between HTTP and `CodeManager`."""

    def __init__(self, code: CodeManager) -> None:
        self._code = code

    @route("GET", _PATH, tag="code")
    async def show_code(self, principal: Principal, project: str, digest: str) -> StoredCodeView:
        """Tell whether an archive was uploaded to a project; HEAD costs least."""
        found = await self._code.stat(principal, project, digest)
        return StoredCodeView(digest=digest, size=found.size, created_at=found.modified)

    @route(
        "PUT",
        _PATH,
        status=201,
        tag="code",
        size="upload",
        consumes=("application/gzip", "application/x-gzip", "application/octet-stream"),
        also={200: CodeView},
    )
    async def upload_code(
        self, principal: Principal, project: str, digest: str, upload: Upload, request_id: RequestId
    ) -> Answer[CodeView]:
        """Upload a .tar.gz under its SHA-256; one that is there is left as it is."""
        size, fresh = await self._code.upload(principal, project, digest, upload, request=request_id)
        return Answer(CodeView(digest=digest, size=size), status=201 if fresh else 200)
