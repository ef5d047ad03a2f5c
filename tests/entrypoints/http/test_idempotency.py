"""A POST that is sent twice is done once."""

from __future__ import annotations

import asyncio

import pytest

from submarine.core.errors import ConflictError
from submarine.entrypoints.http.idempotency import Idempotency, MemoryIdempotencyStore, StoredAnswer
from tests.entrypoints.http.toys import ToyController, shop, until

KEY = {"Idempotency-Key": "k-1"}


async def test_a_repetition_gets_the_first_answer_and_is_not_done_again() -> None:
    controller = ToyController()
    async with shop(controller) as toys:
        first = await toys.call("POST", "/toys", json={"name": "a"}, headers=KEY)
        again = await toys.call("POST", "/toys", json={"name": "a"}, headers=KEY)
        assert controller.made == 1
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["etag"] == first.headers["etag"]
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["x-request-id"] != first.headers["x-request-id"]


async def test_a_key_is_of_one_caller_and_one_route() -> None:
    controller = ToyController()
    async with shop(controller) as toys:
        await toys.call("POST", "/toys", json={"name": "a"}, headers=KEY)
        bob = {**KEY, "Authorization": "Bearer bob"}
        other = await toys.call("POST", "/toys", json={"name": "a"}, headers=bob)
        assert "idempotency-replayed" not in other.headers
        await toys.call("POST", "/secrets", json={"name": "a"}, headers=KEY)
        assert controller.made == 3


async def test_a_key_that_comes_with_another_request_is_a_conflict() -> None:
    async with shop(ToyController()) as toys:
        for path in ("/toys", "/secrets"):
            await toys.call("POST", path, json={"name": "a"}, headers=KEY)
            other = await toys.call("POST", path, json={"name": "b"}, headers=KEY)
            assert (other.status_code, other.json()["code"]) == (409, "conflict")
            assert "take a new key" in other.json()["detail"]
        query = await toys.call("POST", "/toys?x=1", json={"name": "a"}, headers=KEY)
        assert query.status_code == 409


async def test_copies_at_the_same_time_are_done_once() -> None:
    controller = ToyController()
    async with shop(controller) as toys:
        calls = [
            asyncio.ensure_future(toys.call("POST", "/toys", json={"name": "slow"}, headers=KEY))
            for _ in range(8)
        ]
        await asyncio.wait_for(controller.began.wait(), 30)
        await until(lambda: toys.service.requests.now == 8)
        controller.go_on.set()
        answers = await asyncio.gather(*calls)
        assert controller.made == 1
        assert {(a.status_code, a.content) for a in answers} == {(201, answers[0].content)}
        assert sum("idempotency-replayed" in a.headers for a in answers) == 7


async def test_a_copy_finds_what_was_done_though_the_first_client_left() -> None:
    controller = ToyController()
    async with shop(controller) as toys:
        call = asyncio.ensure_future(toys.call("POST", "/toys", json={"name": "slow"}, headers=KEY))
        await asyncio.wait_for(controller.began.wait(), 30)
        call.cancel()
        await asyncio.wait([call])
        controller.go_on.set()
        again = await toys.call("POST", "/toys", json={"name": "slow"}, headers=KEY)
        assert again.headers["idempotency-replayed"] == "true"
        assert controller.made == 1


async def test_what_failed_is_not_kept_and_a_copy_tries_afresh() -> None:
    controller = ToyController()
    controller.fail = 1
    async with shop(controller) as toys:
        assert (await toys.call("POST", "/toys", json={"name": "a"}, headers=KEY)).status_code == 500
        again = await toys.call("POST", "/toys", json={"name": "a"}, headers=KEY)
        assert (again.status_code, controller.made) == (201, 2)
        assert "idempotency-replayed" not in again.headers


async def test_a_refused_body_leaves_the_key_free() -> None:
    async with shop(ToyController()) as toys:
        assert (await toys.call("POST", "/toys", json={"name": ""}, headers=KEY)).status_code == 422
        assert (await toys.call("POST", "/toys", json={"name": "a"}, headers=KEY)).status_code == 201


async def test_a_handler_that_keeps_by_itself_is_asked_again() -> None:
    controller = ToyController()
    async with shop(controller) as toys:
        await toys.call("POST", "/own", json={"name": "a"}, headers=KEY)
        again = await toys.call("POST", "/own", json={"name": "a"}, headers=KEY)
        assert controller.made == 2
        assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "ü".encode("latin-1")])
async def test_a_key_that_is_none_is_refused(key: str | bytes) -> None:
    async with shop(ToyController()) as toys:
        answer = await toys.call("POST", "/toys", json={"name": "a"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 422
        assert "1 to 128" in answer.json()["errors"][0]["expected"]


async def test_memory_keeps_a_bounded_number_for_a_while() -> None:
    at = [0.0]
    store = MemoryIdempotencyStore(lifetime=10, limit=2, clock=lambda: at[0])
    promises = [Idempotency("s", str(n), "f") for n in range(3)]
    for promise in promises:
        await store.finish(promise, StoredAnswer(200, promise.key.encode()))
    assert await store.begin(promises[0]) is None
    assert await store.begin(promises[2]) == StoredAnswer(200, b"2")
    with pytest.raises(ConflictError):
        await store.begin(Idempotency("s", "2", "other"))
    at[0] = 11
    assert await store.begin(promises[2]) is None
