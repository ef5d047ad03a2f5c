"""What a plugin is and what it brings, as an operator reads it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from submarine.plugins.adapter import Adapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A module or object that answers hooks; ``package`` and ``version`` say who ships it."""

    name: str
    package: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """One thing on offer: ``kind`` is a port's name, ``policy`` or ``framework``."""

    kind: str
    name: str
    summary: str
    plugin: Plugin
    item: Any

    @classmethod
    def of(cls, kind: str, item: Any, plugin: Plugin) -> Descriptor:
        """Describe *item*, which has a name; its summary is its own or its docstring's first line."""
        summary = item.summary if isinstance(item, Adapter) else _first_line(item)
        return cls(kind=kind, name=item.name, summary=summary, plugin=plugin, item=item)


def _first_line(item: Any) -> str:
    return (inspect.getdoc(item) or "").partition("\n")[0].replace("`", "")
