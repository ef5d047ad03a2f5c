"""From a request to arguments: what fits is handed over, what does not is named with what would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from submarine.core.access.principal import Principal
from submarine.entrypoints.http.faults import faults_of, summary_of
from submarine.entrypoints.http.routing import Route, route
from submarine.entrypoints.http.signature import signature_of
from submarine.entrypoints.settings import Limits
from tests.entrypoints.http.toys import Shop, Toy, ToyController, ToyView, shop, until


@pytest.fixture
async def toys() -> AsyncIterator[Shop]:
    async with shop(ToyController(), limits=Limits(body=1024, upload=2048)) as found:
        yield found


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return found


async def test_an_unknown_query_key_is_refused_with_what_is_offered(toys: Shop) -> None:
    found = problem(await toys.call("GET", "/toys?limt=3&curser=x"), 422)
    assert [e["field"] for e in found["errors"]] == ["limt", "curser"]
    assert found["errors"][0]["expected"] == "one of cursor, fields, filter, limit, new, tag"


async def test_a_route_without_a_query_says_so(toys: Shop) -> None:
    assert (
        problem(await toys.call("DELETE", "/toys/a?force=1"), 422)["errors"][0]["expected"]
        == "no query at all"
    )


async def test_a_key_given_twice_is_refused_unless_it_is_a_list(toys: Shop) -> None:
    assert "is given twice" in problem(await toys.call("GET", "/toys?limit=1&limit=2"), 422)["detail"]
    assert (await toys.call("GET", "/toys?tag=a&tag=b")).status_code == 200
    assert (
        "at most 3"
        in problem(await toys.call("GET", "/toys?tag=a&tag=b&tag=c&tag=d"), 422)["errors"][0]["expected"]
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=0", "at least 1"),
        ("limit=501", "at most 500"),
        ("limit=many", "a valid integer"),
        ("limit=" + "9" * 5000, "a valid integer"),
        ("limit=", "a valid integer"),
        ("new=perhaps", "a valid boolean"),
    ],
)
async def test_a_wrong_value_is_refused_with_what_would_be_right(
    toys: Shop, query: str, expected: str
) -> None:
    fault = problem(await toys.call("GET", f"/toys?{query}"), 422)["errors"][0]
    assert fault["field"] == query.partition("=")[0]
    assert expected in fault["expected"]


async def test_every_fault_of_a_body_is_named_at_once(toys: Shop) -> None:
    found = problem(
        await toys.call("POST", "/toys", json={"size": 11, "parts": {"leg": -1}, "colour": "red"}), 422
    )
    assert {e["field"]: e["expected"] for e in found["errors"]} == {
        "name": "a value",
        "size": "at most 10",
        "parts.leg": "at least 0",
        "colour": "one of name, parts, size",
    }


async def test_a_faulty_value_is_not_repeated_because_it_may_be_a_password(toys: Shop) -> None:
    answer = await toys.call("POST", "/toys", json={"name": ["hunter2"], "size": "hunter2"})
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"name": "a",\n "size": }', "line 2 column 10"),
        (b"", "the body is missing"),
        (b"{" * 3000, "line 1"),
        (b'{"name": "\xff"}', "line 1"),
        (b'{"name": NaN}', ""),
    ],
    ids=["syntax", "empty", "deep", "not-utf8", "nan"],
)
async def test_what_is_no_json_is_refused_with_the_place(body: bytes, where: str) -> None:
    async with shop(ToyController()) as toys:
        answer = await toys.call("POST", "/toys", content=body, headers={"Content-Type": "application/json"})
        found = problem(answer, 422 if not body or b"NaN" in body else 400)
        assert where in found["detail"]


async def test_a_body_of_another_type_is_refused_with_the_right_one(toys: Shop) -> None:
    for kind in ("text/plain", "application/xml", "nonsense", "multipart/form-data; boundary=x"):
        answer = await toys.call("POST", "/toys", content=b'{"name":"a"}', headers={"Content-Type": kind})
        assert "application/json" in problem(answer, 415)["detail"]


async def test_a_body_that_says_no_type_is_taken_for_json(toys: Shop) -> None:
    assert (await toys.call("POST", "/toys", content=b'{"name":"a"}')).status_code == 201


async def test_an_optional_body_may_be_left_out(toys: Shop) -> None:
    assert (await toys.call("POST", "/optional")).json()["name"] == "nobody"
    assert (await toys.call("POST", "/optional", json={"name": "x"})).json()["name"] == "x"


async def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read(toys: Shop) -> None:
    said = await toys.raw(
        b"POST /toys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\nConnection: close\r\n"
        b"Content-Length: 99999999999\r\n\r\n{",
        until=b"at most 1024",
    )
    assert said.startswith(b"HTTP/1.1 413")


async def test_a_body_that_grows_too_large_is_refused(toys: Shop) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    assert "at most 1024" in problem(await toys.call("POST", "/toys", content=body()), 413)["detail"]
    assert "at most 2048" in problem(await toys.call("PUT", "/uploads", content=body()), 413)["detail"]


async def test_a_form_is_small_whatever_bodies_are_taken_elsewhere() -> None:
    """A stranger may send one at the login, and nobody is served while megabytes are read in one go."""
    async with shop(ToyController(), limits=Limits(body=4 * 2**20)) as toys:
        answer = await toys.call("POST", "/toys", content=b'{"name": "x", "parts": [' + b"{}," * 2**17)
        assert "at most 262144" in problem(answer, 413)["detail"]


async def test_an_upload_is_handed_over_as_it_comes() -> None:
    controller = ToyController()
    async with shop(controller) as toys:
        reader, writer = await toys.connect()
        writer.write(
            b"PUT /uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\nContent-Length: 6\r\n\r\nabc"
        )
        await until(lambda: controller.taken == 3)
        writer.write(b"def")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()


def test_a_handler_that_does_not_fit_its_route_is_found_at_the_start() -> None:
    async def lacks(principal: Principal) -> ToyView:
        raise NotImplementedError

    async def open_with_principal(principal: Principal) -> ToyView:
        raise NotImplementedError

    with pytest.raises(TypeError, match="the path has"):
        signature_of(lacks, Route(method="GET", path="/x/{name}"))
    with pytest.raises(TypeError, match="open route"):
        signature_of(open_with_principal, Route(method="GET", path="/x", auth=False))


def test_a_mark_does_not_change_the_method() -> None:
    async def handler(body: Toy) -> ToyView:
        raise NotImplementedError

    assert route("POST", "/x")(handler) is handler


class Letters(BaseModel, extra="forbid"):
    """A body without any key."""


def invalid(count: int) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Letters.model_validate({f"k{n}": 1 for n in range(count)})
    return caught.value


def test_an_answer_names_a_hundred_faults_and_says_how_many_there_are() -> None:
    error = invalid(150)
    faults = faults_of(error, Letters)
    assert [fault.field for fault in faults] == [f"k{n}" for n in range(100)]
    assert summary_of(faults, error.error_count()) == "k0: is not known (and 149 more)"


def test_of_a_great_many_faults_only_the_number_is_told() -> None:
    (fault,) = faults_of(invalid(100_000), Letters)
    assert fault.reason == "there are 100000 faults in it"
