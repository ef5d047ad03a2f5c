"""Every replica gets the variables its framework reads, and all of them agree."""

from __future__ import annotations

import json

import pytest

from submarine.core.workloads.rendezvous import Framework, Peers
from submarine.plugins.registry import discover

PEERS = Peers(
    addresses={
        "chief": ["c0:1000"],
        "worker": ["w0:2000", "w1:2001"],
        "ps": ["p0:3000", "p1:3001"],
        "evaluator": ["e0:4000"],
    }
)
EVERYBODY = [(role, index) for role, found in PEERS.addresses.items() for index in range(len(found))]


def framework(name: str) -> Framework:
    return discover().frameworks[name]


def test_none_sets_nothing() -> None:
    assert framework("none").variables(PEERS, "worker", 0) == {}


@pytest.mark.parametrize("name", sorted(discover().frameworks))
def test_variables_are_strings_fit_for_an_environment(name: str) -> None:
    for role, index in EVERYBODY:
        for key, value in framework(name).variables(PEERS, role, index).items():
            assert key.isidentifier()
            assert isinstance(value, str)
            assert "\0" not in value


@pytest.mark.parametrize("name", sorted(set(discover().frameworks) - {"none"}))
@pytest.mark.parametrize(("role", "index"), [("worker", 2), ("worker", -1), ("nobody", 0)])
def test_a_replica_that_is_none_of_the_peers_is_an_error(name: str, role: str, index: int) -> None:
    with pytest.raises(ValueError, match=f"no replica {index} of role '{role}'"):
        framework(name).variables(PEERS, role, index)


def test_pytorch_sets_what_torchrun_sets() -> None:
    assert framework("pytorch").variables(PEERS, "worker", 1) == {
        "MASTER_ADDR": "c0",
        "MASTER_PORT": "1000",
        "RANK": "2",
        "WORLD_SIZE": "6",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "GROUP_RANK": "2",
        "GROUP_WORLD_SIZE": "6",
        "ROLE_NAME": "worker",
        "ROLE_RANK": "1",
        "ROLE_WORLD_SIZE": "2",
        "PET_NNODES": "6",
        "PET_NODE_RANK": "2",
        "PET_MASTER_ADDR": "c0",
        "PET_MASTER_PORT": "1000",
    }


@pytest.mark.parametrize(
    ("name", "variable"),
    [("pytorch", "RANK"), ("jax", "JAX_PROCESS_ID"), ("xgboost", "RANK"), ("mpi", "MPI_INDEX")],
)
def test_ranks_run_through_the_roles_in_the_order_of_the_spec(name: str, variable: str) -> None:
    ranks = [framework(name).variables(PEERS, role, index)[variable] for role, index in EVERYBODY]
    assert ranks == ["0", "1", "2", "3", "4", "5"]


def test_an_address_of_ipv6_loses_its_brackets_where_host_and_port_stand_apart() -> None:
    peers = Peers(addresses={"worker": ["[fd00::1]:29500", "[fd00::2]:29500"]})
    variables = framework("pytorch").variables(peers, "worker", 1)
    assert (variables["MASTER_ADDR"], variables["MASTER_PORT"]) == ("fd00::1", "29500")
    assert framework("jax").variables(peers, "worker", 1)["JAX_COORDINATOR_ADDRESS"] == "[fd00::1]:29500"


def test_tensorflow_is_told_the_cluster_and_the_task() -> None:
    config = json.loads(framework("tensorflow").variables(PEERS, "ps", 1)["TF_CONFIG"])
    assert config == {
        "cluster": {"chief": ["c0:1000"], "worker": ["w0:2000", "w1:2001"], "ps": ["p0:3000", "p1:3001"]},
        "task": {"type": "ps", "index": 1},
    }


def test_tensorflows_evaluator_knows_the_cluster_and_is_no_part_of_it() -> None:
    config = json.loads(framework("tensorflow").variables(PEERS, "evaluator", 0)["TF_CONFIG"])
    assert config["task"] == {"type": "evaluator", "index": 0}
    assert "evaluator" not in config["cluster"]


DMLC_PEERS = Peers(
    addresses={"scheduler": ["s:1"], "server": ["v0:1", "v1:1"], "worker": ["w0:1", "w1:1", "w2:1"]}
)


def test_dmlc_tells_parts_numbers_and_the_schedulers_address() -> None:
    variables = framework("dmlc").variables(DMLC_PEERS, "server", 1)
    assert variables == {
        "DMLC_ROLE": "server",
        "DMLC_TRACKER_URI": "s",
        "DMLC_TRACKER_PORT": "1",
        "DMLC_PS_ROOT_URI": "s",
        "DMLC_PS_ROOT_PORT": "1",
        "DMLC_NUM_WORKER": "3",
        "DMLC_NUM_SERVER": "2",
        "DMLC_TASK_ID": "4",
    }


def test_dmlc_task_ids_count_workers_then_servers() -> None:
    ids = {
        (role, index): framework("dmlc").variables(DMLC_PEERS, role, index)["DMLC_TASK_ID"]
        for role, found in DMLC_PEERS.addresses.items()
        for index in range(len(found))
    }
    assert [ids["worker", 0], ids["worker", 1], ids["worker", 2]] == ["0", "1", "2"]
    assert [ids["server", 0], ids["server", 1]] == ["3", "4"]
    assert len(set(ids.values())) == len(ids)


def test_xgboost_runs_its_tracker_on_rank_0() -> None:
    peers = Peers(addresses={"master": ["m:9"], "worker": ["w0:10", "w1:11"]})
    variables = framework("xgboost").variables(peers, "worker", 1)
    assert (variables["DMLC_TRACKER_URI"], variables["DMLC_TRACKER_PORT"]) == ("m", "9")
    assert (variables["DMLC_TASK_ID"], variables["DMLC_NUM_WORKER"], variables["DMLC_ROLE"]) == (
        "2",
        "3",
        "worker",
    )
    assert (variables["RANK"], variables["WORLD_SIZE"], variables["WORKER_PORT"]) == ("2", "3", "11")
    assert variables["WORKER_ADDRS"] == "w0,w1"


def test_jax_is_told_the_coordinator() -> None:
    assert framework("jax").variables(PEERS, "worker", 0) == {
        "JAX_COORDINATOR_ADDRESS": "c0:1000",
        "JAX_NUM_PROCESSES": "6",
        "JAX_PROCESS_ID": "1",
        "COORDINATOR_ADDRESS": "c0",
        "COORDINATOR_PORT": "1000",
        "NUM_PROCESSES": "6",
        "PROCESS_ID": "1",
    }


def test_mpi_counts_the_slots_of_each_host() -> None:
    peers = Peers(addresses={"launcher": ["a:1"], "worker": ["a:2", "b:1"]})
    assert framework("mpi").variables(peers, "worker", 1) == {
        "MPI_HOSTS": "a:2,b:1",
        "MPI_SIZE": "3",
        "MPI_INDEX": "2",
    }
