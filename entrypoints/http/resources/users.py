"""Users over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field, SecretStr

from submarine.core.access.principal import Principal
from submarine.core.access.users import UserManager
from submarine.core.pages import Page
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.preconditions import IfMatch
from submarine.entrypoints.http.resources.access_views import UserView
from submarine.entrypoints.http.routing import Keeping, route

_BASE: Final = "/api/v1/users"
Limit = Annotated[int, Field(ge=1, le=500)]


class UserRequest(BaseModel, frozen=True, extra="forbid"):
    """A new account; without a password it is for tokens, or for who is known elsewhere."""

    name: str
    password: SecretStr | None = None
    email: str = ""
    display_name: str = ""
    admin: bool = False


class UserPatch(BaseModel, frozen=True, extra="forbid"):
    """What is to change; what is left out stays."""

    email: str | None = None
    display_name: str | None = None
    admin: bool | None = None
    disabled: bool | None = None


class PasswordRequest(BaseModel, frozen=True, extra="forbid"):
    """A new password; ``current`` is asked of who changes their own."""

    password: SecretStr
    current: SecretStr | None = None


class UsersController:
    """Translates between HTTP and `UserManager`."""

    def __init__(self, users: UserManager) -> None:
        self._users = users

    @route("GET", _BASE, tag="access")
    async def list_users(
        self, principal: Principal, *, limit: Limit = 50, cursor: str | None = None
    ) -> Page[UserView]:
        """List the users of your teams (an admin: all), newest first."""
        page = await self._users.list(principal, cursor=cursor, limit=limit)
        return Page([UserView.of(user) for user in page.items], page.cursor)

    # In memory: a fingerprint of the body in the records would be a quick hash of the password.
    @route("POST", _BASE, status=201, tag="access", location=_BASE + "/{name}", keeping=Keeping.MEMORY)
    async def create_user(self, principal: Principal, body: UserRequest, request_id: RequestId) -> UserView:
        """Make an account. For admins."""
        user = await self._users.create(
            principal,
            body.name,
            password=body.password.get_secret_value() if body.password else None,
            email=body.email,
            display_name=body.display_name,
            admin=body.admin,
            request=request_id,
        )
        return UserView.of(user)

    @route("GET", _BASE + "/{name}", tag="access")
    async def show_user(self, principal: Principal, name: str) -> UserView:
        """Show one user."""
        return UserView.of(await self._users.get(principal, name))

    @route("PATCH", _BASE + "/{name}", tag="access")
    async def update_user(
        self, principal: Principal, name: str, body: UserPatch, if_match: IfMatch, request_id: RequestId
    ) -> UserView:
        """Change an account; admin and disabled are for admins, the rest for its owner too."""
        changes = body.model_dump(exclude_unset=True)
        user = await self._users.update(
            principal, name, **changes, version=if_match.version, request=request_id
        )
        return UserView.of(user)

    @route("DELETE", _BASE + "/{name}", tag="access")
    async def delete_user(
        self, principal: Principal, name: str, if_match: IfMatch, request_id: RequestId
    ) -> None:
        """Delete an account with its tokens; what the user did stays. For admins."""
        await self._users.delete(principal, name, version=if_match.version, request=request_id)

    @route("PUT", _BASE + "/{name}/password", tag="access")
    async def set_password(
        self, principal: Principal, name: str, body: PasswordRequest, request_id: RequestId
    ) -> None:
        """Set a password, and end the user's other sessions."""
        await self._users.set_password(
            principal,
            name,
            body.password.get_secret_value(),
            current=body.current.get_secret_value() if body.current else None,
            request=request_id,
        )
