"""What a form settles about the pods of a workload, besides their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from submarine.adapters.kubernetes.names import MAIN, host_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``host`` names a replica's host (handle, role, index), ``container`` the container of the command.

    ``rendezvous`` tells whether we set the framework's variables, or an operator does; ``service``
    whether pods find each other by a headless Service of ours, or by what an operator makes.
    """

    host: Callable[[str, str, int], str] = host_name
    container: str = MAIN
    rendezvous: bool = True
    service: bool = True
