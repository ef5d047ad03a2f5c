"""Tables of a server's settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

LOCAL: Final = """
[[clusters]]
name = "local"
use = "local"
cpu = 400
memory = "400Gi"
"""
"""This machine as a cluster beside the one that is tested, with room for all."""


def table(head: str, said: Mapping[str, Any]) -> str:
    """Return the table *head* with what is *said* in it."""
    return "\n".join([head, *(f"{key} = {_toml(value)}" for key, value in said.items()), ""])


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
