"""What we bring into pods works there with nothing but Python."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from submarine.adapters.kubernetes import kit
from submarine.adapters.kubernetes.preparing import ZIP


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / ZIP
    path.write_bytes(base64.b64decode(kit.body()["binaryData"][ZIP]))
    return path


def bare(archive: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python without any package but those of *archive*."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(archive), **variables}
    return subprocess.run(
        [sys.executable, "-S", *words], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_module_of_it_can_be_imported(archive: Path) -> None:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in zipfile.ZipFile(archive).namelist()
    ]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = bare(archive, "-c", code, *modules)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"submarine.entrypoints.sdk.tracking.api", "submarine.adapters.kubernetes.pod.prepare"} <= {
        *modules
    }


def test_what_a_job_calls_is_there(archive: Path) -> None:
    done = bare(
        archive, "-c", "import submarine; submarine.log_metric('loss', 1.0); submarine.log_params({})"
    )
    assert done.returncode == 0
    assert "nothing is recorded" in done.stderr


def test_it_is_small_and_named_for_its_content(archive: Path) -> None:
    assert archive.stat().st_size < 100_000
    assert kit.name() == kit.body()["metadata"]["name"]


def test_code_is_unpacked(archive: Path, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("train.py")
        entry.size = 2
        tar.addfile(entry, io.BytesIO(b"x\n"))
    (tmp_path / "code.tar.gz").write_bytes(packed.getvalue())
    wanted = {
        "kind": "archive",
        "archive": str(tmp_path / "code.tar.gz"),
        "code": str(tmp_path / "code"),
        "limit": 1000,
    }
    module = "submarine.adapters.kubernetes.pod.prepare"
    done = bare(archive, "-m", module, SUBMARINE_PREPARE=json.dumps(wanted))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "code/train.py").read_text() == "x\n"


def test_what_cannot_be_prepared_is_said_in_one_line(archive: Path, tmp_path: Path) -> None:
    wanted = {"kind": "url", "url": "http://127.0.0.1:9/x", "code": str(tmp_path / "code"), "limit": 1}
    module = "submarine.adapters.kubernetes.pod.prepare"
    done = bare(archive, "-m", module, SUBMARINE_PREPARE=json.dumps(wanted))
    assert done.returncode == 1
    assert done.stderr.startswith("cannot fetch code from http://127.0.0.1:9/x: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_spool_is_printed_though_the_command_ends_before_its_sidecar_listens(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('{"kind":"tags"}\n{"kind":"tor')
    module, gate = "submarine.adapters.kubernetes.pod.spooler", tmp_path / "gate"
    late = (
        "import os, runpy, sys, time\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        f"sys.argv = ['spooler', {str(tmp_path)!r}]\n"
        f"runpy.run_module({module!r}, run_name='__main__')"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(archive)}
    words = [sys.executable, "-S"]
    with (
        subprocess.Popen([*words, "-c", late], env=env, stdout=subprocess.PIPE) as sidecar,
        subprocess.Popen([*words, "-m", module, "--wait", str(sidecar.pid)], env=env) as hook,
    ):
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                hook.wait(1.0)
            gate.touch()
            assert hook.wait(60) == 0
            sidecar.terminate()
            out, _ = sidecar.communicate(timeout=60)
        finally:
            hook.kill()
            sidecar.kill()
    assert (sidecar.returncode, out) == (0, b'{"kind":"tags"}\n')


def test_nobody_is_waited_for_who_is_gone(archive: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait(60)
    done = bare(archive, "-m", "submarine.adapters.kubernetes.pod.spooler", "--wait", str(gone.pid))
    assert (done.returncode, done.stderr) == (0, "")
