"""The object store in memory keeps every promise but one."""

from __future__ import annotations

from submarine.contracts.object_store import ObjectStoreContract


class TestMemoryObjectStore(ObjectStoreContract):
    adapter = "memory"
    waived = {"test_objects_outlive_the_adapter": "memory forgets when it is closed"}  # noqa: RUF012
