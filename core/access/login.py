"""From a name and a password to a token, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from submarine.core.access import names, policy
from submarine.core.access.ledger import Deed, Ledger, deed
from submarine.core.access.passwords import Passwords
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.store import AccessStore
from submarine.core.access.token import Token, TokenKind
from submarine.core.access.token_text import Secret
from submarine.core.access.user import User
from submarine.core.clock import Clock
from submarine.core.errors import NotFoundError, UnauthenticatedError
from submarine.core.ids import new_id
from submarine.core.ports.identity import Subject

SESSION: Final = 12 * 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class Session:
    """What a login gives; ``text`` is the token in clear."""

    text: str
    token: Token
    user: User


@dataclass(frozen=True, slots=True)
class Self:
    """Who the caller is."""

    user: User
    roles: dict[str, Role]
    token: Token | None


class Login:
    """Logs users in and out."""

    def __init__(self, ledger: Ledger, passwords: Passwords, clock: Clock, session: int = SESSION) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._clock = clock
        self._session = session

    async def login(self, name: str, password: str, *, address: str = "", request: str = "") -> Session:
        """Return a session of the user, good for twelve hours.

        Raise `UnauthenticatedError`, the same for a wrong name as for a wrong password, `BusyError` after
        too many of those. Somebody whom another directory vouches for gets an account by the way.
        """
        shown, verifier = "(not a name)", None
        if names.is_user_name(name):  # else nobody of ours, and nothing to write down
            shown = name
            async with self._ledger.read() as store:
                verifier = await store.verifier(name)
        act = Deed(actor=shown, action="user.login", target=shown, request=request)
        act.data["address"] = address
        subject = await self._passwords.verify(name, password, verifier, act, address)
        act.actor = act.target = subject.name
        async with self._ledger.change(act, forget=False) as store:
            user = await self._account(store, subject)
            secret, token = self._token(user)
            await store.add_token(token, secret.digest)
        return Session(secret.text, token, user)

    async def logout(self, principal: Principal, *, request: str = "") -> None:
        """Revoke the token that the caller shows."""
        policy.require_person(principal)
        async with self._ledger.change(deed(principal, "user.logout", principal.name, request)) as store:
            await store.revoke_token(principal.token, self._clock())

    async def me(self, principal: Principal) -> Self:
        """Return who the caller is; a job is nobody's account, and in no team."""
        if principal.job is not None:
            return Self(User(id=principal.job, name=principal.name, created=0), {}, None)
        async with self._ledger.read() as store:
            user = await store.user(principal.name)
            if user is None:
                raise NotFoundError(f"no user {principal.name!r}")
            token = await store.token(principal.token)
        return Self(user, dict(principal.roles), token)

    async def _account(self, store: AccessStore, subject: Subject) -> User:
        user = await store.user(subject.name)
        if user is None:
            user = User(
                id=new_id(),
                name=names.user_name("username", subject.name),
                email=subject.email,
                display_name=subject.display_name,
                created=self._clock(),
            )
            if not await store.add_user(user):  # at this moment, by another login
                user = await store.user(subject.name) or user
        if user.disabled:
            raise UnauthenticatedError(f"the account of {user.name!r} is disabled")
        return user

    def _token(self, user: User) -> tuple[Secret, Token]:
        secret, now = Secret.new(), self._clock()
        token = Token(
            id=secret.id,
            user=user.name,
            name="login",
            kind=TokenKind.SESSION,
            scope=Scope.ADMIN if user.admin else Scope.WRITE,
            created=now,
            expires=now + self._session,
        )
        return secret, token
