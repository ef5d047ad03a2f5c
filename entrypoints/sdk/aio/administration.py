"""Clusters, projects, teams, users and tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

from submarine.entrypoints.sdk.aio.namespace import AsyncNamespace
from submarine.entrypoints.sdk.documents import Document
from submarine.entrypoints.sdk.request import get, path_of, send
from submarine.entrypoints.sdk.values import Cluster, Member, Project, Team, Token, User


def _given(**members: Any) -> dict[str, Any]:
    return {k: v for k, v in members.items() if v is not None}


class AsyncClusters(AsyncNamespace):
    """``client.clusters``: where experiments run."""

    def list(self) -> AsyncIterator[Cluster]:
        """Yield the clusters."""
        return self._all("/clusters", Cluster)

    async def get(self, name: str) -> Cluster:
        """Return one cluster."""
        return await self._ask(get(path_of("clusters", name)), Cluster)

    async def drain(self, name: str) -> Cluster:
        """Place nothing more there; what runs there goes on."""
        return await self._ask(send("POST", path_of("clusters", name, "drain")), Cluster)

    async def resume(self, name: str) -> Cluster:
        """Place there again."""
        return await self._ask(send("POST", path_of("clusters", name, "resume")), Cluster)

    async def adopt(self, name: str, *, force: bool = False) -> Cluster:
        """Let *name* stand for the cluster the server reaches by it; *force* loses what is on the other."""
        return await self._ask(send("POST", path_of("clusters", name, "adopt"), {"force": force}), Cluster)

    def orphans(self, name: str) -> AsyncIterator[Document]:
        """Yield what runs there under our name and is in no record."""
        return self._all(path_of("clusters", name, "orphans"), Document)


class AsyncProjects(AsyncNamespace):
    """``client.projects``; a *ref* is an id, a name, or ``team/name``."""

    def list(self) -> AsyncIterator[Project]:
        """Yield the projects the caller may see."""
        return self._all("/projects", Project)

    async def get(self, ref: str) -> Project:
        """Return one project."""
        return await self._ask(get(path_of("projects", ref)), Project)

    async def create(self, name: str, *, team: str | None = None, description: str | None = None) -> Project:
        """Make a project, in *team* if the caller is in several."""
        return await self._ask(
            send("POST", "/projects", _given(name=name, team=team, description=description)), Project
        )

    async def update(self, ref: str, *, description: str, etag: str | None = None) -> Project:
        """Change the description."""
        return await self._ask(
            send("PATCH", path_of("projects", ref), {"description": description}, etag=etag), Project
        )

    async def delete(self, ref: str) -> None:
        """Remove an empty project."""
        await self._delete(path_of("projects", ref))


class AsyncTeams(AsyncNamespace):
    """``client.teams``."""

    def list(self) -> AsyncIterator[Team]:
        """Yield the teams the caller may see."""
        return self._all("/teams", Team)

    async def get(self, name: str) -> Team:
        """Return one team."""
        return await self._ask(get(path_of("teams", name)), Team)

    async def create(self, name: str, *, description: str | None = None) -> Team:
        """Make a team."""
        return await self._ask(send("POST", "/teams", _given(name=name, description=description)), Team)

    async def delete(self, name: str) -> None:
        """Remove an empty team."""
        await self._delete(path_of("teams", name))

    def members(self, name: str) -> AsyncIterator[Member]:
        """Yield who is in it, with roles."""
        return self._all(path_of("teams", name, "members"), Member)

    async def set_member(self, name: str, user: str, role: str) -> None:
        """Give *user* the *role* viewer, member or maintainer."""
        await self._transport.send(send("PUT", path_of("teams", name, "members", user), {"role": role}))

    async def remove_member(self, name: str, user: str) -> None:
        """Take *user* out."""
        await self._delete(path_of("teams", name, "members", user))


class AsyncUsers(AsyncNamespace):
    """``client.users``."""

    def list(self) -> AsyncIterator[User]:
        """Yield the users."""
        return self._all("/users", User)

    async def get(self, name: str) -> User:
        """Return one user."""
        return await self._ask(get(path_of("users", name)), User)

    async def create(
        self,
        name: str,
        *,
        password: str | None = None,
        email: str | None = None,
        display_name: str | None = None,
        admin: bool | None = None,
    ) -> User:
        """Make a user; without *password* only tokens let them in."""
        members = _given(name=name, password=password, email=email, display_name=display_name, admin=admin)
        return await self._ask(send("POST", "/users", members), User)

    async def update(
        self,
        name: str,
        *,
        email: str | None = None,
        display_name: str | None = None,
        admin: bool | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given."""
        members = _given(email=email, display_name=display_name, admin=admin, disabled=disabled)
        return await self._ask(send("PATCH", path_of("users", name), members), User)

    async def set_password(self, name: str, password: str, *, current: str | None = None) -> None:
        """Set a password; one's own needs the *current* one."""
        body = _given(password=password, current=current)
        await self._transport.send(send("PUT", path_of("users", name, "password"), body))

    async def delete(self, name: str) -> None:
        """Remove a user."""
        await self._delete(path_of("users", name))


class AsyncTokens(AsyncNamespace):
    """``client.tokens``."""

    def list(self) -> AsyncIterator[Token]:
        """Yield the caller's tokens, without their secrets."""
        return self._all("/tokens", Token)

    async def create(
        self,
        name: str,
        *,
        expires_in: str | None = None,
        scopes: Iterable[str] | None = None,
        project: str | None = None,
    ) -> Token:
        """Make a token; its ``token`` is told this once."""
        wanted = None if scopes is None else [*scopes]
        body = _given(name=name, expires_in=expires_in, scopes=wanted, project=project)
        return await self._ask(send("POST", "/tokens", body), Token)

    async def delete(self, token_id: str) -> None:
        """Revoke a token."""
        await self._delete(path_of("tokens", token_id))
