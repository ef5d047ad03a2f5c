# Made from aio/administration.py by mirror.py: edit it there.
# fmt: off
# ruff: noqa: E501, I001, RUF100, SIM117, UP028
"""Clusters, projects, teams, users and tokens."""

from __future__ import annotations

from collections.abc import Iterator, Iterable
from typing import Any

from submarine.entrypoints.sdk.sync.namespace import Namespace
from submarine.entrypoints.sdk.documents import Document
from submarine.entrypoints.sdk.request import get, path_of, send
from submarine.entrypoints.sdk.values import Cluster, Member, Project, Team, Token, User


def _given(**members: Any) -> dict[str, Any]:
    return {k: v for k, v in members.items() if v is not None}


class Clusters(Namespace):
    """``client.clusters``: where experiments run."""

    def list(self) -> Iterator[Cluster]:
        """Yield the clusters."""
        return self._all("/clusters", Cluster)

    def get(self, name: str) -> Cluster:
        """Return one cluster."""
        return self._ask(get(path_of("clusters", name)), Cluster)

    def drain(self, name: str) -> Cluster:
        """Place nothing more there; what runs there goes on."""
        return self._ask(send("POST", path_of("clusters", name, "drain")), Cluster)

    def resume(self, name: str) -> Cluster:
        """Place there again."""
        return self._ask(send("POST", path_of("clusters", name, "resume")), Cluster)

    def adopt(self, name: str, *, force: bool = False) -> Cluster:
        """Let *name* stand for the cluster the server reaches by it; *force* loses what is on the other."""
        return self._ask(send("POST", path_of("clusters", name, "adopt"), {"force": force}), Cluster)

    def orphans(self, name: str) -> Iterator[Document]:
        """Yield what runs there under our name and is in no record."""
        return self._all(path_of("clusters", name, "orphans"), Document)


class Projects(Namespace):
    """``client.projects``; a *ref* is an id, a name, or ``team/name``."""

    def list(self) -> Iterator[Project]:
        """Yield the projects the caller may see."""
        return self._all("/projects", Project)

    def get(self, ref: str) -> Project:
        """Return one project."""
        return self._ask(get(path_of("projects", ref)), Project)

    def create(self, name: str, *, team: str | None = None, description: str | None = None) -> Project:
        """Make a project, in *team* if the caller is in several."""
        return self._ask(
            send("POST", "/projects", _given(name=name, team=team, description=description)), Project
        )

    def update(self, ref: str, *, description: str, etag: str | None = None) -> Project:
        """Change the description."""
        return self._ask(
            send("PATCH", path_of("projects", ref), {"description": description}, etag=etag), Project
        )

    def delete(self, ref: str) -> None:
        """Remove an empty project."""
        self._delete(path_of("projects", ref))


class Teams(Namespace):
    """``client.teams``."""

    def list(self) -> Iterator[Team]:
        """Yield the teams the caller may see."""
        return self._all("/teams", Team)

    def get(self, name: str) -> Team:
        """Return one team."""
        return self._ask(get(path_of("teams", name)), Team)

    def create(self, name: str, *, description: str | None = None) -> Team:
        """Make a team."""
        return self._ask(send("POST", "/teams", _given(name=name, description=description)), Team)

    def delete(self, name: str) -> None:
        """Remove an empty team."""
        self._delete(path_of("teams", name))

    def members(self, name: str) -> Iterator[Member]:
        """Yield who is in it, with roles."""
        return self._all(path_of("teams", name, "members"), Member)

    def set_member(self, name: str, user: str, role: str) -> None:
        """Give *user* the *role* viewer, member or maintainer."""
        self._transport.send(send("PUT", path_of("teams", name, "members", user), {"role": role}))

    def remove_member(self, name: str, user: str) -> None:
        """Take *user* out."""
        self._delete(path_of("teams", name, "members", user))


class Users(Namespace):
    """``client.users``."""

    def list(self) -> Iterator[User]:
        """Yield the users."""
        return self._all("/users", User)

    def get(self, name: str) -> User:
        """Return one user."""
        return self._ask(get(path_of("users", name)), User)

    def create(
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
        return self._ask(send("POST", "/users", members), User)

    def update(
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
        return self._ask(send("PATCH", path_of("users", name), members), User)

    def set_password(self, name: str, password: str, *, current: str | None = None) -> None:
        """Set a password; one's own needs the *current* one."""
        body = _given(password=password, current=current)
        self._transport.send(send("PUT", path_of("users", name, "password"), body))

    def delete(self, name: str) -> None:
        """Remove a user."""
        self._delete(path_of("users", name))


class Tokens(Namespace):
    """``client.tokens``."""

    def list(self) -> Iterator[Token]:
        """Yield the caller's tokens, without their secrets."""
        return self._all("/tokens", Token)

    def create(
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
        return self._ask(send("POST", "/tokens", body), Token)

    def delete(self, token_id: str) -> None:
        """Revoke a token."""
        self._delete(path_of("tokens", token_id))
