"""What every runtime promises: each sentence of the port, as a test that strangers run."""

from __future__ import annotations

from submarine.contracts.runtime.abilities import Pausing, Reaching, Reading
from submarine.contracts.runtime.ending import Ending
from submarine.contracts.runtime.observing import Observing
from submarine.contracts.runtime.outages import Outages
from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.submitting import Submitting

__all__ = ["Programs", "RuntimeContract"]


class RuntimeContract(Submitting, Observing, Ending, Reading, Reaching, Pausing, Outages):
    """Subclass, set ``adapter`` and return ``options``; see `RuntimeKit` for what may be tuned.

    ::

        class TestSlurm(RuntimeContract):
            adapter = "slurm"
    """
