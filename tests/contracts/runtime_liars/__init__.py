"""Runtimes that break one promise each, named by the promise."""

from __future__ import annotations

from tests.contracts.runtime_liars import (
    abilities,
    clocks,
    ending,
    identifying,
    observing,
    remarking,
    scaling,
    submitting,
)
from tests.contracts.runtime_liars.liar import Liar

LIARS: dict[str, type[Liar]] = {
    **submitting.LIARS,
    **observing.LIARS,
    **ending.LIARS,
    **abilities.LIARS,
    **clocks.LIARS,
    **identifying.LIARS,
    **remarking.LIARS,
    **scaling.LIARS,
}
