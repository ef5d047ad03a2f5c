"""A server dies between any two steps of a submit: the next one starts the job, and starts it once."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.plugins.registry import discover
from tests.adapters.local.dying import Life
from tests.adapters.local.test_processes import ended, workload

ROOT = Path(__file__).parents[3]
STEPS = range(0, 340, 17)


async def test_wherever_a_submit_is_cut_off_the_next_one_starts_the_job_once(tmp_path: Path) -> None:
    witnesses = {steps: tmp_path / f"witness-{steps}" for steps in STEPS}
    lives = [
        Life(
            {"path": str(tmp_path / f"local-{steps}"), "cpu": 8, "memory": "8Gi", "cgroup": "off"},
            workload("sh", "-c", 'printf x >> "$1"', "sh", str(witness)),
            steps,
        )
        for steps, witness in witnesses.items()
    ]
    assert 0 < await _lived(lives, tmp_path) < len(lives), "the steps reach from the first to beyond the last"
    for life in lives:
        async with discover().open(RUNTIME, "local", life.options) as runtime:
            await runtime.submit(life.workload)
            assert (await ended(runtime, life.workload.name)).phase is Phase.SUCCEEDED
    assert {steps: witness.read_text() for steps, witness in witnesses.items()} == dict.fromkeys(STEPS, "x")


async def _lived(lives: list[Life], folder: Path) -> int:
    file = folder / "lives"
    file.write_bytes(pickle.dumps(lives))
    command: list[Any] = [sys.executable, "-m", "tests.adapters.local.dying", file]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return int(done.stdout)
