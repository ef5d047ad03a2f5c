"""Finds the caller's token in a request; whose it is, others know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from submarine.core.access.principal import Principal
from submarine.core.errors import UnauthenticatedError

Authenticate = Callable[[str], Awaitable[Principal]]
"""Returns whose token it is; raises `UnauthenticatedError` if nobody's, or nobody's any more."""

_LONGEST: Final = 1024


def bearer(request: web.Request) -> str:
    """Return the token; raise `UnauthenticatedError` if there is none."""
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        raise UnauthenticatedError("no token; send Authorization: Bearer TOKEN, or log in")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("the Authorization header is not 'Bearer TOKEN'")
    if len(token) > _LONGEST or not token.isascii():
        raise UnauthenticatedError("the token is none of ours")
    return token
