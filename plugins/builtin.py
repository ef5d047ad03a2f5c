"""The plugins that come with Submarine, by module."""

from __future__ import annotations

from typing import Final

BUILTIN: Final = (
    "submarine.adapters.arrow.plugin",
    "submarine.adapters.frameworks.plugin",
    "submarine.adapters.hdfs.plugin",
    "submarine.adapters.kubernetes.plugin",
    "submarine.adapters.local.plugin",
    "submarine.adapters.memory.plugin",
    "submarine.adapters.passwords.plugin",
    "submarine.adapters.policies.plugin",
    "submarine.adapters.sql.plugin",
    "submarine.adapters.yarn.plugin",
)
