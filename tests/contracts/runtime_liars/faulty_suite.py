"""What a runtime promises about its link, held against the liar named ``lie``; an honest one without."""

from __future__ import annotations

import pytest
from typing_extensions import override

from submarine.contracts.runtime import Programs
from submarine.contracts.runtime.cuts import Cuts
from submarine.contracts.runtime.losses import Losses
from submarine.contracts.runtime.nonsense import Nonsense
from tests.contracts.runtime_liars.wired import LIARS, Wired
from tests.contracts.simulated_programs import SimulatedPrograms
from tests.contracts.wired.suite import Wiretapped


class Faults(Losses, Cuts, Nonsense):
    """All that needs a link."""


class Suite(Wiretapped, Faults):
    __test__ = False
    liars = LIARS
    honest = Wired
    unit = 0.1
    patience = 5.0

    @pytest.fixture
    @override
    def programs(self) -> Programs:
        return SimulatedPrograms()
