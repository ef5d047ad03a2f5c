"""DMLC's trackers: ps-lite (MXNet, BytePS, DGL) and XGBoost's collective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from submarine.adapters.frameworks.ranks import everyone, host_and_port, rank_of
from submarine.core.workloads.rendezvous import Peers

SCHEDULER: Final = "scheduler"
SERVER: Final = "server"
WORKER: Final = "worker"
_PARTS: Final = {"scheduler": SCHEDULER, "tracker": SCHEDULER, "server": SERVER, "ps": SERVER}


class Dmlc:
    """Sets the ``DMLC_`` variables: roles scheduler, server (or ps), and all others workers.

    Task ids run through the workers, then the servers, as dmlc-core's launchers count them. The
    tracker listens on the scheduler, or on rank 0 where there is none.
    Sources: https://github.com/dmlc/dmlc-core/blob/main/tracker/dmlc_tracker/local.py and tracker.py;
    https://github.com/dmlc/ps-lite/blob/master/docs/env.md.
    """

    name = "dmlc"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return part, numbers of workers and servers, task id and the tracker's address."""
        rank_of(peers, role, index)
        host, port = host_and_port(_tracker(peers))
        part = _part(role)
        return {
            "DMLC_ROLE": part,
            "DMLC_TRACKER_URI": host,
            "DMLC_TRACKER_PORT": port,
            "DMLC_PS_ROOT_URI": host,
            "DMLC_PS_ROOT_PORT": port,
            "DMLC_NUM_WORKER": str(_count(peers, WORKER)),
            "DMLC_NUM_SERVER": str(_count(peers, SERVER)),
            "DMLC_TASK_ID": str(_task(peers, role, index)),
        }


class XGBoost(Dmlc):
    """Sets DMLC's variables, which `xgboost.collective` is initialised with, and rank and size.

    Rank 0 runs ``RabitTracker`` on its own address before it joins, as on Kubeflow.
    Sources: https://xgboost.readthedocs.io/en/stable/python/python_api.html#module-xgboost.collective;
    Kubeflow Trainer, pkg/runtime/framework/plugins/xgboost/xgboost.go, and the XGBoostJob of its
    first version (MASTER_ADDR, MASTER_PORT, RANK, WORLD_SIZE, WORKER_ADDRS, WORKER_PORT).
    """

    name = "xgboost"

    @override
    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        """Return those of DMLC and the XGBoostJob's."""
        everybody = everyone(peers)
        rank = rank_of(peers, role, index)
        host, port = host_and_port(everybody[0])
        halves = [host_and_port(address) for address in everybody]
        return {
            **super().variables(peers, role, index),
            "MASTER_ADDR": host,
            "MASTER_PORT": port,
            "RANK": str(rank),
            "WORLD_SIZE": str(len(everybody)),
            "WORKER_ADDRS": ",".join(half for half, _ in halves[1:]),
            "WORKER_PORT": halves[rank][1],
        }


def _part(role: str) -> str:
    return _PARTS.get(role, WORKER)


def _count(peers: Peers, part: str) -> int:
    return sum(len(found) for role, found in peers.addresses.items() if _part(role) == part)


def _task(peers: Peers, role: str, index: int) -> int:
    """Return the place among all tasks: workers first, then servers, then the scheduler."""
    order = [WORKER, SERVER, SCHEDULER]
    before = sum(_count(peers, part) for part in order[: order.index(_part(role))])
    for name, found in peers.addresses.items():
        if name == role:
            break
        if _part(name) == _part(role):
            before += len(found)
    return before + index


def _tracker(peers: Peers) -> str:
    schedulers = (found[0] for role, found in peers.addresses.items() if _part(role) == SCHEDULER and found)
    return next(schedulers, everyone(peers)[0])
