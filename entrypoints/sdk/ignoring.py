"""Which files of a folder are not sent: what git ignores, and what never belongs to code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILES: Final = (".gitignore", ".submarineignore")
"""Read in each folder; where both speak, the second wins."""

NEVER: Final = frozenset({".git", ".hg", ".svn", "__pycache__"})
_ENVIRONMENT_MARKS: Final = ("pyvenv.cfg", "conda-meta")


@dataclass(frozen=True, slots=True)
class Ignoring:
    """The rules in force in one folder: its own, then those of the folders above it."""

    rules: tuple[tuple[Path, GitIgnoreSpec], ...] = ()

    @classmethod
    def above(cls, folder: Path) -> Self:
        """Return the rules that the repository around *folder* sets for it."""
        parents: list[Path] = []
        for parent in folder.parents:
            parents.append(parent)
            if (parent / ".git").exists():
                break
        else:
            return cls()
        if (folder / ".git").exists():
            return cls()
        rules = cls()
        for parent in reversed(parents):
            rules = rules.inside(parent)
        return rules

    def inside(self, folder: Path) -> Self:
        """Return these rules with those written in *folder* before them."""
        from pathspec import GitIgnoreSpec

        lines = [line for name in FILES for line in _lines(folder / name)]
        if not lines:
            return self
        return type(self)(((folder, GitIgnoreSpec.from_lines(lines)), *self.rules))

    def refuses(self, path: Path, *, folder: bool) -> bool:
        """Return whether *path* stays behind; the rule nearest to it decides, as in git."""
        if path.name in NEVER or (folder and any((path / mark).exists() for mark in _ENVIRONMENT_MARKS)):
            return True
        for base, rules in self.rules:
            relative = path.relative_to(base).as_posix() + ("/" if folder else "")
            if (verdict := rules.check_file(relative).include) is not None:
                return verdict
        return False


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return []
