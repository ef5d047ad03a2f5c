"""Offers the frameworks whose rendezvous variables we know."""

from __future__ import annotations

from collections.abc import Iterator

from submarine.adapters.frameworks.dmlc import Dmlc, XGBoost
from submarine.adapters.frameworks.jax import Jax
from submarine.adapters.frameworks.mpi import Mpi
from submarine.adapters.frameworks.none import NoFramework
from submarine.adapters.frameworks.pytorch import PyTorch
from submarine.adapters.frameworks.tensorflow import TensorFlow
from submarine.core.workloads.rendezvous import Framework
from submarine.plugins.hookspecs import hookimpl


@hookimpl
def submarine_frameworks() -> Iterator[Framework]:
    """Offer every framework of this package."""
    yield NoFramework()
    yield PyTorch()
    yield TensorFlow()
    yield XGBoost()
    yield Dmlc()
    yield Jax()
    yield Mpi()
