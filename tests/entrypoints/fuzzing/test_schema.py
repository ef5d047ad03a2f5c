"""Thousands of generated calls to a real server: no failure of ours, and no answer that is not documented."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
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


BODIES = {
    "submit_experiment": {"name": "fuzz", "command": ["simulate", "exit=0"]},
    "update_experiment": {"description": "fuzzed"},
    "clone_experiment": {"changes": {}},
    "log_metrics": {"points": [{"key": "loss", "value": 1}]},
    "set_params": {"params": {"optimizer": "adam"}},
    "change_tags": {"add": ["fuzzed"]},
    "register_artifact": {"path": "elsewhere", "uri": "s3://bucket/elsewhere"},
    "create_project": {"name": "fuzz", "team": "default"},
    "update_project": {"description": "fuzzed"},
    "create_team": {"name": "fuzz"},
    "put_member": {"role": "viewer"},
    "create_user": {"name": "fuzz"},
    "update_user": {"email": "fuzz@example.org"},
    "set_password": {"password": "a long enough secret"},
    "create_token": {"name": "fuzz"},
}
"""A right body for each operation that needs one: what is generated is put into it, a member at a time."""
UNREACHED = {"POST /api/v1/login"}
"""What no generated call is answered well by: nobody guesses a password."""


@dataclass(frozen=True)
class Counted:
    """How many cases were sent, in which phases, and which routes gave a good answer at least once."""

    sent: int
    phases: set[str]
    good: set[str]


def targets(server: Server) -> dict[str, list[str]]:
    """Make some of everything, and return how to name it."""
    stamp = uuid.uuid4().hex[:8]
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as client:

        def made(method: str, path: str, **request: Any) -> dict[str, Any]:
            answer = client.request(method, path, **request)
            assert answer.is_success, answer.text
            return dict(answer.json())

        packed = gzip.compress(tarfile.TarInfo("train.py").tobuf() + bytes(1024), mtime=0)
        digest = hashlib.sha256(packed).hexdigest()
        made("PUT", f"/projects/default/code/{digest}", content=packed)
        code = {"archive": {"digest": digest, "size": len(packed)}}
        experiments = []
        for number in range(12):
            command = ["simulate", "exit=0"] if number % 2 else ["sleep", "600"]
            spec = {"name": f"aim-{number}-{stamp}", "command": command, "code": code}
            made_one = made("POST", "/experiments", json=spec)["id"]
            made("POST", f"/experiments/{made_one}/metrics", json=BODIES["log_metrics"])
            made("PUT", f"/experiments/{made_one}/artifacts/model.bin", content=b"weights")
            experiments.append(made_one)
        projects: list[str] = []
        several = [f"aim-{number}-{stamp}" for number in range(6)]
        staying = [f"stay-{number}-{stamp}" for number in range(6)]
        for name in [*several, *staying]:
            made("POST", "/teams", json={"name": name})
            made("POST", "/users", json={"name": name})
            made("PUT", f"/teams/{name}/members/{name}", json={"role": "viewer"})
            projects.append(made("POST", "/projects", json={"name": name, "team": "default"})["id"])
        tokens = [made("POST", "/tokens", json={"name": name})["id"] for name in several]
    return {
        "experiments.ref": experiments,
        "experiments.other": experiments,
        "experiments.path": ["model.bin", "elsewhere"],
        "experiments.key": ["loss"],
        "projects.ref": projects,
        "projects.project": ["default"],
        "projects.digest": [digest],
        "teams.name": several,
        "teams.user": several,
        "remove_member.name": staying,
        "remove_member.user": staying,
        "users.name": several,
        "tokens.id": tokens,
        "clusters.name": ["sim"],
    }


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


def fuzz(server: Server, token: str, examples: int, folder: Path, *words: str) -> Counted:
    """Run schemathesis in a process of its own; return what it sent, none of which failed."""
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
    environment = {
        "SCHEMATHESIS_HOOKS": hooks.stem,
        "PYTHONPATH": str(hooks.parent),
        "PATH": "/usr/bin:/bin",
        "FUZZ_TARGETS": json.dumps(targets(server)),
        "FUZZ_BODIES": json.dumps(BODIES),
    }
    log = server.root / "log"
    before = log.stat().st_size
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-12_000:]}\n{done.stderr[-3_000:]}"
    counted = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert counted, done.stdout[-3_000:]
    phases = set(re.findall(r"✅ (\w+)", done.stdout))
    with log.open() as lines:
        lines.seek(before)
        said = [json.loads(line) for line in lines if '"route"' in line]
    good = {f"{line['method']} {line['route']}" for line in said if 200 <= line["status"] < 300}
    return Counted(int(counted[2]), phases, good)


def still_answers(server: Server, token: str) -> None:
    """A caller that lost its rights on the way would have tried nothing but 401."""
    said = httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert said.status_code == 200, said.text


def operations(server: Server) -> set[str]:
    """Return every operation that is fuzzed, as the log names its route."""
    document = httpx.get(f"{server.url}/api/v1/openapi.json").json()
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["operationId"] not in APART
    }


def plain(routes: set[str]) -> set[str]:
    """Return *routes* as the document writes them."""
    return {route.replace(":.+}", "}") for route in routes}


@pytest.mark.timeout(600)
def test_an_administrator_s_calls_stay_within_the_schema(fuzzed: Server, tmp_path: Path) -> None:
    found = fuzz(fuzzed, fuzzed.token, 10, tmp_path, "--generation-deterministic", "--no-shrink")
    still_answers(fuzzed, fuzzed.token)
    assert found.sent > 2_000
    assert {"Coverage", "Fuzzing", "Stateful"} <= found.phases
    unreached = operations(fuzzed) - plain(found.good) - UNREACHED
    assert not unreached, "no good answer of these was ever held against the schema: lead calls there"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ["viewer", "member"])
def test_a_restricted_caller_s_calls_stay_within_the_schema(
    fuzzed: Server, tmp_path: Path, role: str
) -> None:
    words = ("--generation-deterministic", "--no-shrink", "--phases", "fuzzing")
    token = token_of(fuzzed, role)
    found = fuzz(fuzzed, token, 4, tmp_path, *words)
    assert found.sent > 200
    assert "GET /api/v1/experiments/{ref}" in found.good
    writes = {good for good in found.good if "/experiments" in good and not good.startswith("GET ")}
    assert bool(writes) == (role == "member"), writes
    still_answers(fuzzed, token)


@pytest.mark.chaos
@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_many_calls_stay_within_the_schema(fuzzed: Server, tmp_path: Path, role: str) -> None:
    found = fuzz(fuzzed, token_of(fuzzed, role), 200, tmp_path, "--generation-database", "none")
    assert found.sent > 10_000
