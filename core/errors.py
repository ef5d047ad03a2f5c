"""What can go wrong, in the words of the domain; a subclass tells the caller's next move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class SubmarineError(Exception):
    """Base of every error raised on purpose; ``code`` is for machines."""

    code: ClassVar[str] = "internal"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where, why, and what would be right.

    ``field`` is a dotted path into the document (``roles.worker.replicas``), empty for the whole.
    """

    field: str
    reason: str
    expected: str = ""


class InvalidError(SubmarineError):
    """The input is wrong; correct it and call again."""

    code = "invalid"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, field: str, reason: str, expected: str = "") -> InvalidError:
        """Return the error of a single faulty *field*."""
        return cls(f"{field}: {reason}", [Fault(field, reason, expected)])


class UnauthenticatedError(SubmarineError):
    """Nobody knows who is calling; log in."""

    code = "unauthenticated"


class ForbiddenError(SubmarineError):
    """The caller may not do this; ask somebody who may."""

    code = "forbidden"


class NotFoundError(SubmarineError):
    """The thing asked for does not exist, or not for this caller; stop."""

    code = "not-found"


class ConflictError(SubmarineError):
    """The thing is not as the caller thought; read it again."""

    code = "conflict"


class PreconditionError(ConflictError):
    """The version the caller named (If-Match) is not the current one; read it again."""

    code = "precondition-failed"


class QuotaError(SubmarineError):
    """A limit of the caller's team is reached; wait or ask for more."""

    code = "quota"


class BusyError(SubmarineError):
    """Too much at once; the same call will work after ``retry_after`` seconds."""

    code = "busy"

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FullError(BusyError):
    """A runtime has no room for a workload now; place it later or elsewhere."""

    code = "full"


class UnavailableError(SubmarineError):
    """A backend is out of reach or did not answer; retry. It says nothing about any job."""

    code = "unavailable"


class ElsewhereError(UnavailableError):
    """Only another server reaches the cluster; ask that one."""

    def __init__(self, message: str, cluster: str) -> None:
        super().__init__(message)
        self.cluster = cluster


class AdapterError(SubmarineError):
    """An adapter is missing, misconfigured or broken; call the operator."""

    code = "adapter"
