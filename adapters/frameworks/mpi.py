"""MPI, as far as variables go: the hosts, for a mpirun that a replica starts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from submarine.adapters.frameworks.ranks import everyone, host_and_port, rank_of
from submarine.core.workloads.rendezvous import Peers


class Mpi:
    """Sets ``MPI_HOSTS``, ready for ``mpirun --host "$MPI_HOSTS"``: each host with its slots.

    Reaching the other hosts (ssh, a resource manager) is the image's business.
    Source: https://docs.open-mpi.org/en/main/man-openmpi/man1/mpirun.1.html (``--host``), which MPICH's
    hydra understands too (``-hosts``).
    """

    name = "mpi"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return hosts and slots, the number of replicas and this one's place among them."""
        slots = Counter(host_and_port(address)[0] for address in everyone(peers))
        return {
            "MPI_HOSTS": ",".join(f"{host}:{count}" for host, count in slots.items()),
            "MPI_SIZE": str(slots.total()),
            "MPI_INDEX": str(rank_of(peers, role, index)),
        }
