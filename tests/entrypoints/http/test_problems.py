"""What goes wrong is told as a problem document; what strangers should not read is only logged."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator

import pytest

from tests.entrypoints.http.toys import Shop, ToyController, shop


@pytest.fixture
async def toys() -> AsyncIterator[Shop]:
    async with shop(ToyController(), hosts=("127.0.0.1", "good.example", "*.below.example")) as found:
        yield found


async def test_an_unknown_error_is_500_without_details_and_logged_with_its_request(
    toys: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, code in (("bug", "internal"), ("adapter", "adapter"), ("cut", "internal")):
        answer = await toys.call("GET", f"/faults/{kind}", headers={"X-Request-Id": f"my-{kind}"})
        assert answer.status_code == 500
        found = answer.json()
        assert (found["code"], found["request_id"]) == (code, f"my-{kind}")
        assert "sub_" not in answer.text
        assert "Traceback" not in answer.text
        logged = [r for r in caplog.records if f"my-{kind}" in r.getMessage()]
        assert logged[0].levelno == logging.ERROR
        assert logged[0].exc_info


async def test_the_errors_of_the_core_have_their_status_and_words(toys: Shop) -> None:
    for path, status, detail in (
        ("/toys/none", 404, "no toy 'none'"),
        ("/faults/conflict", 409, "the toy is in use"),
        ("/faults/wrong", 422, "size: is too big"),
        ("/faults/away", 503, "the shop is away"),
    ):
        answer = await toys.call("GET", path)
        found = answer.json()
        assert answer.status_code == found["status"] == status
        assert detail in found["detail"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "request_id", "errors"} <= found.keys()
        assert found["type"] == f"urn:submarine:{found['code']}"


async def test_a_problem_that_passes_says_when_to_come_back(toys: Shop) -> None:
    assert (await toys.call("GET", "/faults/away")).headers["retry-after"] == "2"
    answer = await toys.call("GET", "/faults/busy")
    assert answer.headers["retry-after"] == "8"
    assert answer.json()["retry_after"] == 7.2


async def test_a_path_or_method_that_is_not_offered_is_a_problem_too(toys: Shop) -> None:
    missing = await toys.client.get("/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    wrong = await toys.call("PUT", "/toys/a")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, GET, HEAD, PATCH")
    assert "on offer: DELETE, GET, HEAD, PATCH" in wrong.json()["detail"]


async def test_no_encoding_of_a_name_breaks_an_answer(toys: Shop) -> None:
    for path in ("/faults/surrogate", "/toys/%00", "/toys/%ff%fe", "/toys/%F0%9F%90%9F", "/toys/%2e%2e%2f"):
        assert (await toys.call("GET", path)).status_code < 500, path


async def test_nobody_gets_in_without_a_token(toys: Shop) -> None:
    for header in (
        None,
        "",
        "ada",
        "Basic YWRhOg==",
        "Bearer",
        "Bearer eve",
        "Bearer ada bob",
        "Bearer " + "x" * 2000,
    ):
        answer = await toys.client.get("/toys", headers={} if header is None else {"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), header
        assert answer.headers["www-authenticate"] == 'Bearer realm="submarine"'
    assert (await toys.client.get("/toys", headers={"Authorization": "bEaReR   ada"})).status_code == 200
    assert (await toys.client.get("/open")).status_code == 200


async def test_a_sane_request_id_is_kept_and_any_other_replaced(toys: Shop) -> None:
    for sent, kept in (
        ("abc-1.2:3_4", True),
        ("", False),
        ("a b", False),
        ("x" * 65, False),
        ("a;b", False),
    ):
        answer = await toys.client.get("/open", headers={"X-Request-Id": sent})
        seen = answer.headers["x-request-id"]
        assert (seen == sent) is kept
        assert answer.json()["name"] == seen
        assert re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", seen)


async def test_security_headers_stand_on_every_answer(toys: Shop) -> None:
    for method, path in (("GET", "/open"), ("GET", "/nowhere"), ("GET", "/faults/bug"), ("OPTIONS", "/open")):
        headers = (await toys.call(method, path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["server"] == "submarine"
        assert headers["x-request-id"]


async def test_a_stranger_s_name_for_this_server_is_refused(toys: Shop) -> None:
    for host, status in (
        ("evil.example", 421),
        ("evil.example:8080", 421),
        ("127.0.0.1.evil.example", 421),
        ("notbelow.example", 421),
        ("below.example", 421),
        ("[::1]:80", 421),
        ("", 421),
        ("127.0.0.1:1", 200),
        ("GOOD.example.", 200),
        ("any.below.example:443", 200),
    ):
        answer = await toys.client.get("/open", headers={"Host": host})
        assert answer.status_code == status, host
    evil = await toys.client.get("/open", headers={"Host": "evil.example"})
    assert "allowed_hosts" in evil.json()["detail"]
    assert (await toys.client.get("/healthz", headers={"Host": "10.0.0.7:8080"})).status_code == 200


async def test_each_request_is_logged_once_by_its_route_and_without_its_token(
    toys: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "submarine.access"):
        await toys.call("GET", "/toys/a?fields=name")
        await toys.client.get("/some/secret/path")
    lines = [r for r in caplog.records if r.name == "submarine.access"]
    assert [line.getMessage() for line in lines] == ["GET /toys/{name} 200", "GET unmatched 404"]
    assert vars(lines[0])["principal"] == "ada"
    assert not any("Bearer" in str(vars(line)) for line in lines)
