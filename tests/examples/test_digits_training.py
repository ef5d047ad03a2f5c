"""The digits example trains by hand too, and many workers learn what one learns."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/digits"


def start(output: Path, rank: int, world_size: int, port: int, epochs: int = 2) -> subprocess.Popen[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("SUBMARINE_")}
    peers = {
        "RANK": str(rank),
        "WORLD_SIZE": str(world_size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    words = ["train.py", "--epochs", str(epochs), "--hidden", "32", "--output", str(output)]
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=EXAMPLE,
        env={**outside, **peers, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def train(output: Path, world_size: int, port: int) -> list[str]:
    output.mkdir()
    workers = [start(output, rank, world_size, port) for rank in range(world_size)]
    ends = [worker.communicate(timeout=100) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * world_size, ends
    return ends[0][0].splitlines()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


def test_two_workers_learn_what_one_learns(tmp_path: Path, port: int) -> None:
    alone = train(tmp_path / "one", 1, port)
    together = train(tmp_path / "two", 2, port)
    one, two = (np.load(tmp_path / name / "digits.npz") for name in ("one", "two"))
    assert all(np.allclose(one[layer], two[layer], rtol=0, atol=1e-12) for layer in one)
    assert [line.split("  ")[1:4] for line in alone[1:3]] == [line.split("  ")[1:4] for line in together[1:3]]


def test_it_learns(tmp_path: Path, port: int) -> None:
    told = train(tmp_path / "one", 1, port)
    accuracy = [float(line.split("accuracy ")[1].split()[0]) for line in told if line.startswith("epoch")]
    assert len(accuracy) == 2
    assert accuracy[-1] > 0.8


def test_a_worker_that_is_killed_ends_the_other_with_a_reason(tmp_path: Path, port: int) -> None:
    first, second = (start(tmp_path, rank, 2, port, epochs=100_000) for rank in range(2))
    assert first.stdout is not None
    while not first.stdout.readline().startswith("epoch"):
        pass
    second.kill()
    second.communicate()
    _, complaint = first.communicate(timeout=60)
    assert first.returncode == 1
    assert "error: worker 1 is gone" in complaint
