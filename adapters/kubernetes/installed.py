"""Which operators a cluster has, as its API groups tell."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.forms.form import Installed
from submarine.core.errors import UnavailableError

_FOR_S: Final = 60.0


class Version(msgspec.Struct, frozen=True, rename="camel"):
    """One version of a group."""

    group_version: str


class Group(msgspec.Struct, frozen=True):
    """An API group."""

    name: str
    versions: list[Version] = []


class GroupList(msgspec.Struct, frozen=True):
    """All API groups."""

    groups: list[Group] = []


class Groups:
    """Asks for the API groups now and then."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._found: Installed = frozenset()
        self._asked = float("-inf")

    @property
    def last(self) -> Installed | None:
        """Return what was found last, None before the cluster was ever asked."""
        return self._found if self._asked > float("-inf") else None

    async def found(self) -> Installed:
        """Return the group versions, such as ``jobset.x-k8s.io/v1alpha2``."""
        at = asyncio.get_running_loop().time()
        if at - self._asked > _FOR_S:
            try:
                groups = msgspec.json.decode(await self._api.ask("/apis"), type=GroupList).groups
            except msgspec.MsgspecError as error:
                raise UnavailableError(f"the cluster does not say what it has: {error}") from error
            self._found = frozenset(v.group_version for group in groups for v in group.versions)
            self._asked = at
        return self._found
