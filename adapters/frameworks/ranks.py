"""One number for each replica, and the two halves of an address."""

from __future__ import annotations

from itertools import chain

from submarine.core.workloads.rendezvous import Peers


def everyone(peers: Peers) -> list[str]:
    """Return the addresses of all replicas in the order of their ranks: roles as in the spec, then index."""
    return list(chain.from_iterable(peers.addresses.values()))


def rank_of(peers: Peers, role: str, index: int) -> int:
    """Return the place of replica *index* of *role* in `everyone`; raise ValueError if there is none."""
    before = 0
    for name, addresses in peers.addresses.items():
        if name == role and 0 <= index < len(addresses):
            return before + index
        before += len(addresses)
    raise ValueError(f"no replica {index} of role {role!r} among {', '.join(peers.addresses)}")


def host_and_port(address: str) -> tuple[str, str]:
    """Return the halves of ``host:port``; an IPv6 address loses its brackets."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), port
