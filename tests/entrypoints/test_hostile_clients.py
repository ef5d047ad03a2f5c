"""Crowds that only hold connections: memory stays bounded, and everybody else is answered."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio

from tests.entrypoints.hostile_clients import Silent, busy, gauge, raise_limit, resident, slowest_of_most
from tests.entrypoints.server import Server

CONFIG = """[limits]
connections = 11000
header_timeout = 12.0
read_timeout = 3.0
stall_timeout = 3.0
[[clusters]]
name = "sim"
use = "memory"
"""
MEMORY = 400.0
"""MiB that the server may hold, whoever comes; it starts with about 100."""
PATIENCE = 90.0


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    raise_limit()
    server = Server(tmp_path_factory.mktemp("crowded"), CONFIG)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def crowd(crowded: Server) -> AsyncIterator[Silent]:
    found = Silent(crowded)
    yield found
    found.close()


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it does not come about"
        await asyncio.sleep(0.1)


async def others_are_served(server: Server) -> None:
    assert await slowest_of_most(server) < 1.0
    assert resident(server) < MEMORY


async def test_ten_thousand_idle_connections_are_borne_and_then_closed(
    crowded: Server, crowd: Silent
) -> None:
    await crowd.open(10_000)
    await others_are_served(crowded)
    await until(lambda: crowd.closed() == 10_000)
    await others_are_served(crowded)


async def test_bodies_that_trickle_are_cut_off_in_the_time_that_is_said(
    crowded: Server, crowd: Silent
) -> None:
    head = (
        f"POST /api/v1/experiments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {crowded.token}\r\n"
    )
    await crowd.open(200, f"{head}Content-Length: 100000\r\n\r\n".encode())
    await crowd.open(200, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    deadline = time.monotonic() + PATIENCE
    await others_are_served(crowded)
    while crowd.closed() < 400:
        assert time.monotonic() < deadline
        crowd.trickle(b"1\r\n{\r\n")
        await asyncio.sleep(0.2)
    await others_are_served(crowded)


async def test_who_never_reads_a_download_is_cut_off(crowded: Server, crowd: Silent) -> None:
    headers = {"Authorization": f"Bearer {crowded.token}"}
    async with httpx.AsyncClient(base_url=crowded.url, headers=headers, timeout=120) as client:
        spec = {"name": "large", "command": ["simulate", "exit=0"]}
        made = (await client.post("/api/v1/experiments", json=spec)).json()
        path = f"/api/v1/experiments/{made['id']}/artifacts/large.bin"
        assert (await client.put(path, content=bytes(32 * 2**20))).status_code == 201
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {crowded.token}\r\n\r\n"
        await crowd.open(100, request.encode())
        assert await gauge(crowded, "submarine_http_streams_open") > 0
        await others_are_served(crowded)
        deadline = time.monotonic() + PATIENCE
        while await gauge(crowded, "submarine_http_streams_open"):
            assert time.monotonic() < deadline, "they are still served"
            await asyncio.sleep(0.2)
        assert resident(crowded) < MEMORY
        assert len((await client.get(path)).content) == 32 * 2**20


async def test_five_hundred_watchers_of_which_half_never_read(crowded: Server, crowd: Silent) -> None:
    line = f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {crowded.token}\r\n\r\n"
    await crowd.open(250, line.encode())
    readers = []
    for _ in range(250):
        reader, writer = await asyncio.open_connection("127.0.0.1", crowded.port, limit=2**20)
        writer.write(line.encode())
        readers.append((reader, writer))
    for reader, _ in readers:
        await asyncio.wait_for(reader.readuntil(b"retry:"), PATIENCE)
    headers = {"Authorization": f"Bearer {crowded.token}"}
    async with httpx.AsyncClient(base_url=crowded.url, headers=headers, timeout=60) as client:
        last = ""
        for n in range(40):
            spec = {"name": f"watched-{n}", "command": ["simulate", "exit=0"]}
            last = (await client.post("/api/v1/experiments", json=spec)).json()["id"]
    await others_are_served(crowded)
    for reader, writer in readers:
        await asyncio.wait_for(reader.readuntil(last.encode()), PATIENCE)
        writer.close()


async def test_a_compressed_bomb_is_refused_without_being_unpacked(crowded: Server) -> None:
    bomb = gzip.compress(bytes(512 * 2**20))
    before = busy(crowded)
    async with httpx.AsyncClient(base_url=crowded.url, timeout=60) as client:
        for token, status in ((crowded.token, 415), ("sub_nobody", 401)):
            headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}
            for path in ("/api/v1/experiments", "/api/v1/projects"):
                answer = await client.post(path, content=bomb, headers=headers)
                assert answer.status_code == status, answer.text
            upload = "/api/v1/projects/default/code/" + "0" * 64
            assert (await client.put(upload, content=bomb, headers=headers)).status_code == status
        # one that is not gzip at all is refused by its header, too
        answer = await client.post("/api/v1/login", content=b"{}", headers={"Content-Encoding": "br"})
        assert answer.status_code == 415, answer.text
    # unpacking one of them takes about a second
    assert busy(crowded) - before < 1.5
    assert resident(crowded) < MEMORY
