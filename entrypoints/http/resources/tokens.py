"""Tokens over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field

from submarine.core.access.doors import Doors
from submarine.core.access.principal import Principal
from submarine.core.access.token import Token
from submarine.core.access.tokens import LIFETIME, TokenManager
from submarine.core.errors import Fault, InvalidError, NotFoundError
from submarine.core.jobs.durations import parse_duration
from submarine.core.pages import Page
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.resources.access_views import SCOPES, NewTokenView, ScopeWord, TokenView
from submarine.entrypoints.http.routing import Keeping, route

_BASE: Final = "/api/v1/tokens"
_NEVER: Final = "never"
Limit = Annotated[int, Field(ge=1, le=500)]


class TokenRequest(BaseModel, frozen=True, extra="forbid"):
    """A new token.

    ``expires_in`` is a length of time such as `30d`, or `never`; 90 days if left out. Of ``scopes`` each
    includes the ones before it: read, write, admin. ``project`` limits it to one.
    """

    name: str
    expires_in: str | None = None
    scopes: list[ScopeWord] | None = Field(default=None, min_length=1, max_length=10)
    project: str | None = None


class TokensController:
    """Translates between HTTP and `TokenManager`."""

    def __init__(self, tokens: TokenManager, doors: Doors) -> None:
        self._tokens = tokens
        self._doors = doors

    @route("GET", _BASE, tag="access")
    async def list_tokens(
        self,
        principal: Principal,
        *,
        user: str | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Page[TokenView]:
        """List your tokens, newest first; an admin may ask for another user's."""
        page = await self._tokens.list(principal, user=user, cursor=cursor, limit=limit)
        return Page([await self._view(token) for token in page.items], page.cursor)

    @route("POST", _BASE, status=201, tag="access", keeping=Keeping.MEMORY)
    async def create_token(
        self, principal: Principal, body: TokenRequest, request_id: RequestId
    ) -> NewTokenView:
        """Make a token that reaches no farther than your own; it is shown this once."""
        token, text = await self._tokens.create(
            principal,
            body.name,
            scope=max(SCOPES[word] for word in body.scopes) if body.scopes else None,
            lifetime=_lifetime(body.expires_in),
            project=body.project,
            request=request_id,
        )
        return NewTokenView(**(await self._view(token)).__dict__, token=text)

    @route("DELETE", _BASE + "/{id}", tag="access")
    async def revoke_token(self, principal: Principal, id: str, request_id: RequestId) -> None:  # noqa: A002
        """Revoke a token, at once."""
        await self._tokens.revoke(principal, id, request=request_id)

    async def _view(self, token: Token) -> TokenView:
        project = None
        if token.project is not None:
            try:
                project = await self._doors.project(token.project)
            except NotFoundError:  # deleted a moment ago, and the token with it
                project = None
        return TokenView.of(token, project)


def _lifetime(expires_in: str | None) -> int | None:
    """Return milliseconds, None for ever."""
    if expires_in is None:
        return LIFETIME
    if expires_in == _NEVER:
        return None
    try:
        return round(parse_duration(expires_in) * 1000)
    except InvalidError as error:
        faults = [Fault("expires_in", f.reason, f.expected) for f in error.faults]
        raise InvalidError(f"expires_in: {faults[0].reason}", faults) from None
