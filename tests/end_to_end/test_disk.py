"""The disk is full or read-only, and then it is not: what was accepted is there, and the server goes on."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import submarine
from tests.end_to_end.conftest import LOCAL
from tests.end_to_end.disks import Disk, NoDiskError, mounted
from tests.end_to_end.patience import all_ended, running, until
from tests.end_to_end.supervisors import processes
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

MOST = 3000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of its own; skip, saying why, where none can be made."""
    try:
        with mounted(tmp_path) as made:
            yield made
    except NoDiskError as error:
        pytest.skip(f"no disk: {error}")


@pytest.fixture
def server(disk: Disk, tmp_path: Path) -> Iterator[Server]:
    """A server whose data folder lies on the disk."""
    server = Server(disk.path, LOCAL, log=tmp_path / "log")
    server.start()
    yield server
    disk.free()
    disk.allow()
    server.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("spoil", "mend", "words"),
    [
        pytest.param(Disk.fill, Disk.free, "full|space", id="full"),
        pytest.param(Disk.forbid, Disk.allow, "permitted|read-only", id="read-only"),
    ],
)
def test_while_nothing_can_be_written_work_is_refused_and_what_was_accepted_goes_on(
    server: Server,
    disk: Disk,
    witness: Witness,
    tmp_path: Path,
    spoil: Callable[[Disk], None],
    mend: Callable[[Disk], None],
    words: str,
) -> None:
    soon, late = tmp_path / "soon", tmp_path / "late"
    pid = server.pid
    with submarine.Client(server.url, server.token, retry_for=60) as client:
        for name, lines, gate in (("ends", 0, soon), ("waits", 5, late)):
            command = witness.command(name, 0.1, lines, gate)
            running(client, client.experiments.submit({"name": name, "command": command}).id)
        until(lambda: witness.begun() == Counter(ends=1, waits=1))
    spoil(disk)
    accepted, key, refusal = _submit_until_refused(server, witness)
    assert refusal.status_code == 503
    problem = refusal.json()
    assert (problem["code"], refusal.headers["Content-Type"]) == ("unavailable", "application/problem+json")
    assert int(refusal.headers["Retry-After"]) >= 1
    assert "traceback" not in problem["detail"].lower()
    until(lambda: not _readiness(server)["ok"], 10)
    assert any(word in str(_readiness(server)["detail"]) for word in words.split("|"))
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    soon.touch()
    until(lambda: witness.ended()["ends"])
    mend(disk)
    until(lambda: _readiness(server)["ok"])
    late.touch()
    again = _submit(server, witness, f"job-{len(accepted)}", key)
    assert again.status_code == 201
    names = {"ends", "waits", again.json()["name"], *accepted}
    with submarine.Client(server.url, server.token, retry_for=60) as client:
        found = all_ended(client, names)
        assert {name: (e.state, e.reason) for name, e in found.items()} == dict.fromkeys(
            names, ("succeeded", "")
        )
        for name in names - {"ends"}:
            log = b"".join(client.experiments.logs(found[name])).decode()
            assert log == "".join(f"{name} line {n}\n" for n in range(5))
    assert (witness.begun(), witness.ended()) == (Counter(names), Counter(names))
    until(lambda: not processes(server))
    assert server.pid == pid, "no restart was needed"


def test_a_server_on_a_read_only_disk_says_so_in_one_sentence_and_starts_when_it_is_mended(
    server: Server, disk: Disk, witness: Witness
) -> None:
    with submarine.Client(server.url, server.token) as client:
        client.experiments.submit({"name": "before", "command": witness.command("before", 0.1)})
        all_ended(client, {"before"})
        until(lambda: not processes(server))
    server.stop()
    disk.remount("ro")
    try:
        said = server.refusal()
    finally:
        disk.remount("rw")
    assert said.count("\n") == 1
    assert "cannot be written: Read-only file system" in said
    server.start()
    with submarine.Client(server.url, server.token) as client:
        assert [e.state for e in client.experiments.list()] == ["succeeded"]


def _submit(server: Server, witness: Witness, name: str, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.token}", "Idempotency-Key": key}
    spec = {"name": name, "command": witness.command(name, 0.1)}
    return httpx.post(f"{server.url}/api/v1/experiments", json=spec, headers=headers, timeout=60)


def _submit_until_refused(server: Server, witness: Witness) -> tuple[list[str], str, httpx.Response]:
    """Return what was accepted, and the refusal with the key of its request."""
    accepted: list[str] = []
    while len(accepted) < MOST:
        key = os.urandom(8).hex()
        answer = _submit(server, witness, f"job-{len(accepted)}", key)
        if answer.status_code != 201:
            return accepted, key, answer
        accepted.append(f"job-{len(accepted)}")
    raise AssertionError("the disk is full, and the server accepts and accepts")


def _readiness(server: Server) -> dict[str, object]:
    """Return what /readyz says of the disk."""
    answer = httpx.get(f"{server.url}/readyz", params={"verbose": "1"})
    checks = {check["name"]: check for check in answer.json()["checks"]}
    assert (answer.status_code == 200) == all(check["ok"] for check in checks.values())
    return dict(checks["disk"])
