"""Secrets go in by every door of a real server, and are searched for in all it leaves behind."""

from __future__ import annotations

import base64
import signal
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.conftest import LOCAL
from tests.entrypoints.server import Server

DEBUG = LOCAL + '\n[log]\nlevel = "debug"\n'
PASSWORD = "canary-Password/7+yellow?"


def _forms(secret: str) -> Iterator[bytes]:
    """Yield *secret* as it is, quoted for addresses, and in base64 whatever stands before it."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote_plus(secret).encode()
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode())
        yield encoded[4 if shift else 0 : len(encoded) - 4]


def _found(secrets: Mapping[str, str], where: str, data: bytes) -> list[tuple[str, str]]:
    return [(name, where) for name, secret in secrets.items() if any(f in data for f in _forms(secret))]


def _searched(secrets: Mapping[str, str], root: Path) -> list[tuple[str, str]]:
    hits = []
    for path in sorted(root.rglob("*")):
        if path.is_file():
            hits += _found(secrets, str(path.relative_to(root)), path.read_bytes())
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            hits += _found(secrets, "a process list", line.read_bytes())
        except OSError:
            continue  # it has ended
    return hits


def _until_over(client: httpx.Client, ref: str) -> None:
    deadline = time.monotonic() + 120
    while client.get(f"/api/v1/experiments/{ref}").json()["state"] not in {"succeeded", "failed"}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.timeout(300)
def test_no_secret_is_left_anywhere(serve: Callable[..., Server], tmp_path: Path) -> None:
    server, note = serve(DEBUG), tmp_path / "outside"
    limits = Path(f"/proc/{server.pid}/limits").read_text().splitlines()
    (core,) = (line.split() for line in limits if line.startswith("Max core file size"))
    assert core[-3:] == ["0", "0", "bytes"]  # nor would a crash of the interpreter leave any
    admin = {"Authorization": f"Bearer {server.token}"}
    answers = b""
    with httpx.Client(base_url=server.url, headers=admin, timeout=60) as client:
        client.post("/api/v1/users", json={"name": "ada"}).raise_for_status()
        client.put("/api/v1/users/ada/password", json={"password": PASSWORD}).raise_for_status()
        good = {"username": "ada", "password": PASSWORD}
        session = client.post("/api/v1/login", json=good).json()["token"]
        made = client.post("/api/v1/tokens", json={"name": "mine"}).json()["token"]
        for body in ({**good, "username": "eve"}, {**good, "more": PASSWORD}, {"password": [PASSWORD]}):
            answers += client.post("/api/v1/login", json=body).content
        stranger = {"Authorization": f"Bearer {PASSWORD}"}
        answers += client.get("/api/v1/me", headers=stranger).content
        client.get("/api/v1/me", params={"access_token": made, "password": PASSWORD})
        command = ["sh", "-c", f'printf %s "$SUBMARINE_TOKEN" > {note}; sleep 3']
        job = client.post("/api/v1/experiments", json={"name": "keeper", "command": command}).json()["id"]
        deadline = time.monotonic() + 120
        while not (note.exists() and note.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        inherent = [where for _, where in _searched({"job": note.read_text()}, server.root)]
        assert inherent, "the supervisor of a running job holds its token: is the search blind?"
        for where in inherent:
            assert (server.root / where).stat().st_mode & 0o077 == 0, where
        server.restart(number=signal.SIGKILL)
        _until_over(client, job)
        answers += client.get("/metrics").content
        answers += client.get("/api/v1/audit", params={"limit": 500}).content
        secrets = {"password": PASSWORD, "session": session, "token": made, "job": note.read_text()}
        secrets["admin"] = server.token
        assert all(len(secret) > 20 for secret in secrets.values())
        assert (
            client.get("/api/v1/me", headers={"Authorization": f"Bearer {secrets['job']}"}).status_code == 401
        )
    server.stop()
    assert _found(secrets, "answers", answers) == []
    assert "An administrator was made" in server.said
    assert _found(secrets, "its standard output", server.said.encode()) == []
    kept = server.data / "admin-token"
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()
    assert _searched(secrets, server.root) == []
