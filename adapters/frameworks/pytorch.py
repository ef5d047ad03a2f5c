"""PyTorch's torch.distributed, one process to a replica."""

from __future__ import annotations

from collections.abc import Mapping

from submarine.adapters.frameworks.ranks import everyone, host_and_port, rank_of
from submarine.core.workloads.rendezvous import Peers


class PyTorch:
    """Sets what torchrun sets for torch.distributed, and the defaults of torchrun itself.

    A command may call ``init_process_group`` straight away, or be ``torchrun train.py``: each replica
    is then a node. Sources: https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables;
    ``PET_`` defaults of torchrun's arguments: torch/distributed/argparse_util.py, as Kubeflow Trainer
    sets them (pkg/runtime/framework/plugins/torch/torch.go).
    """

    name = "pytorch"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return rank and size among all replicas, and the address of rank 0."""
        everybody = everyone(peers)
        rank, size = str(rank_of(peers, role, index)), str(len(everybody))
        host, port = host_and_port(everybody[0])
        return {
            "MASTER_ADDR": host,
            "MASTER_PORT": port,
            "RANK": rank,
            "WORLD_SIZE": size,
            "LOCAL_RANK": "0",
            "LOCAL_WORLD_SIZE": "1",
            "GROUP_RANK": rank,
            "GROUP_WORLD_SIZE": size,
            "ROLE_NAME": role,
            "ROLE_RANK": str(index),
            "ROLE_WORLD_SIZE": str(len(peers.addresses[role])),
            "PET_NNODES": size,
            "PET_NODE_RANK": rank,
            "PET_MASTER_ADDR": host,
            "PET_MASTER_PORT": port,
        }
