"""Answers that go on: complete, resumable, bounded, and over when they must be."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from submarine.entrypoints.http.connection import Gate
from submarine.entrypoints.http.event_stream import Mailbox, ServerEvent
from submarine.entrypoints.settings import Limits
from tests.entrypoints.http.streaming import CHUNK, StreamController
from tests.entrypoints.http.toys import ADA, Shop, shop, until

GET = b"GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\n\r\n"


async def test_events_come_whole_and_the_stream_ends_with_its_source() -> None:
    async with shop(StreamController()) as found:
        answer = await found.call("GET", "/events")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["x-request-id"]
        blocks = answer.text.split("\n\n")
        assert blocks[0] == "retry: 1000"
        assert blocks[1] == "id: 1\nevent: tick\ndata: {\ndata: 1}"
        assert len(blocks) == 5


async def test_a_client_resumes_after_the_last_event_it_got() -> None:
    async with shop(StreamController()) as found:
        answer = await found.call("GET", "/events?count=5", headers={"Last-Event-ID": "3"})
        assert [line for line in answer.text.split("\n") if line.startswith("id")] == ["id: 4", "id: 5"]


async def test_a_silent_stream_is_kept_alive_by_comments() -> None:
    controller = StreamController(heartbeat=0.02)
    async with shop(controller) as found, found.client.stream("GET", "/silence", headers=ADA) as answer:
        text = ""
        async for chunk in answer.aiter_text():
            text += chunk
            if text.count(":\n\n") >= 2:
                controller.bell.set()
        assert text.index("data: first") < text.index(":\n\n") < text.index("data: last")


async def test_no_event_can_smuggle_in_another() -> None:
    event = ServerEvent(id="1\nid: 2", event="a\r\ndata: x", data="one\r\ntwo\rthree\nfour")
    assert event.encode() == (
        b"id: 1 id: 2\nevent: a  data: x\ndata: one\ndata: two\ndata: three\ndata: four\n\n"
    )


@pytest.mark.parametrize("path", [b"/flood", b"/bytes?count=1000000"])
async def test_a_client_that_never_reads_holds_little_and_is_hung_up_on(path: bytes) -> None:
    controller = StreamController()
    async with shop(controller, gate=Gate(stall=0.3)) as found:
        reader, writer = await found.connect()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(GET % path)
        await until(lambda: controller.left == 1)
        assert controller.given * len(CHUNK) < 32 * 2**20  # what both kernels' buffers take, and one chunk
        assert len(found.service.streams) == 0
        writer.close()
        del reader


async def test_a_slow_client_gets_everything() -> None:
    controller = StreamController()
    async with shop(controller, gate=Gate(stall=5)) as found:
        got = 0
        async with found.client.stream("GET", "/bytes?count=300", headers=ADA) as answer:
            async for chunk in answer.aiter_raw(2**20):
                got += len(chunk)
                await asyncio.sleep(0.005)
        assert got == 300 * len(CHUNK)


async def test_the_source_is_left_when_the_client_leaves() -> None:
    controller = StreamController()
    async with shop(controller) as found:
        async with found.client.stream("GET", "/silence", headers=ADA) as answer:
            await anext(answer.aiter_text())
            assert len(found.service.streams) == 1
        await until(lambda: controller.left == 1 and len(found.service.streams) == 0)


async def test_bytes_come_with_their_headers_and_end_well() -> None:
    async with shop(StreamController()) as found:
        answer = await found.call("GET", "/bytes?count=3")
        assert answer.content == CHUNK * 3
        assert answer.headers["x-offset"] == "7"
        known = await found.call("GET", f"/bytes?count=3&length={3 * len(CHUNK)}")
        assert int(known.headers["content-length"]) == 3 * len(CHUNK)


@pytest.mark.parametrize("query", ["count=3&fail=true", "count=3&length=9999999"])
async def test_a_part_is_never_taken_for_the_whole(query: str, caplog: pytest.LogCaptureFixture) -> None:
    async with shop(StreamController()) as found:
        with pytest.raises(httpx.RemoteProtocolError):
            await found.call("GET", f"/bytes?{query}")
        await until(lambda: any("byte stream" in r.getMessage() for r in caplog.records))


async def test_head_does_not_begin_a_stream() -> None:
    controller = StreamController()
    async with shop(controller) as found:
        for path in ("/flood", "/bytes"):
            answer = await found.call("HEAD", path)
            assert (answer.status_code, answer.content) == (200, b"")
        assert controller.given == 0


async def test_streams_too_many_are_refused_and_others_still_answered() -> None:
    async with shop(StreamController(), limits=Limits(streams=1)) as found:
        async with found.client.stream("GET", "/silence", headers=ADA) as answer:
            await anext(answer.aiter_text())
            other = await found.call("GET", "/events")
            assert (other.status_code, other.headers["retry-after"]) == (503, "1")
            assert (await found.client.get("/readyz")).status_code == 200
        await until(lambda: found.service.following.now == 0)
        assert (await found.call("GET", "/events")).status_code == 200


async def test_a_stop_ends_every_stream_so_that_clients_resume() -> None:
    controller = StreamController()

    async def follow(found: Shop) -> str:
        async with httpx.AsyncClient(base_url=found.url, timeout=30, verify=False) as client:
            return (await client.get("/silence", headers=ADA)).text

    async with shop(controller, grace=30) as found:
        follower = asyncio.ensure_future(follow(found))
        await until(lambda: len(found.service.streams) == 1)
        began = asyncio.get_running_loop().time()
    assert "data: first" in await asyncio.wait_for(follower, 30)
    assert controller.left == 1
    assert asyncio.get_running_loop().time() - began < 20


async def test_a_mailbox_that_runs_over_is_closed_after_what_is_in_it() -> None:
    box: Mailbox[int] = Mailbox(limit=2)
    assert [box.put(n) for n in range(4)] == [True, True, False, False]
    assert [n async for n in box] == [0, 1]
