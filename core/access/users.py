"""Accounts: made by admins, kept up by their owners."""

from __future__ import annotations

from dataclasses import replace

from submarine.core.access import names, policy
from submarine.core.access.ledger import Ledger, deed
from submarine.core.access.passwords import Passwords
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.store import AccessStore
from submarine.core.access.user import User
from submarine.core.access.versions import check_version, written
from submarine.core.clock import Clock
from submarine.core.errors import ConflictError, NotFoundError
from submarine.core.ids import new_id
from submarine.core.pages import Page


class UserManager:
    """Users, as users and admins see them."""

    def __init__(self, ledger: Ledger, passwords: Passwords, clock: Clock) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._clock = clock

    async def create(
        self,
        principal: Principal,
        name: str,
        *,
        password: str | None = None,
        email: str = "",
        display_name: str = "",
        admin: bool = False,
        request: str = "",
    ) -> User:
        """Make an account; raise `ConflictError` if the name is taken. For admins."""
        user = User(
            id=new_id(),
            name=names.user_name("name", name),
            email=names.text("email", email, 320),
            display_name=names.text("display_name", display_name, 200),
            admin=admin,
            created=self._clock(),
        )
        act = deed(principal, "user.create", name, request)
        act.data["admin"] = admin
        verifier = None
        if password is not None and principal.admin:  # a stranger's password costs no work of ours
            verifier = await self._passwords.enrol(name, password)
        async with self._ledger.change(act) as store:
            policy.require_admin(principal)
            if not await store.add_user(user):
                raise ConflictError(f"there is a user {name!r} already")
            if verifier is not None:
                await store.set_verifier(name, verifier)
        return user

    async def get(self, principal: Principal, name: str) -> User:
        """Return the user, if the caller is them, an admin or in a team with them."""
        async with self._ledger.read() as store:
            return await _seen(store, principal, name)

    async def list(self, principal: Principal, *, cursor: str | None = None, limit: int = 50) -> Page[User]:
        """Return the users whom the caller may see, newest first."""
        policy.require_person(principal)
        teams = None if principal.admin else list(principal.roles)
        async with self._ledger.read() as store:
            before = names.cursor(cursor)
            found = await store.users(teams=teams, name=principal.name, before=before, limit=limit + 1)
        return Page.cut(found, limit, lambda user: user.id)

    async def update(
        self,
        principal: Principal,
        name: str,
        *,
        email: str | None = None,
        display_name: str | None = None,
        admin: bool | None = None,
        disabled: bool | None = None,
        version: int | None = None,
        request: str = "",
    ) -> User:
        """Change what is given; email and display name are the user's own, the rest is for admins.

        Raise `ConflictError` rather than leave the site without an admin.
        """
        act = deed(principal, "user.update", name, request)
        async with self._ledger.change(act) as store:
            user = await _seen(store, principal, name)
            policy.require_scope(principal, Scope.WRITE)
            policy.require_unlimited(principal)
            if name != principal.name or admin is not None or disabled is not None:
                policy.require_admin(principal)
            check_version(user, name, version)
            changed = replace(
                user,
                email=user.email if email is None else names.text("email", email, 320),
                display_name=user.display_name
                if display_name is None
                else names.text("display_name", display_name, 200),
                admin=user.admin if admin is None else admin,
                disabled=user.disabled if disabled is None else disabled,
                version=user.version + 1,
            )
            if user.admin and not user.disabled and (changed.disabled or not changed.admin):
                await _keep_an_admin(store, name)
            act.data.update(_differences(user, changed))
            written(await store.save_user(changed), name)
        return changed

    async def delete(
        self, principal: Principal, name: str, *, version: int | None = None, request: str = ""
    ) -> None:
        """Delete the account with its tokens and memberships; what the user did stays. For admins.

        Raise `ConflictError` for the last admin, and for the last maintainer of a team.
        """
        async with self._ledger.change(deed(principal, "user.delete", name, request)) as store:
            user = await _seen(store, principal, name)
            policy.require_admin(principal)
            check_version(user, name, version)
            if user.admin and not user.disabled:
                await _keep_an_admin(store, name)
            for member in await store.memberships(name):
                if member.role is Role.MAINTAINER and not await store.other_maintainers(member.team, name):
                    raise ConflictError(f"{name!r} is the last maintainer of team {member.team!r}")
            await store.delete_user(name)

    async def set_password(
        self,
        principal: Principal,
        name: str,
        password: str,
        *,
        current: str | None = None,
        request: str = "",
    ) -> None:
        """Set a password and end the user's other sessions.

        One's own takes the *current* one, if there is one; an admin may set another's without.
        """
        async with self._ledger.read() as store:
            await _seen(store, principal, name)
            verifier = await store.verifier(name)
        own = name == principal.name
        act = deed(principal, "user.password", name, request)
        if own and verifier is not None:
            await self._passwords.prove(name, current, verifier, act)
        may_act = own or principal.admin
        fresh = await self._passwords.enrol(name, password) if may_act else ""
        async with self._ledger.change(act) as store:
            policy.require_person(principal)
            policy.require_unlimited(principal)
            policy.require_scope(principal, Scope.WRITE)
            if not own:
                policy.require_admin(principal)
            await store.set_verifier(name, fresh)
            await store.end_sessions(name, self._clock(), but=principal.token)


async def _seen(store: AccessStore, principal: Principal, name: str) -> User:
    policy.require_person(principal)
    user = await store.user(name)
    if user is not None and not principal.admin and name != principal.name:
        teams = {member.team for member in await store.memberships(name)}
        if teams.isdisjoint(principal.roles):
            user = None
    if user is None:
        raise NotFoundError(f"no user {name[:200]!r}")
    return user


async def _keep_an_admin(store: AccessStore, name: str) -> None:
    if not await store.other_admins(name):
        raise ConflictError(f"{name!r} is the last admin of the site")


def _differences(before: User, after: User) -> dict[str, object]:
    fields = "email", "display_name", "admin", "disabled"
    return {f: getattr(after, f) for f in fields if getattr(after, f) != getattr(before, f)}
