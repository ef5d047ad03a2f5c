"""Two servers that start at once on empty records: the schema is made once, and both serve."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from submarine.adapters.sql.scripts import bundled
from tests.clusters.postgres import PostgresServer
from tests.entrypoints.server import Server

NAMES = ("alpha", "beta")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    """Two servers with folders of their own, to be started; they are stopped in the end."""
    made = []
    for name in NAMES:
        (tmp_path / name).mkdir()
        made.append(Server(tmp_path / name))
    yield made
    for server in made:
        server.stop()


def _start_at_once(servers: list[Server], records: str, objects: Path) -> None:
    for name, server in zip(NAMES, servers, strict=True):
        (server.root / "submarine.toml").write_text(
            f'[records]\n{records}\n[store]\nuse = "file"\nroot = "{objects}"\n'
            f'[[clusters]]\nname = "{name}"\nuse = "local"\n'
        )
    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(Server.start, servers))


def _both_serve_the_only_administrator(servers: list[Server]) -> None:
    tokens = [server.data / "admin-token" for server in servers if (server.data / "admin-token").exists()]
    assert len(tokens) == 1, "one of them made the administrator"
    for server in servers:
        request = urllib.request.Request(f"{server.url}/api/v1/users")
        request.add_header("Authorization", f"Bearer {tokens[0].read_text().strip()}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert [user["name"] for user in json.load(answer)["items"]] == ["admin"]


def test_two_servers_on_an_empty_postgresql_make_the_schema_once(
    servers: list[Server], postgres_server: PostgresServer, tmp_path: Path
) -> None:
    with postgres_server.database() as url:
        _start_at_once(servers, f'use = "postgres"\nurl = "{url}"', tmp_path / "objects")
        _both_serve_the_only_administrator(servers)
        for server in servers:
            server.stop()


def test_two_servers_on_an_empty_file_make_the_schema_once(servers: list[Server], tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    _start_at_once(servers, f'use = "sqlite"\npath = "{file}"', tmp_path / "objects")
    _both_serve_the_only_administrator(servers)
    with sqlite3.connect(file) as database:
        applied = database.execute("select number from schema_scripts order by number").fetchall()
    database.close()
    assert [number for (number,) in applied] == [script.number for script in bundled()]
