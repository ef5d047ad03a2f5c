"""Errors as RFC 9457 problem documents, from one table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aiohttp import web

from submarine.core.errors import BusyError, Fault, InvalidError, SubmarineError
from submarine.entrypoints.documents.errors import UnreadableError

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[str, HTTPStatus]] = {
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "not-found": HTTPStatus.NOT_FOUND,
    "conflict": HTTPStatus.CONFLICT,
    "precondition-failed": HTTPStatus.PRECONDITION_FAILED,
    "quota": HTTPStatus.FORBIDDEN,
    "busy": HTTPStatus.TOO_MANY_REQUESTS,
    "full": HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "adapter": HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
}

TITLES: Final[Mapping[str, str]] = {
    "invalid": "The input is wrong",
    "unauthenticated": "Nobody knows who is calling",
    "forbidden": "Not allowed",
    "not-found": "Not found",
    "conflict": "Not as you thought",
    "precondition-failed": "Changed in the meantime",
    "quota": "A limit of the team is reached",
    "busy": "Too much at once",
    "full": "No room now",
    "unavailable": "A backend is out of reach",
    "adapter": "An adapter is broken",
    "internal": "An error of the server",
}

UNAVAILABLE_RETRY: Final = 2.0
_HIDDEN: Final = "the server failed; tell its operator the request id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, as the caller may see it."""

    code: str
    status: int
    detail: str
    faults: Sequence[Fault] = ()
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        """Return the document."""
        document: dict[str, object] = {
            "type": f"urn:submarine:{self.code}",
            "title": TITLES.get(self.code, self.code),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            "errors": [{"field": f.field, "reason": f.reason, "expected": f.expected} for f in self.faults],
        }
        if self.retry_after is not None:
            document["retry_after"] = self.retry_after
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")

    def response(self, request_id: str) -> web.Response:
        """Return the answer."""
        headers = {"Content-Type": MEDIA_TYPE, **self.headers}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="submarine"'
        return web.Response(status=self.status, body=self.body(request_id), headers=headers)


class HttpError(InvalidError):
    """The request is wrong in a way that only HTTP has a word, and a *status*, for."""

    def __init__(self, status: HTTPStatus, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, faults)
        self.status = status


class OverloadedError(BusyError):
    """The server as a whole, not this caller, has too much to do."""


def problem_of(error: Exception) -> Problem:
    """Describe *error* for the caller; what was not raised on purpose is described by nothing."""
    if isinstance(error, SubmarineError):
        return _ours(error)
    if isinstance(error, web.HTTPException):
        return _router(error)
    return Problem(code="internal", status=500, detail=_HIDDEN)


def _ours(error: SubmarineError) -> Problem:
    status = STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    faults: Sequence[Fault] = ()
    retry_after: float | None = getattr(error, "retry_after", None)
    if isinstance(error, InvalidError):
        faults = error.faults
    if isinstance(error, HttpError | UnreadableError):
        status = error.status
    elif isinstance(error, OverloadedError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    elif error.code == "unavailable" and retry_after is None:
        retry_after = UNAVAILABLE_RETRY
    hidden = status == HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(
        code=error.code,
        status=int(status),
        detail=_HIDDEN if hidden else str(error),
        faults=faults,
        retry_after=retry_after,
    )


def _router(error: web.HTTPException) -> Problem:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Problem(
            code="invalid",
            status=405,
            detail=f"{error.method} is not offered here; on offer: {allowed}",
            headers={"Allow": allowed},
        )
    if isinstance(error, web.HTTPNotFound):
        return Problem(code="not-found", status=404, detail="no such path; see /api/v1/openapi.json")
    code = "invalid" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal"
    return Problem(code=code, status=error.status, detail=error.reason.lower())
