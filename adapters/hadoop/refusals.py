"""What a Hadoop server says when it does not do what it was asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from submarine.core.errors import AdapterError, UnavailableError

if TYPE_CHECKING:
    from aiohttp import ClientResponse

STANDBY: Final = frozenset({"StandbyException", "ObserverRetryOnActiveException"})
LATER: Final = frozenset(
    {
        "SafeModeException",
        "RetriableException",
        "RetryStartFileException",
        "ServerTooBusyException",
        "NoRouteToHostException",
        "ConnectException",
        "SocketTimeoutException",
        "ConnectTimeoutException",
        "EOFException",
        "NSQuotaExceededException",
        "DSQuotaExceededException",
        "QuotaExceededException",
        "QuotaByStorageTypeExceededException",
    }
)
SERVICES: Final = "diagnostics"
"""What the services of YARN call their reason, who name no exception whatever it is."""
"""Exceptions that pass by themselves, or when somebody makes room."""

LATER_WORDS: Final = (
    "could only be written to",
    "could only be replicated to",
    "Failed to find datanode",
    "Not replicated yet",
    "There appears to be a gap in the edit log",
    "NameNode still not started",
)
"""What a bare IOException says in such a case."""

_IMPERSONATING: Final = ("is not allowed to impersonate", "Unauthorized connection for super-user")
_SERVER_ERROR: Final = 500
_LONGEST: Final = 2**16
_TOLD: Final = 400


class RefusedError(AdapterError):
    """The server understood and will not; ``kind`` is the name of its exception, empty if it names none."""

    def __init__(self, who: str, status: int, kind: str, reason: str) -> None:
        super().__init__(f"{who} answers {status}{f' {kind}' if kind else ''}: {reason}")
        self.status = status
        self.kind = kind
        self.reason = reason

    @property
    def standby(self) -> bool:
        """Tell whether another server of the pair is to be asked."""
        return self.kind in STANDBY or "StandbyException" in self.reason

    @property
    def impersonating(self) -> bool:
        """Tell whether it lets us not act for whom we would, by its rules for that."""
        return any(words in self.reason for words in _IMPERSONATING)

    @property
    def passes(self) -> bool:
        """Tell whether the same call may succeed later, with nothing changed by us."""
        return (
            self.standby
            or self.kind in LATER
            or any(words in self.reason for words in LATER_WORDS)
            or "SafeModeException" in self.reason
            or (not self.kind and self.status >= _SERVER_ERROR)
        )


async def refusal(who: str, answer: ClientResponse) -> RefusedError | UnavailableError:
    """Return what *answer*, whose status is no success, means."""
    body = await answer.content.read(_LONGEST)
    kind, reason = _exception(body)
    told = RefusedError(
        who, answer.status, kind, " ".join(reason.split())[:_TOLD] or answer.reason or "nothing"
    )
    if told.passes and not told.standby:
        return UnavailableError(str(told))
    return told


def _exception(body: bytes) -> tuple[str, str]:
    """Return name and message of the RemoteException in *body*, else no name and what is there."""
    try:
        told = json.loads(body)
        inner = told.get("RemoteException", told)
        if SERVICES in inner:
            return SERVICES, str(inner[SERVICES])
        return str(inner.get("exception", "")), str(inner.get("message") or "")
    except (ValueError, AttributeError):
        return "", body.decode(errors="replace")
