"""Submarine: one control plane for machine learning on any compute a company already has."""

from typing import Final

__version__: Final = "0.1.0"
