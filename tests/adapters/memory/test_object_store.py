"""The object store in memory keeps every promise but those of a store that is elsewhere, or large."""

from __future__ import annotations

from typing import ClassVar

from submarine.contracts.object_store import NEEDS_A_LINK, ObjectStoreContract


class TestMemoryObjectStore(ObjectStoreContract):
    adapter = "memory"
    waived: ClassVar[dict[str, str]] = {
        "test_objects_outlive_the_adapter": "memory forgets when it is closed",
        "test_a_full_store_says_so_and_keeps_what_it_has": "it has no room of its own that could be filled",
        **dict.fromkeys(NEEDS_A_LINK, "it lives in this process"),
    }
