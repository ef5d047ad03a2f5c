"""Login, logout and who one is, over HTTP."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from pydantic import BaseModel, Field, SecretStr

from submarine.core.access.login import Login
from submarine.core.access.principal import Principal
from submarine.entrypoints.http.callers import Callers
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.resources.access_views import LoginView, SelfView
from submarine.entrypoints.http.routing import Keeping, route

_BASE: Final = "/api/v1"


class LoginRequest(BaseModel, frozen=True, extra="forbid"):
    """A name and a password."""

    username: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(max_length=1024)


class SessionsController:
    """Translates between HTTP and `Login`."""

    def __init__(self, login: Login, callers: Callers) -> None:
        self._login = login
        self._callers = callers

    @route("POST", _BASE + "/login", tag="access", auth=False, keeping=Keeping.MEMORY)
    async def log_in(self, body: LoginRequest, request: web.Request, request_id: RequestId) -> LoginView:
        """Log in; the token is good for twelve hours.

        After too many wrong passwords, by name and address, the answer is 429 for a while.
        """
        session = await self._login.login(
            body.username,
            body.password.get_secret_value(),
            address=self._callers.address(request),
            request=request_id,
        )
        return LoginView.of(session)

    @route("POST", _BASE + "/logout", tag="access")
    async def log_out(self, principal: Principal, request_id: RequestId) -> None:
        """Revoke the token that this request carries."""
        await self._login.logout(principal, request=request_id)

    @route("GET", _BASE + "/me", tag="access")
    async def show_me(self, principal: Principal) -> SelfView:
        """Show who is calling, and what the token lets them do."""
        return SelfView.of(await self._login.me(principal), principal)
