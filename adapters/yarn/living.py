"""Which applications live, of whomever: in few questions, however many users there are.

Where the server may see everybody's applications (yarn.admin.acl), one question tells them all. Where it may
not, YARN leaves out what is others', or says little of it; then those are asked for as their owners, who
have an attempt that lives and was not told of, a few in a round. What was told of the others before counts
meanwhile: an application may be taken for alive a little longer, and never for over too early.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App

Named = tuple[str, str]
"""Name and owner of an application: somebody else's of the same name is another."""

_IN_A_ROUND: Final = 16
"""How many users are asked for in a round."""
_IDLE_S: Final = 5.0
"""Seconds between questions for users of whom nothing lives, one at a time, who may have orphans."""


class Living:
    """The applications that live, round by round."""

    def __init__(self, config: YarnConfig, manager: Manager) -> None:
        self._manager = manager
        self._me = config.owner
        self._personal = config.personal
        self._known: dict[str, Sequence[App]] = {}
        self._asked: dict[str, float] = {}
        self._idle = 0.0

    async def look(
        self, attempts: Iterable[Attempt], owners: Collection[str]
    ) -> Mapping[Named, Sequence[App]]:
        """Return those of *owners*, as far as they are told, and surely of those whose *attempts* live."""
        live = [each for each in attempts if each.closing is None]
        if not self._personal:
            rows = [app for user in {self._me, *(a.owner for a in live)} for app in await self._of(user)]
            return _by_name(rows)
        told = _by_name(await self._manager.living_of_all())
        tellers = {user for _, user in told}
        unseen = {a.owner for a in live if a.ours and (a.handle, a.owner) not in told}
        asked = self._turn(unseen, set(owners) - unseen - tellers - {self._me})
        for user, apps in zip(asked, await asyncio.gather(*map(self._of, asked)), strict=True):
            self._known[user] = apps
        self._known = {u: apps for u, apps in self._known.items() if u in unseen or u not in tellers}
        others = _by_name([app for apps in self._known.values() for app in apps])
        return {**others, **told}

    def forget(self, name: str) -> None:
        """Take no application called *name* for alive before it is told of again."""
        for user, apps in self._known.items():
            self._known[user] = [app for app in apps if app.name != name]

    def _turn(self, unseen: Collection[str], idle: Collection[str]) -> Sequence[str]:
        """Return who is asked for now: who never was, who waits longest, and now and then who has nothing."""
        at = asyncio.get_running_loop().time()
        waiting = sorted(unseen, key=lambda user: self._asked.get(user, 0.0))
        asked = [user for i, user in enumerate(waiting) if i < _IN_A_ROUND or user not in self._known]
        if idle and at - self._idle > _IDLE_S:
            self._idle = at
            asked.append(min(idle, key=lambda user: self._asked.get(user, 0.0)))
        self._asked.update(dict.fromkeys(asked, at))
        return asked

    async def _of(self, user: str) -> Sequence[App]:
        try:
            return await self._manager.living(user)
        except RefusedError:
            if user == self._me:
                raise
            return ()  # which its attempts will say when they are asked for by name


def _by_name(apps: Iterable[App]) -> dict[Named, list[App]]:
    found: dict[Named, list[App]] = defaultdict(list)
    for app in apps:
        found[app.name, app.user].append(app)
    return dict(found)
