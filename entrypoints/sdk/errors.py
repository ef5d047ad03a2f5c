"""What a call to the server can end in; a subclass tells the caller's next move.

The text of each error is one sentence about what happened, then the next step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override


class ClientError(Exception):
    """Base of every error the SDK raises on purpose; ``next_step`` says what to do about it."""

    next_step: str = ""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step or self.next_step

    @override
    def __str__(self) -> str:
        return f"{self.message}. {self.next_step}".strip() if self.next_step else self.message


class ConfigurationError(ClientError):
    """Nothing says which server to talk to or who is calling."""

    next_step = "Run `submarine login --url URL`, or set SUBMARINE_URL and SUBMARINE_TOKEN."


class SpecError(ClientError):
    """The document or the folder handed over cannot be sent; nothing was asked of the server."""


class ConnectionFailed(ClientError):  # noqa: N818 - reads as a sentence where it is caught
    """The server did not answer; whether it did the work is unknown, and asking again is safe."""

    next_step = "Check the address and that the server runs (`submarine server start`), then try again."

    def __init__(self, message: str, *, unsent: bool = False) -> None:
        super().__init__(message)
        self.unsent = unsent
        """Nobody was there, so that the server cannot have done the work."""


class WaitTimeout(ClientError):  # noqa: N818 - as above
    """The time given to a wait is over and the experiment is still going on."""

    next_step = "It goes on; wait again or cancel it."

    def __init__(self, message: str, experiment: Any = None) -> None:
        super().__init__(message)
        self.experiment = experiment


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a request: where, why, and what would be right."""

    field: str
    reason: str
    expected: str = ""

    @override
    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{where}{self.reason}" + (f" (expected {self.expected})" if self.expected else "")


class ApiError(ClientError):
    """The server answered with a problem; ``code`` is for machines, ``request_id`` for the operator."""

    codes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        message: str,
        *,
        code: str = "internal",
        status: int = 500,
        errors: Sequence[FieldError] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.errors = tuple(errors)
        self.request_id = request_id
        self.retry_after = retry_after


class Invalid(ApiError):  # noqa: N818
    """The request is wrong; ``errors`` names each field."""

    codes: ClassVar[tuple[str, ...]] = ("invalid",)
    next_step = "Correct the fields named and try again."


class Unauthenticated(ApiError):  # noqa: N818
    """The server does not know who is calling."""

    codes: ClassVar[tuple[str, ...]] = ("unauthenticated",)
    next_step = "Log in again with `submarine login`."


class Forbidden(ApiError):  # noqa: N818
    """The caller may not do this."""

    codes: ClassVar[tuple[str, ...]] = ("forbidden",)
    next_step = "Ask a maintainer of the team or an administrator."


class QuotaExceeded(Forbidden):
    """A limit of the team is reached."""

    codes: ClassVar[tuple[str, ...]] = ("quota",)
    next_step = "Wait until something ends, or ask for a higher limit."


class NotFound(ApiError):  # noqa: N818
    """The thing does not exist, or not for this caller."""

    codes: ClassVar[tuple[str, ...]] = ("not-found",)
    next_step = "Check the name and the project."


class Conflict(ApiError):  # noqa: N818
    """The thing is not in the state the call needs."""

    codes: ClassVar[tuple[str, ...]] = ("conflict",)
    next_step = "Look at it again before you repeat the call."


class PreconditionFailed(Conflict):
    """Somebody changed the thing since it was read (If-Match)."""

    codes: ClassVar[tuple[str, ...]] = ("precondition-failed",)
    next_step = "Read it again and repeat the change."


class Unavailable(ApiError):  # noqa: N818
    """The server or something behind it is away for now, and retries did not help."""

    codes: ClassVar[tuple[str, ...]] = ("unavailable", "full")
    next_step = "Try again in a while."


class Busy(Unavailable):
    """Too much at once; the same call works later."""

    codes: ClassVar[tuple[str, ...]] = ("busy",)


class ServerFault(ApiError):  # noqa: N818
    """The server failed; the request id leads the operator to the cause."""

    codes: ClassVar[tuple[str, ...]] = ("internal", "adapter")
    next_step = "Give the request id to whoever runs the server."


_ALL: tuple[type[ApiError], ...] = (
    Invalid, Unauthenticated, Forbidden, QuotaExceeded, NotFound, Conflict,
    PreconditionFailed, Unavailable, Busy, ServerFault,
)  # fmt: skip
_BY_CODE: dict[str, type[ApiError]] = {code: kind for kind in _ALL for code in kind.codes}
_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid, 401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 412: PreconditionFailed,
    413: Invalid, 422: Invalid, 429: Busy, 502: Unavailable, 503: Unavailable, 504: Unavailable,
}  # fmt: skip


def error_of(status: int, problem: Any, headers: Mapping[str, str]) -> ApiError:
    """Return the error for an answer of *status* whose body may be a problem document.

    A proxy's HTML page or an empty body still becomes an error with a sentence.
    """
    fields = problem if isinstance(problem, Mapping) else {}
    code = str(fields.get("code") or "")
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or (ServerFault if status >= 500 else ApiError)  # noqa: PLR2004
    message = fields.get("detail") or fields.get("title") or f"the server answered with status {status}"
    return kind(
        str(message).rstrip(". "),
        code=code or (kind.codes[0] if kind.codes else "internal"),
        status=status,
        errors=[_field_error(e) for e in _list(fields.get("errors"))],
        request_id=fields.get("request_id") or headers.get("x-request-id"),
        retry_after=retry_after(headers.get("retry-after") or fields.get("retry_after")),
    )


def retry_after(value: Any) -> float | None:
    """Return the seconds of a Retry-After in its form of seconds, or None."""
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return None


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _field_error(value: Any) -> FieldError:
    if not isinstance(value, Mapping):
        return FieldError("", str(value))
    return FieldError(*(str(value.get(k) or "") for k in ("field", "reason", "expected")))
