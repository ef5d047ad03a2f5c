"""TensorFlow's tf.distribute."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from submarine.adapters.frameworks.ranks import rank_of
from submarine.core.workloads.rendezvous import Peers

EVALUATOR: Final = "evaluator"


class TensorFlow:
    """Sets ``TF_CONFIG``: the cluster, a job to a role, and which task of it this replica is.

    Roles keep their names; TensorFlow knows chief (or master), worker, ps and evaluator. An evaluator
    is told of the cluster but is no part of it, else the others would wait for it.
    Sources: https://www.tensorflow.org/guide/distributed_training#TF_CONFIG;
    https://github.com/kubeflow/training-operator/issues/1139.
    """

    name = "tensorflow"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return the one variable, a JSON document."""
        rank_of(peers, role, index)
        cluster = {
            name: list(found) for name, found in peers.addresses.items() if name != EVALUATOR and found
        }
        return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": role, "index": index}})}
