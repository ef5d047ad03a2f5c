"""What the reference says of answers and metrics is what a server says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.docs.console import blocks
from tests.docs.reader import ROOT, Reader

REFERENCE = ROOT / "docs/reference"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("reader")
    with Reader(folder) as reader:
        reader.begin()
        token = (folder / "my-submarine/admin-token").read_text().strip()
        with httpx.Client(base_url=reader.url, headers={"Authorization": f"Bearer {token}"}) as client:
            yield client


def test_an_error_looks_as_shown(server: httpx.Client) -> None:
    shown = json.loads(
        next(block.body for block in blocks(REFERENCE / "rest.md") if block.language == "json")
    )
    spec = {"command": ["true"], "roles": {"worker": {"replicas": 0}}}
    answer = server.post("/api/v1/experiments", json=spec)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json() | {"request_id": shown["request_id"]} == shown


def test_every_metric_is_described(server: httpx.Client) -> None:
    server.get("/api/v1/me").raise_for_status()
    offered = set(re.findall(r"^# TYPE (submarine_\w+)", server.get("/metrics").text, flags=re.MULTILINE))
    described = set(re.findall(r"`(submarine_\w+)`", (REFERENCE / "metrics.md").read_text()))
    assert described == {name for name in offered if not name.endswith("_created")}
