"""Packages by strangers, built, installed into an environment of their own, and proved there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import submarine
from submarine.contracts.identity import IdentityContract
from submarine.contracts.kit import promises
from submarine.contracts.object_store import ObjectStoreContract
from submarine.contracts.runtime import NEEDS_A_LINK, NEEDS_VICTIMS, RuntimeContract
from submarine.contracts.runtime.outages import Outages
from submarine.contracts.runtime.remarking import Commenting
from submarine.contracts.runtime.scaling import Scaling
from tests.entrypoints.server import Server
from tests.wheels import ROOT, build_wheel

BOX = ROOT / "tests/plugins/box"
DEPOT = ROOT / "tests/plugins/depot"
PROMISES = len(promises(RuntimeContract))
OUTAGES = len(promises(Outages))
ENROLLING = 4
FAULTS = (*NEEDS_A_LINK, *NEEDS_VICTIMS)
WITHOUT = (*FAULTS, *promises(Commenting, Scaling), "test_the_form_it_takes_is_told_beforehand")
"""What cannot be asked of the box: one form, one size, and a backend that says nothing of what it does."""
CONFIG = """
[[clusters]]
name = "box"
use = "box"
folder = "{folder}"
"""


class Environment:
    """A virtual environment in which nothing of the checkout can be seen."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)

    def install(self, *what: str) -> None:
        self.run("python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *what)

    def run(self, program: str, *words: str, code: int = 0, cwd: Path | None = None) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SUBMARINE_", "PYTHON"))}
        ran = subprocess.run(
            [str(self.bin / program), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=environment,
            cwd=cwd or self.bin,
        )
        assert ran.returncode == code, f"{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
        return ran.stdout


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the server's wheel, the kits, the box and the depot."""
    wheels = tmp_path_factory.mktemp("wheels")
    ours = build_wheel(tmp_path_factory.mktemp("ours"), wheels)
    strangers = []
    for package in (BOX, DEPOT):
        source = tmp_path_factory.mktemp(package.name)
        shutil.copytree(
            package, source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.egg-info", "build")
        )
        strangers.append(str(build_wheel(source, wheels)))
    environment = Environment(tmp_path_factory.mktemp("theirs"))
    environment.install(f"{ours}[contracts]", *strangers)
    return environment


@pytest.fixture(scope="module")
def served(theirs: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that runs in that environment, with a box as its only cluster."""
    root = tmp_path_factory.mktemp("served")
    server = Server(root, CONFIG.format(folder=root / "box"), python=str(theirs.bin / "python"))
    server.start()
    yield server
    server.stop()


@pytest.mark.timeout(300)
def test_the_box_keeps_every_promise_of_a_runtime(theirs: Environment) -> None:
    told = json.loads(theirs.run("submarine", "plugin", "test", "box", "-o", "json"))
    broken = [promise for promise in told["promises"] if promise["outcome"] == "broken"]
    assert broken == []
    assert (told["kept"], told["not-applicable"]) == (PROMISES - len(WITHOUT), len(WITHOUT))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("suite", "words", "least"),
    [
        ("TestFrozenBox", "away or outage", OUTAGES),
        ("TestBox", " or ".join(FAULTS), len(FAULTS)),
    ],
    ids=["frozen", "faulty"],
)
def test_the_box_keeps_its_promises_when_the_way_to_it_breaks(
    theirs: Environment, tmp_path: Path, suite: str, words: str, least: int
) -> None:
    said = _prove(theirs, tmp_path, BOX / "tests/test_box.py", suite, "-k", words)
    assert _passed(said) >= least
    assert "skipped" not in said


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("suite", "least", "skipped"),
    [
        ("TestDepotObjectStore", len(promises(ObjectStoreContract)), 0),
        ("TestDepotIdentity", len(promises(IdentityContract)) - ENROLLING, 5),
    ],
    ids=["object-store", "identity"],
)
def test_the_depot_keeps_every_promise_over_http_and_a_link_that_breaks(
    theirs: Environment, tmp_path: Path, suite: str, least: int, skipped: int
) -> None:
    said = _prove(theirs, tmp_path, DEPOT / "tests/test_depot.py", suite)
    assert _passed(said) >= least
    assert (f"{skipped} skipped" in said) if skipped else "skipped" not in said


def _prove(theirs: Environment, folder: Path, tests: Path, suite: str, *words: str) -> str:
    """Run *suite* of the strangers' own *tests* where they are installed; return what pytest said."""
    shutil.copy(tests, folder)
    (folder / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    plain = "-q", "-p", "no:cacheprovider", "--basetemp", str(folder / "scratch")
    return theirs.run("python", "-m", "pytest", *plain, *words, f"{tests.name}::{suite}", cwd=folder)


def _passed(said: str) -> int:
    found = re.search(r"(\d+) passed", said)
    return int(found[1]) if found else 0


@pytest.mark.timeout(300)
def test_the_command_line_puts_a_link_before_a_backend(theirs: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / "people.json").write_text("{}")
    server = subprocess.Popen([theirs.bin / "python", "-m", "submarine_depot.server", folder])
    try:
        until = time.monotonic() + 60
        while not (folder / "port").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        options = "--option", f"url=http://127.0.0.1:{(folder / 'port').read_text()}", "--option", "timeout=2"
        words = (
            "plugin",
            "test",
            "depot",
            "--kind",
            "object-store",
            *options,
            "-k",
            "cut or lost",
            "-o",
            "json",
        )
        told = json.loads(theirs.run("submarine", *words, "--link", "url"))
        assert (told["kept"], told["broken"], told["not-applicable"]) == (5, 0, 0)
        without = json.loads(theirs.run("submarine", *words))
        assert (without["kept"], without["not-applicable"]) == (0, 5)
        assert "--link" in without["promises"][0]["detail"]
    finally:
        server.kill()
        server.wait()


def test_a_server_lists_the_box_and_who_ships_it(served: Server) -> None:
    with submarine.Client(served.url, served.token) as client:
        (box,) = [item for item in client.plugins()["items"] if item["name"] == "box"]
    assert (box["package"], box["version"]) == ("submarine-box", "0.3.0")


def test_the_same_spec_runs_in_the_box(served: Server) -> None:
    with submarine.Client(served.url, served.token) as client:
        spec = {"command": ["sh", "-c", "echo in the box; exit 3"]}
        experiment = client.experiments.wait(client.experiments.submit(spec), timeout=120)
        assert (experiment.state, experiment.exit_code) == ("failed", 3)
        assert b"".join(client.experiments.logs(experiment)) == b"in the box\n"
        assert experiment.cluster == "box"


def test_work_in_the_box_outlives_the_server(served: Server) -> None:
    with submarine.Client(served.url, served.token) as client:
        experiment = client.experiments.submit({"command": ["sh", "-c", "sleep 5; echo still here"]})
        until = time.monotonic() + 60
        while client.experiments.get(experiment.id).state != "running":
            assert time.monotonic() < until
            time.sleep(0.05)
        served.restart()
        assert client.experiments.wait(experiment, timeout=120).state == "succeeded"
        assert b"".join(client.experiments.logs(experiment)) == b"still here\n"
