"""What is known of the request being answered."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NewType

from aiohttp import web

from submarine.core.access.principal import Principal
from submarine.core.ids import new_id

if TYPE_CHECKING:
    from submarine.entrypoints.http.endpoint import Endpoint

RequestId = NewType("RequestId", str)
"""Inject it into a route: the id every log line, problem and audit event of the request carries."""

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""The request whose task this is; empty outside of one. Log formatters read it."""

_SANE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(slots=True)
class Exchange:
    """One request on its way through; each station adds what it finds out."""

    request_id: RequestId
    started: float
    endpoint: Endpoint | None = None
    principal: Principal | None = None


EXCHANGE: Final = web.RequestKey("exchange", Exchange)


def request_id_of(proposed: str | None) -> RequestId:
    """Return the id the caller *proposed* if it is harmless in a log, else a new one."""
    return RequestId(proposed if proposed and _SANE.fullmatch(proposed) else new_id())
