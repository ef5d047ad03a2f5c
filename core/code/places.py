"""Where the members of an archive would come to lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from submarine.core.code.refusal import refuse

LONGEST: Final = 4096
"""Characters of a name: Linux's PATH_MAX."""


class Places:
    """Knows which links there are, in a few bytes for each, however long their names."""

    def __init__(self) -> None:
        self._links: set[int] = set()

    def check(self, name: str) -> None:
        """Raise `InvalidError` if *name* is, or could become, a place outside of the folder."""
        shown = name[:100]
        if len(name) > LONGEST:
            raise refuse(f"{shown!r} goes on for {len(name)} characters, more than {LONGEST}")
        if climbs(name):
            raise refuse(f"{shown!r} leads out of the folder")
        if ".." in name.split("/"):  # before it is resolved, a link may have changed what it means
            raise refuse(f"{shown!r} goes up again")

    def check_way(self, name: str, *, is_link: bool) -> None:
        """Raise `InvalidError` if *name* would be written through a link, or in the place of one."""
        steps = list(_steps(name))
        if not self._links.isdisjoint(steps[:-1] if is_link else steps):
            raise refuse(f"{name[:100]!r} leads through a link")

    def check_target(self, name: str, link: str) -> None:
        """Raise `InvalidError` if the symbolic link *name* leads to a place outside of the folder."""
        target = link if link.startswith("/") else "/".join([*name.split("/")[:-1], link])
        if len(link) > LONGEST or climbs(target):
            raise refuse(f"the link {name[:100]!r} leads out of the folder")

    def add_link(self, name: str) -> None:
        """Note that there is a symbolic link *name*."""
        *_, itself = 0, *_steps(name)
        self._links.add(itself)


def climbs(path: str) -> bool:
    """Tell whether *path* is absolute, or climbs above where it starts."""
    if path.startswith("/") or "\0" in path:
        return True
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            return True
    return False


def _steps(path: str) -> Iterator[int]:
    """Yield a number for each folder on the way and for *path* itself: equal for equal places."""
    at = 0
    for part in path.split("/"):
        if part not in {"", "."}:
            at = hash((at, part))
            yield at
