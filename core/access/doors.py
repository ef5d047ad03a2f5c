"""Which project a caller means, and which they may see; asked by every other manager, often."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from submarine.core.access import policy
from submarine.core.access.expiring import Expiring
from submarine.core.access.ledger import Ledger
from submarine.core.access.names import is_id
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.project import Project
from submarine.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError

DEFAULT: Final = "default"
_LIFETIME: Final = 5.0
_REMEMBERED: Final = 10_000
_ALL: Final = 100_000
_SHOWN: Final = 10


class Doors:
    """Finds projects for callers; remembers them for some seconds, and forgets with each change here."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._by_id: Expiring[str, Project | None] = Expiring(_LIFETIME, _REMEMBERED)
        self._by_name: Expiring[str, Sequence[Project]] = Expiring(_LIFETIME, _REMEMBERED)
        self._by_teams: Expiring[frozenset[str], Sequence[Project]] = Expiring(_LIFETIME, 1000)
        for cache in (self._by_id, self._by_name, self._by_teams):
            ledger.on_change(cache.clear)

    def require(self, principal: Principal, project: policy.Place, role: Role, scope: Scope) -> None:
        """Raise unless the caller has *role* in the project's team, and a token of *scope*."""
        policy.require(principal, project, role, scope)

    async def project(self, id: str) -> Project:  # noqa: A002 - it is one
        """Return the project with that id, whoever asks; raise `NotFoundError` if there is none."""
        found = await self._by_id.get(id, lambda: self._ask_id(id))
        if found is None:
            raise NotFoundError(f"no project {id!r}")
        return found

    async def visible(self, principal: Principal) -> Collection[str] | None:
        """Return the ids of the projects the caller may read, None for all there are."""
        if principal.job is not None or principal.project is not None:
            return () if principal.project is None else (principal.project,)
        if principal.admin:
            return None
        return [project.id for project in await self._of_teams(principal.roles)]

    async def resolve(self, principal: Principal, ref: str | None) -> Project:
        """Return the project that *ref* means to the caller: its id, ``name`` or ``team/name``.

        None means the one the token is limited to; else the only one in the caller's teams; else the one
        called ``default`` there. Raise `NotFoundError` for what the caller may not see, `ConflictError`
        for a name that fits in several teams, `InvalidError` if None leaves the choice open.
        """
        if ref is None:
            return await self._only(principal)
        fitting = [p for p in await self._candidates(ref) if policy.sees(principal, p)]
        if not fitting:
            raise NotFoundError(f"no project {ref[:200]!r}{await self._offered(principal)}")
        if len(fitting) > 1:
            refs = " or ".join(project.ref for project in fitting[:_SHOWN])
            raise ConflictError(f"several teams have a project {ref!r}: say {refs}")
        return fitting[0]

    async def resolve_for_work(self, principal: Principal, ref: str | None) -> Project:
        """Return the project as `resolve` does, if the caller may run work there."""
        project = await self.resolve(principal, ref)
        policy.require(principal, project, Role.MEMBER, Scope.WRITE)
        return project

    async def _only(self, principal: Principal) -> Project:
        if principal.job is not None or principal.project is not None:
            if principal.project is None:
                raise ForbiddenError("this token belongs to no project")
            return await self.project(principal.project)
        own = await self._of_teams(principal.roles)
        if len(own) == 1:
            return own[0]
        named = [project for project in own if project.name == DEFAULT]
        if len(named) == 1:
            return named[0]
        if home := [project for project in named if project.team == DEFAULT]:
            return home[0]
        if not own:
            raise NotFoundError("there is no project in your teams yet; ask a maintainer or an admin for one")
        raise InvalidError.of("project", "is missing, and you have several", f"one of {_refs(own)}")

    async def _candidates(self, ref: str) -> Sequence[Project]:
        team, slash, name = ref.rpartition("/")
        if is_id(ref) and (found := await self._by_id.get(ref, lambda: self._ask_id(ref))) is not None:
            return [found]
        called = await self._by_name.get(name, lambda: self._ask_name(name))
        return [project for project in called if project.team == team] if slash else called

    async def _offered(self, principal: Principal) -> str:
        own = await self._of_teams(principal.roles)
        own = [project for project in own if policy.sees(principal, project)]
        return f"; yours are {_refs(own)}" if own else ""

    async def _of_teams(self, teams: Collection[str]) -> Sequence[Project]:
        key = frozenset(teams)
        return await self._by_teams.get(key, lambda: self._ask_teams(key)) if key else ()

    async def _ask_id(self, id: str) -> Project | None:  # noqa: A002
        async with self._ledger.read() as store:
            return await store.project(id)

    async def _ask_name(self, name: str) -> Sequence[Project]:
        async with self._ledger.read() as store:
            return await store.projects_named(name)

    async def _ask_teams(self, teams: Collection[str]) -> Sequence[Project]:
        async with self._ledger.read() as store:
            return await store.projects(teams=sorted(teams), before=None, limit=_ALL)


def _refs(projects: Sequence[Project]) -> str:
    shown = ", ".join(project.ref for project in projects[:_SHOWN])
    return shown if len(projects) <= _SHOWN else f"{shown} and {len(projects) - _SHOWN} more"
