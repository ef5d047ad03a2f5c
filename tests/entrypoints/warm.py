"""Imports and finds all that a server needs, before the processes of the hatchery are forked."""

from __future__ import annotations

import gc
from importlib import import_module

from submarine.plugins.registry import discover

for _name in (
    "adapters.arrow.object_store",
    "adapters.local.runtime",
    "adapters.passwords.identity",
    "adapters.sql.postgres",
    "adapters.sql.records",
    "adapters.sql.sqlite",
    "entrypoints.cli.root",
    "entrypoints.cli.server",
    "entrypoints.serve",
):
    import_module(f"submarine.{_name}")
discover()
gc.collect()
gc.freeze()  # so that no collection of a child copies these pages
