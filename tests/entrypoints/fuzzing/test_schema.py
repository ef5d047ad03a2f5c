"""Thousands of generated calls to a real server: no failure of ours, and no answer that is not documented."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.entrypoints.server import Server

CONFIG = '[[clusters]]\nname = "sim"\nuse = "memory"\n'
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
APART = ("log_out", "watch_events")
"""The one would end the caller's session, the other never ends: test_hostile.py sends odd inputs to it."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("fuzzed"), CONFIG)
    server.start()
    yield server
    server.stop()


def token_of(server: Server, role: str) -> str:
    """Return a token of a new user: an administrator's generated calls may have deleted an earlier one."""
    if role == "admin":
        return server.token
    name, password = f"fuzz-{role}-{uuid.uuid4().hex[:8]}", "a long enough secret"
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as client:

        def made(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = client.request(method, f"/api/v1/{path}", json=body)
            assert answer.is_success, answer.text
            return dict(answer.json())

        made("POST", "users", {"name": name, "password": password})
        made("PUT", f"teams/default/members/{name}", {"role": role})
        said = made("POST", "login", {"username": name, "password": password})
    return next(str(value) for value in said.values() if str(value).startswith("sub_"))


def fuzz(server: Server, token: str, examples: int, folder: Path, *words: str) -> int:
    """Run schemathesis in a process of its own; return how many cases it sent, none of which failed."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{server.url}/api/v1/openapi.json",
    ]
    command += ["-H", f"Authorization: Bearer {token}", "-c", ",".join(CHECKS), "-n", str(examples)]
    command += [word for name in APART for word in ("--exclude-operation-id", name)]
    command += ["--continue-on-failure", "--no-color", "--request-timeout", "60", *words]
    command += ["--suppress-health-check", "all"]
    hooks = Path(__file__).with_name("schemathesis_hooks.py")
    done = subprocess.run(
        command,
        cwd=folder,
        env={"SCHEMATHESIS_HOOKS": hooks.stem, "PYTHONPATH": str(hooks.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-12_000:]}\n{done.stderr[-3_000:]}"
    counted = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert counted, done.stdout[-3_000:]
    return int(counted[2])


def still_answers(server: Server, token: str) -> None:
    """A caller that lost its rights on the way would have tried nothing but 401."""
    said = httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert said.status_code == 200, said.text


@pytest.mark.timeout(600)
def test_an_administrator_s_calls_stay_within_the_schema(fuzzed: Server, tmp_path: Path) -> None:
    sent = fuzz(fuzzed, fuzzed.token, 10, tmp_path, "--generation-deterministic", "--no-shrink")
    still_answers(fuzzed, fuzzed.token)
    assert sent > 2_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ["viewer", "member"])
def test_a_restricted_caller_s_calls_stay_within_the_schema(
    fuzzed: Server, tmp_path: Path, role: str
) -> None:
    words = ("--generation-deterministic", "--no-shrink", "--phases", "fuzzing,stateful")
    token = token_of(fuzzed, role)
    assert fuzz(fuzzed, token, 4, tmp_path, *words) > 200
    still_answers(fuzzed, token)


@pytest.mark.chaos
@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_many_calls_stay_within_the_schema(fuzzed: Server, tmp_path: Path, role: str) -> None:
    assert fuzz(fuzzed, token_of(fuzzed, role), 200, tmp_path, "--generation-database", "none") > 10_000
