"""The demo plays from start to end and leaves nothing behind, whatever happens to it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine import Client

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def demo(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "demo", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as playing:
        try:
            yield playing
        finally:
            if playing.poll() is None:
                playing.send_signal(signal.SIGINT)
                playing.wait(60)


def left_of(url: str) -> list[int]:
    """Return the processes that know of the server at *url*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if url.encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append(int(process.name))
    return found


def url_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found, text
    return found[0]


def test_it_trains_shows_and_clears_up() -> None:
    with demo("--epochs", "3") as playing:
        told, _ = playing.communicate(timeout=100)
    assert playing.returncode == 0, told
    lines = told.splitlines()
    assert sum(line.startswith("worker-0 | epoch") for line in lines) == 3
    assert "worker-1 | worker 1 of 2 is up" in lines
    assert lines.index("worker-0 | saved digits.npz") < lines.index("state    | succeeded")
    assert re.search(r"accuracy +│ 0\.9\d+ +\(from", told)
    assert "digits.npz, " in told
    assert left_of(url_in(told)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_and_leaves_nothing(number: signal.Signals) -> None:
    with demo("--epochs", "100000") as playing:
        assert playing.stdout is not None
        told = ""
        while "epoch" not in told:
            line = playing.stdout.readline()
            assert line, told
            told += line
        playing.send_signal(number)
        rest = playing.stdout.read()
        playing.wait(60)
    assert playing.returncode == 130, rest
    assert "nothing is left running" in rest
    limit = time.monotonic() + 20
    while (left := left_of(url_in(told))) and time.monotonic() < limit:
        time.sleep(0.1)
    assert left == []


def test_a_server_that_is_killed_on_the_way_loses_nothing(tmp_path: Path) -> None:
    with demo("--epochs", "40", "--folder", str(tmp_path / "data")) as playing:
        assert playing.stdout is not None
        told = [playing.stdout.readline()]
        while "epoch  10" not in told[-1]:
            told.append(playing.stdout.readline())
            assert told[-1], "".join(told)
        (announced,) = (tmp_path / "data").glob("*/server.json")
        os.kill(json.loads(announced.read_text())["pid"], signal.SIGKILL)
        rest = playing.stdout.read()
        playing.wait(60)
    assert playing.returncode == 0, rest
    lines = "".join(told).splitlines() + rest.splitlines()
    epochs = [line.split("|")[1].split()[1] for line in lines if line.startswith("worker-0 | epoch")]
    assert epochs == [f"{number}/40" for number in range(1, 41)]
    assert re.search(r"loss +│ .*, 40 values\)", rest)
    assert re.search(r"cluster +│ local, attempt 1", rest)


def test_a_kept_server_starts_again_with_what_it_knew(tmp_path: Path) -> None:
    with demo("--epochs", "1", "--keep", "--folder", str(tmp_path / "kept")) as playing:
        told, _ = playing.communicate(timeout=100)
    assert playing.returncode == 0, told
    (data,) = (tmp_path / "kept").iterdir()
    assert not (data / "server.json").exists()
    command = [sys.executable, "-m", "submarine.entrypoints.cli", "server", "start", "--port", "0"]
    command += ["--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            limit = time.monotonic() + 30
            while not (data / "server.json").exists():
                assert time.monotonic() < limit
                time.sleep(0.05)
            url = json.loads((data / "server.json").read_text())["url"]
            with Client(url, (data / "admin-token").read_text().strip()) as client:
                assert [found.state for found in client.experiments.list()] == ["succeeded"]
        finally:
            server.terminate()
