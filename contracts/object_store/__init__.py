"""What every object store promises: each sentence of the port, as a test that strangers run."""

from __future__ import annotations

from typing import Final

from submarine.contracts.kit import promises
from submarine.contracts.object_store.losses import Losses
from submarine.contracts.object_store.naming import Naming
from submarine.contracts.object_store.nonsense import Nonsense
from submarine.contracts.object_store.storing import Storing
from submarine.contracts.object_store.survival import Survival
from submarine.contracts.object_store.wholeness import Wholeness

__all__ = ["NEEDS_A_LINK", "ObjectStoreContract"]

NEEDS_A_LINK: Final = tuple(promises(Losses, Nonsense))
"""Promises to waive together where there is no way to the backend that could break."""


class ObjectStoreContract(Storing, Naming, Wholeness, Losses, Nonsense, Survival):
    """Subclass, set ``adapter`` and return ``options``; see `ObjectStoreKit` for what may be tuned.

    ::

        class TestSwiftObjectStore(ObjectStoreContract):
            adapter = "swift"
    """
