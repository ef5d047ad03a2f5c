"""Connections: quick for the quick, and over for those who only hold them."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from submarine.entrypoints.http import server
from submarine.entrypoints.http.connection import Connection, Gate
from submarine.entrypoints.settings import Limits
from tests.entrypoints.http.toys import ToyController, shop, until

HEAD = b"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\n"


@pytest.mark.parametrize("data", [b"", b"GET /op", b"GET /open HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n"])
async def test_a_client_that_does_not_finish_its_headers_is_hung_up_on(data: bytes) -> None:
    async with shop(ToyController(), gate=Gate(header=0.2)) as found:
        assert await found.raw(data) == b""
        await until(lambda: found.gate.open == 0)


async def test_trickling_headers_win_no_time() -> None:
    async with shop(ToyController(), gate=Gate(header=0.4)) as found:
        reader, writer = await found.connect()
        began = time.monotonic()

        async def trickle() -> None:
            while True:
                writer.write(b"X")
                await asyncio.sleep(0.05)

        writer.write(b"GET /open HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        trickling = asyncio.ensure_future(trickle())
        assert await asyncio.wait_for(reader.read(), 30) == b""
        assert time.monotonic() - began < 20
        trickling.cancel()
        writer.close()


async def test_a_body_that_does_not_come_is_408() -> None:
    async with shop(ToyController(), limits=Limits(read_timeout=0.2)) as found:
        for line in (b"POST /toys ", b"PUT /uploads "):
            said = await found.raw(line + HEAD + b"Content-Length: 20\r\n\r\n{", until=b"0.2 seconds")
            assert said.startswith(b"HTTP/1.1 408")
            await until(lambda: found.gate.open == 0)


async def test_huge_headers_are_refused_as_such() -> None:
    async with shop(ToyController()) as found:
        long_line = await found.raw(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert long_line.split(b" ")[1] == b"414"
        long_field = await found.raw(b"GET /open HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n")
        assert long_field.split(b" ")[1] == b"431"
        many = b"".join(b"X-%d: a\r\n" % n for n in range(1000))
        too_many = await found.raw(b"GET /open HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n")
        assert too_many.split(b" ")[1] == b"431"
        for said in (long_line, long_field, too_many):
            assert b"Server: submarine" in said
            assert b"application/problem+json" in said
            assert b"Traceback" not in said


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /open HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /toys HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: x\r\nX A: 1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["tls", "words", "version", "length", "smuggling", "space", "url", "nul"],
)
async def test_what_is_no_http_is_refused_without_a_word_about_us(data: bytes) -> None:
    async with shop(ToyController()) as found:
        said = await found.raw(data)
        assert b"HTTP/1.1 500" not in said
        assert b"Traceback" not in said
        assert not said or b" 4" in said[:12]
        assert (await found.client.get("/open")).status_code == 200


async def test_an_expectation_that_is_no_text_is_refused_on_every_path() -> None:
    async with shop(ToyController()) as found:
        for line in (b"GET /open", b"GET /no/such/path", b"PUT /open"):
            said = await found.raw(
                line + b" HTTP/1.1\r\nHost: x\r\nExpect: \xff\xfe\r\nConnection: close\r\n\r\n"
            )
            assert said.startswith(b"HTTP/1.1 417"), said[:200]
            assert b"application/problem+json" in said


async def test_a_garbled_body_is_the_client_s_fault() -> None:
    async with shop(ToyController()) as found:
        said = await found.raw(
            b"POST /toys " + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n0\r\n\r\n"
        )
        assert b" 400 " in said[:20]


async def test_the_connection_too_many_is_told_so() -> None:
    async with shop(ToyController(), gate=Gate(connections=1)) as found:
        _, writer = await found.connect()
        await until(lambda: found.gate.open == 1)
        said = await found.raw(b"")
        assert said.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 2" in said
        assert found.gate.refused == 1
        writer.close()
        await until(lambda: found.gate.open == 0)
        assert (await found.client.get("/open")).status_code == 200


async def test_small_answers_leave_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    made = Connection.connection_made

    def look(self: Connection, transport: Any) -> None:
        made(self, transport)
        sock = transport.get_extra_info("socket")
        seen.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(Connection, "connection_made", look)
    async with shop(ToyController()) as found:
        for _ in range(3):
            await found.client.get("/open")
    assert seen == [1]  # one connection for all, and no waiting for more to send


async def test_requests_in_a_row_are_answered_in_order() -> None:
    async with shop(ToyController()) as found:
        request = b"GET /toys/%d " + HEAD + b"\r\n"
        said = await found.raw(
            b"".join(request % n for n in range(3)) + b"GET /open " + HEAD + b"Connection: close\r\n\r\n"
        )
        places = [said.index(b'"name":"%d"' % n) for n in range(3)]
        assert places == sorted(places)
        assert said.count(b"HTTP/1.1 200") == 4


async def test_a_stop_lets_what_has_begun_be_answered() -> None:
    controller = ToyController()
    async with shop(controller, grace=30) as found:
        call = asyncio.ensure_future(found.call("GET", "/wait"))
        await asyncio.wait_for(controller.began.wait(), 30)
        asyncio.get_running_loop().call_later(0.1, controller.go_on.set)
        # the client is closed after the server
    assert (await call).json()["name"] == "waited"


async def test_after_a_stop_nobody_gets_in() -> None:
    async with shop(ToyController()) as found:
        port = found.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


def test_an_address_in_use_is_one_sentence() -> None:
    taken = server.bind("127.0.0.1", 0)[0]
    port = taken.getsockname()[1]
    with pytest.raises(
        Exception, match=f"cannot listen on 127.0.0.1:{port}: .*choose another .* port"
    ) as caught:
        server.bind("127.0.0.1", port)
    assert "\n" not in str(caught.value)
    taken.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.name.invalid", "not a name", ""])
def test_an_address_that_is_not_ours_is_one_sentence(host: str) -> None:
    with pytest.raises(Exception, match="cannot listen on"):
        server.bind(host, 0)


def test_the_url_is_one_that_this_machine_reaches() -> None:
    for host, expected in (("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:")):
        bound = server.bind(host, 0)[0]
        assert server.url_of(bound).startswith(expected)
        bound.close()
