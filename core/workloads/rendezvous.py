"""How the processes of one training find each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Where every replica listens: ``addresses[role][index]`` is ``host:port``, roles in spec order."""

    addresses: Mapping[str, Sequence[str]]


class Framework(Protocol):
    """Sets the rendezvous variables of one training framework."""

    name: str

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return the environment of replica *index* of *role*; pure and quick."""
        ...
