"""JAX's jax.distributed."""

from __future__ import annotations

from collections.abc import Mapping

from submarine.adapters.frameworks.ranks import everyone, host_and_port, rank_of
from submarine.core.workloads.rendezvous import Peers


class Jax:
    """Sets what ``jax.distributed.initialize`` is to be told.

    It reads the coordinator's address by itself (jax/_src/distributed.py); number and id of processes
    are passed by the program, ``int(os.environ["JAX_NUM_PROCESSES"])``, under the names Kubeflow
    Trainer uses, and under those of its first version's JAXJob.
    Sources: https://docs.jax.dev/en/latest/multi_process.html;
    https://github.com/kubeflow/trainer/blob/master/pkg/runtime/framework/plugins/jax/jax.go.
    """

    name = "jax"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return the coordinator's address, the number of processes and this one's id."""
        everybody = everyone(peers)
        rank, size = str(rank_of(peers, role, index)), str(len(everybody))
        host, port = host_and_port(everybody[0])
        return {
            "JAX_COORDINATOR_ADDRESS": everybody[0],
            "JAX_NUM_PROCESSES": size,
            "JAX_PROCESS_ID": rank,
            "COORDINATOR_ADDRESS": host,
            "COORDINATOR_PORT": port,
            "NUM_PROCESSES": size,
            "PROCESS_ID": rank,
        }
