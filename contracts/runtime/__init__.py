"""What every runtime promises: each sentence of the port, as a test that strangers run."""

from __future__ import annotations

from typing import Final

from submarine.contracts.kit import promises
from submarine.contracts.runtime.abilities import Pausing, Reaching, Reading
from submarine.contracts.runtime.clocks import Clocks
from submarine.contracts.runtime.cuts import Cuts
from submarine.contracts.runtime.deaths import Deaths
from submarine.contracts.runtime.ending import Ending
from submarine.contracts.runtime.identifying import Identifying
from submarine.contracts.runtime.losses import Losses
from submarine.contracts.runtime.nonsense import Nonsense
from submarine.contracts.runtime.observing import Observing
from submarine.contracts.runtime.outages import Outages
from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.remarking import Commenting
from submarine.contracts.runtime.scaling import Scaling
from submarine.contracts.runtime.submitting import Submitting

__all__ = ["NEEDS_A_LINK", "NEEDS_VICTIMS", "Programs", "RuntimeContract"]

NEEDS_A_LINK: Final = tuple(promises(Outages, Losses, Cuts, Nonsense))
"""Promises to waive together where there is no way to the backend that could break."""

NEEDS_VICTIMS: Final = tuple(promises(Deaths))
"""Promises to waive together where nothing runs that the kit could kill."""


class RuntimeContract(
    Submitting,
    Observing,
    Ending,
    Reading,
    Reaching,
    Pausing,
    Identifying,
    Commenting,
    Scaling,
    Outages,
    Losses,
    Cuts,
    Nonsense,
    Clocks,
    Deaths,
):
    """Subclass, set ``adapter`` and return ``options``; see `RuntimeKit` for what may be tuned.

    ::

        class TestSlurm(RuntimeContract):
            adapter = "slurm"
    """
