"""The numbered scripts that make the schema."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from submarine.adapters.sql.database import Dialect

_SECTIONS: Final = {"-- postgres": "postgres", "-- sqlite": "sqlite", "-- both": None}


@dataclass(frozen=True, slots=True)
class Script:
    """``0001_access.sql``; applied once, in the order of its number, and never changed after."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """What tells whether the text is still the one that was applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def bundled() -> Sequence[Script]:
    """Return the scripts of this version, in order."""
    folder = resources.files("submarine.adapters.sql") / "schema"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".sql"))
    scripts = [Script(int(e.name.partition("_")[0]), e.name, e.read_text("utf-8")) for e in found]
    return sorted(scripts, key=lambda script: script.number)


def section(text: str, dialect: Dialect) -> str:
    """Return the lines of *text* for *dialect*.

    A line ``-- postgres`` or ``-- sqlite`` begins a section for that engine, ``-- both`` ends it.
    """
    lines, current = [], None
    for line in text.splitlines(keepends=True):
        marker = line.strip()
        if marker in _SECTIONS:
            current = _SECTIONS[marker]
        elif current in {None, dialect}:
            lines.append(line)
    return "".join(lines)
