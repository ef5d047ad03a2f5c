from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.entrypoints.http.resources.metadata_bed import Api, serving


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as found:
        yield found


def points(*values: Any, key: str = "loss") -> list[dict[str, Any]]:
    return [{"key": key, "value": value, "step": n, "at": 1000 + n} for n, value in enumerate(values)]


async def test_a_job_reports_and_a_viewer_reads(api: Api) -> None:
    answer = await api.call(
        "POST", "/e1/metrics", json={"writer": "w", "sequence": 0, "points": points(0.5, 0.25)}
    )
    assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "duplicate": False})
    again = await api.call(
        "POST", "/e1/metrics", json={"writer": "w", "sequence": 0, "points": points(0.5, 0.25)}
    )
    assert again.json() == {"accepted": 0, "duplicate": True}
    assert await api.items("/digits-1/metrics") == [
        {
            "key": "loss",
            "value": 0.25,
            "step": 1,
            "at": "1970-01-01T00:00:01.001Z",
            "min": 0.25,
            "max": 0.5,
            "count": 2,
        }
    ]
    assert await api.items("/e1/metrics/loss") == [
        {"step": 0, "at": "1970-01-01T00:00:01.000Z", "value": 0.5},
        {"step": 1, "at": "1970-01-01T00:00:01.001Z", "value": 0.25},
    ]


async def test_step_and_time_may_be_left_out(api: Api) -> None:
    await api.call(
        "POST",
        "/e1/metrics",
        json={"points": [{"key": "x", "value": 1}, {"key": "x", "value": 2, "at": None}]},
    )
    found = await api.items("/e1/metrics/x")
    assert [(sample["step"], sample["at"]) for sample in found] == [(0, "2027-01-15T08:00:00.000Z")] * 2


async def test_what_json_has_no_number_for_goes_as_words(api: Api) -> None:
    await api.call("POST", "/e1/metrics", json={"points": points("NaN", "Infinity", "-Infinity", 1)})
    found = await api.items("/e1/metrics/loss")
    assert [sample["value"] for sample in found] == ["NaN", "Infinity", "-Infinity", 1.0]
    (latest,) = await api.items("/e1/metrics")
    assert (latest["min"], latest["max"]) == ("-Infinity", "Infinity")


@pytest.mark.parametrize("key", ["val/loss", "a b", "损失", "50%", "a?b#c", "a%2Fb", "...", "a//b", "/"])
async def test_a_metric_of_any_name_is_found_under_it(api: Api, key: str) -> None:
    await api.call("POST", "/e1/metrics", json={"points": points(1, key=key)})
    assert len(await api.items(f"/e1/metrics/{quote(key, safe='')}")) == 1


async def test_history_is_paged_and_thinned(api: Api) -> None:
    await api.call("POST", "/e1/metrics", json={"points": points(*range(100))})
    seen, path = [], "/e1/metrics/loss?limit=40"
    while True:
        page = (await api.call("GET", path)).json()
        seen += [sample["value"] for sample in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/e1/metrics/loss?limit=40&cursor={page['next_cursor']}"
    assert seen == list(range(100))
    assert [sample["step"] for sample in await api.items("/e1/metrics/loss?max_points=4")] == [0, 33, 66, 99]
    assert await api.items("/e1/metrics/loss?max_points=2&fields=step") == [{"step": 0}, {"step": 99}]


async def test_a_call_with_an_idempotency_key_counts_once_and_is_answered_alike(api: Api) -> None:
    async def post() -> tuple[Any, str | None]:
        answer = await api.call(
            "POST", "/e1/metrics", json={"points": points(1)}, headers={"Idempotency-Key": "k1"}
        )
        return answer.json(), answer.headers.get("Idempotency-Replayed")

    assert await post() == ({"accepted": 1, "duplicate": False}, None)
    assert await post() == ({"accepted": 1, "duplicate": False}, "true")
    assert len(await api.items("/e1/metrics/loss")) == 1


async def test_a_keyed_call_with_a_sequence_is_known_by_the_sequence(api: Api) -> None:
    body = {"writer": "w", "sequence": 3, "points": points(1)}
    for key, expected in (("k1", False), ("k1", True), ("k2", True)):
        answer = await api.call("POST", "/e1/metrics", json=body, headers={"Idempotency-Key": key})
        assert answer.json()["duplicate"] is expected


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({}, "points", "a value"),
        ({"points": [{"key": "x"}]}, "points.0.value", "a value"),
        ({"points": [{"key": "x", "value": "high"}]}, "points.0.value", "a valid number"),
        ({"points": [{"key": "x", "value": 1, "stp": 1}]}, "points.0.stp", "at, key, step, value"),
        ({"points": [{"key": "x", "value": 1, "step": 1.5}]}, "points.0.step", ""),
        ({"points": [{"key": "", "value": 1}]}, "points.0.key", "printable characters"),
        ({"points": [{"key": "..", "value": 1}]}, "points.0.key", "printable characters"),
        ({"points": [{"key": "x", "value": 1, "step": 2**63}]}, "points.0.step", "a 64-bit integer"),
        ({"points": [{"key": "x", "value": 1, "at": -1}]}, "points.0.at", "Unix milliseconds"),
        ({"points": [], "writer": "w"}, "sequence", "writer and sequence together"),
        ({"points": [], "writter": "w"}, "writter", "one of points, sequence, writer"),
    ],
)
async def test_what_is_wrong_is_named_with_what_would_be_right(
    api: Api, body: Any, field: str, expected: str
) -> None:
    answer = await api.call("POST", "/e1/metrics", json=body)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert expected in fault["expected"]


async def test_too_many_points_and_too_large_bodies_are_refused(api: Api) -> None:
    answer = await api.call("POST", "/e1/metrics", json={"points": [{"key": "x", "value": 1}] * 10_001})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["expected"] == "at most 10000 a call"
    crowded = b'{"others": [' + b"{}," * 300_000 + b"{}]}"
    assert (await api.call("POST", "/e1/metrics", content=crowded)).status_code == 413
    assert (await api.call("PATCH", "/e1/params", content=crowded)).status_code == 413
    huge = {"points": [{"key": "x" * 600, "value": 1}] * 9_000}
    assert (await api.call("POST", "/e1/metrics", content=json.dumps(huge))).status_code == 413


async def test_of_ten_thousand_misspelt_points_the_first_is_named(api: Api) -> None:
    answer = await api.call("POST", "/e1/metrics", json={"points": [{"key": "x", "vlaue": 1}] * 10_000})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["points.0.value", "points.0.vlaue"]


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("nobody", "/e1/metrics", 401),
        ("vic", "/e1/metrics", 403),
        ("eve", "/e1/metrics", 404),
        ("other-job", "/e1/metrics", 404),
        ("ada", "/none/metrics", 404),
        ("ada", "/e1/metrics?project=vision/other", 404),
        ("ada", "/digits-1/metrics?project=vision/digits", 200),
    ],
)
async def test_who_may_report(api: Api, who: str, path: str, status: int) -> None:
    assert (await api.call("POST", path, who, json={"points": points(1)})).status_code == status


async def test_an_unknown_metric_is_not_found(api: Api) -> None:
    answer = await api.call("GET", "/e1/metrics/none")
    assert answer.status_code == 404
    assert "on offer: none yet" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "max_points=0", "limit=x", "cursor=x", "tail=1"])
async def test_a_wrong_query_is_named(api: Api, query: str) -> None:
    await api.call("POST", "/e1/metrics", json={"points": points(1)})
    answer = await api.call("GET", f"/e1/metrics/loss?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_parameters_are_set_once(api: Api) -> None:
    params = {"lr": 0.1, "name": "x", "deep": True, "layers": 3, "seed": None}
    for _ in range(2):
        answer = await api.call("PATCH", "/e1/params", json={"params": params})
        assert (answer.status_code, answer.json()) == (200, {})
    answer = await api.call("PATCH", "/e1/params", json={"params": {"lr": 0.2}})
    assert answer.status_code == 409
    assert "lr is 0.1 and cannot become 0.2" in answer.json()["detail"]


async def test_a_parameter_that_is_no_scalar_is_refused(api: Api) -> None:
    for value in ([1], {"a": 1}):
        answer = await api.call("PATCH", "/e1/params", json={"params": {"x": value}})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("params.x")
    answer = await api.call("PATCH", "/e1/params", json={"params": {"a b": 1}})
    assert answer.json()["errors"][0]["field"] == "params.a b"


async def test_tags_are_added_and_removed(api: Api) -> None:
    answer = await api.call("PATCH", "/e1/tags", "ada", json={"add": ["b", "a"]})
    assert answer.json() == {"tags": ["a", "b"]}
    answer = await api.call("PATCH", "/e1/tags", json={"remove": ["b", "c"]})
    assert answer.json() == {"tags": ["a"]}
    assert (await api.call("PATCH", "/e1/tags", "vic", json={"add": ["x"]})).status_code == 403
    answer = await api.call("PATCH", "/e1/tags", json={"add": ["a\nb"]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "add.0")
