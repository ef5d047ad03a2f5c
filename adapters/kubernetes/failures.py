"""What the API server does not do, in the words of the domain."""

from __future__ import annotations

import msgspec

from submarine.adapters.kubernetes.objects import Status
from submarine.core.errors import (
    AdapterError,
    ConflictError,
    FullError,
    InvalidError,
    NotFoundError,
    SubmarineError,
    UnavailableError,
)


class GoneError(UnavailableError):
    """The version asked for is too old (410); list again."""


def failure(status: int, body: bytes, what: str) -> SubmarineError:
    """Return the error for an answer *status* with *body* to *what* we asked.

    Refused credentials are no verdict on any job, for they may be renewed: unavailable. A role that
    lacks a right is for the operator.
    """
    said = message_of(body) or f"status {status}"
    match status:
        case 401:
            return UnavailableError(f"the cluster refuses our credentials: {said}")
        case 403 if "exceeded quota" in said:
            return FullError(said, retry_after=5.0)
        case 403:
            return AdapterError(f"the cluster forbids it ({what}): {said}")
        case 404:
            return NotFoundError(said)
        case 409:
            return ConflictError(said)
        case 410:
            return GoneError(said)
        case 400 | 405 | 406 | 413 | 415 | 422:
            return InvalidError(f"the cluster refuses it: {said}")
        case _:
            return UnavailableError(f"the cluster cannot do it now ({what}): {said}")


def message_of(body: bytes) -> str:
    """Return the API's own message in *body*, the start of the text if it is no Status."""
    try:
        return msgspec.json.decode(body, type=Status).message
    except (msgspec.DecodeError, msgspec.ValidationError):
        return body[:300].decode(errors="replace").strip()
