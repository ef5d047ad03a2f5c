"""What every identity promises: each sentence of the port, as a test that strangers run."""

from __future__ import annotations

from typing import Final

from submarine.contracts.identity.kit import PASSWORD, Known
from submarine.contracts.identity.outages import Outages
from submarine.contracts.identity.verifying import Verifying
from submarine.contracts.kit import promises

__all__ = ["NEEDS_A_LINK", "PASSWORD", "IdentityContract", "Known"]

NEEDS_A_LINK: Final = tuple(promises(Outages))
"""Promises to waive together where there is no way to a directory that could break."""


class IdentityContract(Verifying, Outages):
    """Subclass, set ``adapter``, return ``options``, and ``known`` where we cannot enrol anybody.

    ::

        class TestLdapIdentity(IdentityContract):
            adapter = "ldap"
    """
