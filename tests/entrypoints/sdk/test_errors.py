"""Problems become errors that tell the caller's next move."""

from __future__ import annotations

import pytest

from submarine.entrypoints.sdk.answers import Answer
from submarine.entrypoints.sdk.errors import (
    ApiError,
    Busy,
    ClientError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    ServerFault,
    Unauthenticated,
    Unavailable,
    error_of,
)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (422, "invalid", Invalid),
        (400, "invalid", Invalid),
        (413, "invalid", Invalid),
        (401, "unauthenticated", Unauthenticated),
        (403, "forbidden", Forbidden),
        (403, "quota", QuotaExceeded),
        (404, "not-found", NotFound),
        (409, "conflict", Conflict),
        (412, "precondition-failed", PreconditionFailed),
        (429, "busy", Busy),
        (503, "full", Unavailable),
        (503, "unavailable", Unavailable),
        (500, "adapter", ServerFault),
        (500, "internal", ServerFault),
        (418, "new-in-a-later-server", ApiError),
    ],
)
def test_each_code_of_the_server_has_an_error_of_its_own(
    status: int, code: str, kind: type[ApiError]
) -> None:
    error = error_of(status, {"code": code, "detail": "so it is", "request_id": "r1"}, {})
    assert type(error) is kind
    assert (error.code, error.status, error.request_id) == (code, status, "r1")


def test_an_error_reads_as_a_sentence_and_a_next_step() -> None:
    error = error_of(404, {"code": "not-found", "detail": "there is no experiment x"}, {})
    assert str(error) == "there is no experiment x. Check the name and the project."


def test_every_faulty_field_is_there() -> None:
    problem = {
        "code": "invalid",
        "detail": "roles: wrong",
        "errors": [{"field": "roles.w.replicas", "reason": "is 0", "expected": "1 to 1000"}, "odd"],
    }
    error = error_of(422, problem, {})
    assert [str(e) for e in error.errors] == ["roles.w.replicas: is 0 (expected 1 to 1000)", "odd"]


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[]", b'"text"', b"\xff\xfe"])
def test_a_proxys_page_becomes_an_error_too(body: bytes) -> None:
    with pytest.raises(Unavailable, match="status 502"):
        Answer(502, {"retry-after": "7"}, body).checked()


def test_the_pause_a_server_asks_for_is_known() -> None:
    assert error_of(429, {}, {"retry-after": "7"}).retry_after == 7
    assert error_of(429, {"retry_after": 3}, {}).retry_after == 3
    assert error_of(429, {}, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}).retry_after is None


def test_an_answer_that_is_not_json_says_what_it_is() -> None:
    with pytest.raises(ClientError, match="text/html"):
        Answer(200, {"content-type": "text/html"}, b"<html>").json()
