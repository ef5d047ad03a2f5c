"""Looks at what a plugin yields before anybody relies on it."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import BaseModel

from submarine.core.ports.port import Port
from submarine.plugins.adapter import Adapter

NAME: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def fault_of_adapter(item: Any) -> str | None:
    """Return in words why *item* is no adapter, or None."""
    if not isinstance(item, Adapter):
        return f"yields {_article(item)}, not an Adapter"
    return _fault_of_fields(item)


def _fault_of_fields(item: Any) -> str | None:  # Any: a stranger's constructor call was not type-checked
    if not isinstance(item.port, Port):
        return f"adapter {item.name!r}: port is {_article(item.port)}, not a Port"
    if not (isinstance(item.config, type) and issubclass(item.config, BaseModel)):
        return f"adapter {item.name!r}: config is no pydantic model class"
    if not callable(item.open):
        return f"adapter {item.name!r}: open cannot be called"
    if not isinstance(item.summary, str):
        return f"adapter {item.name!r}: summary is {_article(item.summary)}, not a string"
    return _fault_of_name("adapter", item.name)


def fault_of_policy(item: Any) -> str | None:
    """Return in words why *item* is no placement policy, or None."""
    return _fault_of_object("policy", item, "rank")


def fault_of_framework(item: Any) -> str | None:
    """Return in words why *item* is no framework, or None."""
    return _fault_of_object("framework", item, "variables")


def _fault_of_object(kind: str, item: Any, method: str) -> str | None:
    if isinstance(item, type):
        return f"yields the class {item.__name__}, not a {kind} made from it"
    if not callable(getattr(item, method, None)):
        return f"yields {_article(item)} without a method {method}, not a {kind}"
    return _fault_of_name(kind, getattr(item, "name", None))


def _fault_of_name(kind: str, name: object) -> str | None:
    if isinstance(name, str) and NAME.fullmatch(name):
        return None
    return f"{kind} has the name {name!r}; a name is lower-case letters and digits joined by - or _"


def _article(item: object) -> str:
    return f"an object of type {type(item).__name__}"
