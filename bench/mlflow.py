"""MLflow's tracking server, as its users start it, asked in its own protocol.

Protocol: https://mlflow.org/docs/latest/api_reference/rest-api.html (log-metric and log-batch).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.hammer import hammer, request
from bench.scale import Scale
from bench.wire import Wire, expect

VERSION: Final = "3.17.2"
WORKERS: Final = 4
"""What ``mlflow server`` starts unless it is told otherwise."""
_PATIENT: Final = ("--uvicorn-opts", "--timeout-worker-healthcheck 120")
"""On a busy machine its supervisor takes a slow worker for a dead one, and replaces it for ever."""
_API: Final = "/api/2.0/mlflow"
_READY_S: Final = 300.0
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Peer:
    """What it took of metrics a second: one a call, and many a call."""

    name: str
    single: float
    points: float


def install() -> Path:
    """Return the folder of its programs; installed once, outside of the checkout."""
    cache = Path(os.environ.get("SUBMARINE_CACHE") or Path.home() / ".cache/submarine")
    place = cache / f"mlflow-{VERSION}"
    done = place / "installed"
    if not done.exists():
        print(f"installing MLflow {VERSION} into {place} …", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True)
        what = [f"mlflow=={VERSION}", "psycopg[binary]"]
        subprocess.run([str(place / "bin/python"), "-m", "pip", "install", "-q", *what], check=True)
        done.touch()
    return place / "bin"


async def measure(url: str, folder: Path, scale: Scale) -> Peer:
    """Start it on the database *url* and send what we were sent."""
    programs = await asyncio.to_thread(install)
    async with _serving(programs, url, folder) as address:
        for attempt in range(_ATTEMPTS):
            try:
                return await _asked(address, scale, f"bench-{attempt}")
            except (OSError, RuntimeError, asyncio.IncompleteReadError) as error:
                print(f"MLflow hung up, once more: {error}", file=sys.stderr, flush=True)
        raise RuntimeError(f"MLflow hung up {_ATTEMPTS} times; see {folder / 'mlflow.log'}")


async def _asked(address: str, scale: Scale, name: str) -> Peer:
    runs = await _runs(address, name, max(scale.singles, scale.batches))
    single = [_single(address, run) for run in runs[: scale.singles]]
    batch = [_batch(address, run, scale.points) for run in runs[: scale.batches]]
    return Peer(
        name=f"MLflow {VERSION}, {WORKERS} workers (its default)",
        single=await hammer(address, single, scale.seconds),
        points=await hammer(address, batch, scale.seconds) * scale.points,
    )


@asynccontextmanager
async def _serving(programs: Path, url: str, folder: Path) -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", url]
    words += ["--default-artifact-root", str(folder / "mlflow-artifacts"), *_PATIENT]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "PYTHON"))}
    kept["PATH"] = f"{programs}:{kept.get('PATH', '')}"
    log = folder / "mlflow.log"
    process = await asyncio.create_subprocess_exec(
        *(str(programs / "mlflow"), *words),
        env=kept | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        await _ready(address, process, log)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 20)
            os.killpg(process.pid, signal.SIGKILL)  # its consumers of queues outlive it otherwise
        await process.wait()


async def _ready(address: str, process: asyncio.subprocess.Process, log: Path) -> None:
    until = time.perf_counter() + _READY_S
    while time.perf_counter() < until and process.returncode is None:
        try:
            async with Wire(address, "") as wire:
                if (await wire.request("GET", "/health"))[0] == 200:
                    return
        except (OSError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(0.2)
    raise RuntimeError(f"MLflow does not start: {log.read_text()[-2000:]}")


async def _runs(address: str, name: str, count: int) -> list[str]:
    async with Wire(address, "") as wire:

        async def post(path: str, **said: object) -> Any:
            return await expect(wire, 200, "POST", _API + path, json.dumps(said).encode())

        experiment = (await post("/experiments/create", name=name))["experiment_id"]
        made = [await post("/runs/create", experiment_id=experiment, start_time=1) for _ in range(count)]
    return [answer["run"]["info"]["run_id"] for answer in made]


def _single(address: str, run: str) -> Iterator[bytes]:
    said = {
        "run_id": run,
        "key": "metric-0",
        "value": 0.5,
        "timestamp": 1_700_000_000_000,
        "step": 10_000_000,
    }
    return _counted(request(address, f"{_API}/runs/log-metric", "", json.dumps(said).encode()), 1)


def _batch(address: str, run: str, points: int) -> Iterator[bytes]:
    """Yield batches of ten metrics; each point has a step of its own, for MLflow drops what is equal."""
    metrics = [
        {"key": f"metric-{n % 10}", "value": n / 7, "timestamp": 1_700_000_000_000, "step": 10_000_000 + n}
        for n in range(points)
    ]
    said = {"run_id": run, "metrics": metrics, "params": [], "tags": []}
    whole = request(address, f"{_API}/runs/log-batch", "", json.dumps(said).encode())
    return _counted(whole, points)


def _counted(whole: bytes, points: int) -> Iterator[bytes]:
    """Yield *whole* with all its steps moved on each time: they share the digits before the last three."""
    if points > 1:
        for turn in range(10_000, 100_000):
            yield whole.replace(b'"step": 10000', b'"step": %d' % turn)
    before, _, after = whole.partition(b"10000000")
    for turn in range(10_000_000, 100_000_000):
        yield b"%b%d%b" % (before, turn, after)
