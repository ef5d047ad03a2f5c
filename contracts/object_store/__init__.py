"""What every object store promises: each sentence of the port, as a test that strangers run."""

from __future__ import annotations

from submarine.contracts.object_store.naming import Naming
from submarine.contracts.object_store.storing import Storing
from submarine.contracts.object_store.wholeness import Wholeness

__all__ = ["ObjectStoreContract"]


class ObjectStoreContract(Storing, Naming, Wholeness):
    """Subclass, set ``adapter`` and return ``options``; see `ObjectStoreKit` for what may be tuned.

    ::

        class TestSwiftObjectStore(ObjectStoreContract):
            adapter = "swift"
    """
