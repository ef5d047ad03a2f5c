"""A job reports on itself: at once, never in the way, each value once, whatever happens to the server."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import submarine
from submarine.entrypoints.sdk.tracking import quietly
from tests.entrypoints.faulty import LOSE, FaultyProxy, answer
from tests.entrypoints.sdk.commands import shell
from tests.entrypoints.server import Server


class Job:
    """A live experiment that programs of ours pretend to be part of."""

    def __init__(self, client: submarine.Client, url: str, token: str, folder: Path) -> None:
        self.client = client
        self.experiment = client.experiments.submit(shell("sleep 600"))
        self.spool = folder / "spool"
        self.processes: list[subprocess.Popen[str]] = []
        self.environment = {
            "SUBMARINE_URL": url, "SUBMARINE_TOKEN": token, "SUBMARINE_EXPERIMENT": self.experiment.id,
            "SUBMARINE_SPOOL": str(self.spool), "SUBMARINE_OUTPUT": str(folder / "output"),
        }  # fmt: skip

    def start(self, program: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def end(self) -> None:
        self.client.experiments.cancel(self.experiment)
        for process in self.processes:
            process.kill()
            process.communicate()

    def run(self, program: str, **environment: str) -> str:
        """Return what *program* wrote to stderr; it must end well."""
        process = self.start(program, **environment)
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
        return errors

    def values(self, key: str) -> list[Any]:
        found = {m.key for m in self.client.experiments.metrics(self.experiment)}
        return [p.value for p in self.client.experiments.metric(self.experiment, key)] if key in found else []

    def spooled(self) -> list[dict[str, Any]]:
        return [json.loads(x) for p in sorted(self.spool.glob("*.jsonl")) for x in p.read_text().splitlines()]


@pytest.fixture
def job(server: Server, client: submarine.Client, tmp_path: Path) -> Iterator[Job]:
    found = Job(client, server.url, server.token, tmp_path)
    yield found
    found.end()


@pytest.fixture
def job_via(server: Server, client: submarine.Client, proxy: FaultyProxy, tmp_path: Path) -> Iterator[Job]:
    found = Job(client, proxy.url, server.token, tmp_path)
    yield found
    found.end()


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_everything_a_job_reports_arrives(job: Job, tmp_path: Path) -> None:
    (tmp_path / "m" / "sub").mkdir(parents=True)
    (tmp_path / "m" / "sub" / "w.bin").write_bytes(b"w" * 100)
    errors = job.run(f"""
        import submarine, numpy as np
        for i in range(2500):
            submarine.log_metric("loss", 1 / (i + 1), i)
        values = {{"a": np.float32(1.5), "b": np.array([2]), "c": float("nan"), "d": -np.inf}}
        submarine.log_metrics(values, step=3)
        submarine.log_params({{"lr": np.float64(0.1), "n": np.int64(3), "net": {{"depth": 2}}}})
        submarine.log_params({{"opt": print, "x": None}})
        submarine.log_params({{"lr": 0.1}})
        submarine.set_tag("one")
        submarine.set_tags(["two", "three"])
        submarine.log_artifact({str(tmp_path / "m")!r}, "model")
        """)
    assert errors == ""
    assert job.values("loss") == [1 / (i + 1) for i in range(2500)]
    assert [job.values(k) for k in "abd"] == [[1.5], [2.0], [-math.inf]]
    assert math.isnan(job.values("c")[0])
    now = job.client.experiments.get(job.experiment.id)
    assert {k: now.params[k] for k in ("lr", "n", "net.depth")} == {"lr": 0.1, "n": 3, "net.depth": 2}
    assert set(now.tags) == {"one", "two", "three"}
    assert job.client.experiments.artifacts.read(now, "model/sub/w.bin") == b"w" * 100
    assert list(job.spool.iterdir()) == []


def test_logging_costs_the_training_next_to_nothing(job: Job) -> None:
    program = """
        import submarine, time
        submarine.log_metric("warm", 0)
        begun = time.perf_counter()
        for i in range(20_000):
            submarine.log_metric("loss", 0.5, i)
        print((time.perf_counter() - begun) / 20_000)
        """
    process = job.start(program)
    out, _ = process.communicate(timeout=100)
    assert float(out) < 100e-6


def test_a_lost_answer_does_not_double_anything(job_via: Job, proxy: FaultyProxy) -> None:
    proxy.faults += [LOSE, LOSE, answer(503), LOSE]
    job_via.run("""
        import submarine
        for i in range(3000):
            submarine.log_metric("loss", i, i)
        submarine.flush()
        """)
    assert job_via.values("loss") == [float(i) for i in range(3000)]


def test_a_job_goes_on_and_ends_in_time_when_the_server_is_away(job: Job, tmp_path: Path) -> None:
    begun = time.monotonic()
    errors = job.run(
        """
        import submarine
        for i in range(1500):
            submarine.log_metric("loss", i, i)
        submarine.log_params({"lr": 0.1})
        submarine.set_tag("t")
        """,
        SUBMARINE_URL="http://127.0.0.1:9",
    )
    assert time.monotonic() - begun < 15
    assert len(errors.splitlines()) <= 1
    lines = job.spooled()
    *batches, params, tags = lines
    assert {(b["kind"], b["writer"]) for b in batches} == {("metrics", batches[0]["writer"])}
    assert [b["sequence"] for b in batches] == list(range(1, len(batches) + 1))
    assert max(len(b["points"]) for b in batches) <= 1000
    assert [p["value"] for b in batches for p in b["points"]] == [float(i) for i in range(1500)]
    assert params == {"kind": "params", "params": {"lr": 0.1}}
    assert tags == {"kind": "tags", "add": ["t"]}


def test_what_was_spooled_is_sent_when_the_server_is_back(server: Server, job: Job) -> None:
    server.stop()
    process = job.start("""
        import submarine, time
        for i in range(1500):
            submarine.log_metric("loss", i, i)
        time.sleep(100)
        """)
    try:
        eventually(lambda: sum(len(x["points"]) for x in job.spooled()) == 1500)
    finally:
        server.start()
    eventually(lambda: job.spooled() == [])
    process.terminate()
    process.communicate(timeout=30)
    assert job.values("loss") == [float(i) for i in range(1500)]


def test_a_killed_process_loses_only_its_last_half_second(job: Job) -> None:
    process = job.start(
        """
        import submarine, time
        for i in range(10):
            submarine.log_metric("loss", i, i)
        time.sleep(2)
        submarine.log_metric("loss", 10, 10)
        print("now", flush=True)
        time.sleep(60)
        """,
        SUBMARINE_URL="http://127.0.0.1:9",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    lines = job.spooled()
    assert [p["value"] for line in lines for p in line["points"]][:10] == [float(i) for i in range(10)]


def test_children_and_threads_report_as_writers_of_their_own(job: Job) -> None:
    job.run("""
        import multiprocessing, os, submarine, threading

        def work(n):
            for i in range(50):
                submarine.log_metric(f"m{n}", i, i)

        submarine.log_metric("parent", 0)
        context = multiprocessing.get_context("fork")
        children = [context.Process(target=work, args=(n,)) for n in range(3)]
        threads = [threading.Thread(target=work, args=(n,)) for n in range(3, 6)]
        for each in children + threads:
            each.start()
        pid = os.fork()
        if pid == 0:
            work(6)
            raise SystemExit(0)
        for each in children + threads:
            each.join()
            assert getattr(each, "exitcode", 0) == 0
        assert os.waitpid(pid, 0)[1] == 0
        submarine.log_metric("parent", 1)
        """)
    for n in range(7):
        assert job.values(f"m{n}") == [float(i) for i in range(50)]
    assert job.values("parent") == [0.0, 1.0]


ONE = "import submarine; submarine.log_metric('a', 1)"
NONSENSE = """
    import submarine
    class Odd:
        def __float__(self): raise RuntimeError("no")
    submarine.log_metric("a", "text"); submarine.log_metric("b", Odd()); submarine.log_metric("c", 10 ** 400)
    submarine.log_metric("d", None); submarine.log_metric(None, 1); submarine.log_metric("e", 1, "x")
    submarine.log_metrics(5); submarine.log_params(5); submarine.set_tags(5); submarine.set_tag(None)
    submarine.log_artifact("/no/such/file"); submarine.log_artifact(5); submarine.log_metric("", 1)
    submarine.log_metric("a", "text")
    submarine.log_metric("good", 1)
    submarine.log_params({"circle": []}); submarine.log_params({1: 2})
"""


def test_nonsense_is_warned_about_once_and_the_rest_goes_on(job: Job) -> None:
    errors = job.run(NONSENSE)
    assert job.values("good") == [1.0]
    assert "Traceback" not in errors
    assert errors.count("'a' is not recorded") == 1
    assert "/no/such/file" in errors


def test_a_point_the_server_refuses_does_not_take_others_with_it(job: Job) -> None:
    errors = job.run("""
        import submarine
        submarine.log_metric("good", 1)
        submarine.log_metric("x" * 300, 1)
        submarine.log_metric("good", 2)
        """)
    assert job.values("good") == [1.0, 2.0]
    assert "did not take metrics" in errors
    assert job.spooled() == []


def test_a_param_that_changes_is_warned_about(job: Job) -> None:
    errors = job.run("""
        import submarine
        submarine.log_params({"lr": 1}); submarine.log_params({"lr": 2}); submarine.log_metric("good", 1)
        """)
    assert "lr" in errors
    assert job.values("good") == [1.0]
    assert job.client.experiments.get(job.experiment.id).params["lr"] == 1


def test_a_token_that_is_refused_leaves_everything_in_the_spool(job: Job) -> None:
    errors = job.run(ONE, SUBMARINE_TOKEN="sjt_wrong")
    assert "refuses" in errors
    assert job.spooled()[0]["points"][0]["key"] == "a"


def test_a_spool_that_cannot_be_written_is_warned_about_and_values_arrive(job: Job, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    errors = job.run(
        "import submarine; submarine.log_metric('a', 1)", SUBMARINE_SPOOL=str(tmp_path / "file" / "x")
    )
    assert "cannot write" in errors
    assert job.values("a") == [1.0]


def test_what_a_full_disk_refused_is_spooled_at_the_end_if_there_is_room_by_then(
    job: Job, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    job.run(
        f"""
        import os, submarine, time
        submarine.log_metric('a', 1)
        time.sleep(1.5)
        os.unlink({str(tmp_path / "file")!r})
        submarine.log_metric('a', 2)
        """,
        SUBMARINE_TOKEN="sjt_wrong",
        SUBMARINE_SPOOL=str(tmp_path / "file" / "x"),
    )
    job.spool = tmp_path / "file" / "x"
    lines = [(line["sequence"], [p["value"] for p in line["points"]]) for line in job.spooled()]
    assert lines == [(1, [1]), (2, [2])]


def test_a_file_may_change_right_after_it_was_logged(job: Job, tmp_path: Path) -> None:
    job.run(f"""
        import submarine, os
        open({str(tmp_path / "f")!r}, "w").write("before")
        submarine.log_artifact({str(tmp_path / "f")!r})
        os.remove({str(tmp_path / "f")!r})
        """)
    assert job.client.experiments.artifacts.read(job.experiment, "f") == b"before"


def test_an_artifact_that_does_not_arrive_is_kept_in_the_output_folder(job: Job, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("model")
    program = f"import submarine; submarine.log_artifact({str(tmp_path / 'f')!r}, 'a/f')"
    errors = job.run(program, SUBMARINE_URL="http://127.0.0.1:9")
    assert "a/f did not reach the server" in errors
    assert (tmp_path / "output" / "artifacts" / "a" / "f").read_text() == "model"


def test_outside_of_a_job_it_is_said_once_and_nothing_happens(caplog: pytest.LogCaptureFixture) -> None:
    quietly._said.clear()
    with caplog.at_level(logging.WARNING, "submarine"):
        submarine.log_metric("a", 1)
        submarine.log_params({"a": 1})
        submarine.log_artifact("x")
    assert len(caplog.records) == 1
    assert submarine.current_experiment() is None
    assert submarine.flush(0.1)


def test_a_job_knows_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {
        "URL": "http://x",
        "TOKEN": "secret",
        "EXPERIMENT": "e1",
        "PROJECT": "t/p",
        "ATTEMPT": "2",
        "ROLE": "ps",
        "INDEX": "3",
        "REPLICA": "ps-3",
        "OUTPUT": "/out",
    }.items():
        monkeypatch.setenv(f"SUBMARINE_{key}", value)
    found = submarine.current_experiment()
    assert found is not None
    assert (found.id, found.project, found.attempt, found.role, found.index) == ("e1", "t/p", 2, "ps", 3)
    assert (found.replica, found.output) == ("ps-3", Path("/out"))
    assert "secret" not in repr(found)


def test_a_job_goes_on_at_another_server(job: Job, server: Server) -> None:
    """Of several servers on the same records the first is not there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    job.run(
        "import submarine\nsubmarine.log_metric('loss', 1.0)\nsubmarine.log_params({'lr': 2})",
        SUBMARINE_URL=f"{nobody},{server.url}",
    )
    assert job.values("loss") == [1.0]
    assert job.spooled() == []
