from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from submarine.entrypoints.settings import Limits
from tests.entrypoints.http.resources.metadata_bed import Api, serving

LIMIT = 100_000


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path, Limits(upload=LIMIT)) as found:
        yield found


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def kept(api: Api) -> int:
    return len([entry async for entry in api.objects.list()])


async def test_bytes_come_back_as_they_went(api: Api) -> None:
    data = bytes(range(256)) * 300
    digest = hashlib.sha256(data)
    answer = await api.call("PUT", "/e1/artifacts/model/weights.pt", content=pieces(data[:1000], data[1000:]))
    assert answer.status_code == 201
    assert answer.json() == {
        "path": "model/weights.pt",
        "uri": "submarine://e1/model/weights.pt",
        "size": len(data),
        "digest": f"sha256:{digest.hexdigest()}",
        "created_at": "2027-01-15T08:00:00.000Z",
    }
    found = await api.call("GET", "/e1/artifacts/model/weights.pt", "vic")
    assert (found.status_code, found.content) == (200, data)
    assert found.headers["Content-Length"] == str(len(data))
    assert found.headers["Content-Disposition"] == "attachment"
    assert found.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    head = await api.call("HEAD", "/e1/artifacts/model/weights.pt", "vic")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(data)), b"")


async def test_an_empty_file_is_an_artifact(api: Api) -> None:
    assert (await api.call("PUT", "/e1/artifacts/empty", content=b"")).json()["size"] == 0
    assert (await api.call("GET", "/e1/artifacts/empty")).content == b""


@pytest.mark.parametrize("path", ["a b.txt", "模型/权重.pt", "50%.txt", "a?b#c", "%2e%2e"])
async def test_a_file_of_any_name_is_found_under_it(api: Api, path: str) -> None:
    url = f"/e1/artifacts/{quote(path)}"
    assert (await api.call("PUT", url, content=b"x")).json()["path"] == path
    assert (await api.call("GET", url)).content == b"x"
    assert [found["path"] for found in await api.items("/e1/artifacts")] == [path]


@pytest.mark.parametrize(
    "path", ["..%2F..%2Fetc%2Fpasswd", "a%2F..%2Fb", "%2Fetc", "a%00b", "a%5Cb", "a%2F%2Fb"]
)
async def test_a_path_that_leads_astray_is_refused(api: Api, path: str) -> None:
    answer = await api.call("PUT", f"/e1/artifacts/{path}", content=b"x")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "path")
    assert await kept(api) == 0


async def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(api: Api) -> None:
    answer = await api.call("PUT", "/e1/artifacts/announced", content=b"x" * (LIMIT + 1))
    assert answer.status_code == 413
    answer = await api.call("PUT", "/e1/artifacts/streamed", content=pieces(b"x" * LIMIT, b"y"))
    assert answer.status_code == 413
    assert await kept(api) == 0
    assert await api.items("/e1/artifacts") == []


async def test_an_upload_that_is_cut_leaves_what_was_there(api: Api) -> None:
    await api.call("PUT", "/e1/artifacts/x", content=b"old")
    url = api.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port or 0)
    head = "PUT /api/v1/experiments/e1/artifacts/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer job\r\n"
    writer.write(f"{head}Content-Length: 1000\r\n\r\npartly".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    del reader
    for _ in range(20):  # the server notices in its own time; nothing may ever change
        assert (await api.call("GET", "/e1/artifacts/x")).content == b"old"
        await asyncio.sleep(0.01)
    assert await kept(api) == 1


async def test_an_artifact_is_replaced_and_deleted(api: Api) -> None:
    for data in (b"one", b"three"):
        await api.call("PUT", "/e1/artifacts/x", content=data)
    assert (await api.call("GET", "/e1/artifacts/x")).content == b"three"
    assert (await api.call("DELETE", "/e1/artifacts/x", "vic")).status_code == 403
    assert (await api.call("DELETE", "/e1/artifacts/x", "ada")).status_code == 204
    assert (await api.call("GET", "/e1/artifacts/x")).status_code == 404
    assert (await api.call("DELETE", "/e1/artifacts/x", "ada")).status_code == 404
    assert await kept(api) == 0


async def test_an_artifact_elsewhere_is_registered_and_not_served(api: Api) -> None:
    body = {"path": "data", "uri": "s3://bucket/data.parquet", "size": 7}
    answer = await api.call("POST", "/e1/artifacts", "ada", json=body)
    assert answer.status_code == 201
    assert answer.json() == {**body, "digest": None, "created_at": "2027-01-15T08:00:00.000Z"}
    found = await api.call("GET", "/e1/artifacts/data")
    assert found.status_code == 409
    assert "s3://bucket/data.parquet" in found.json()["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uri": "submarine://e2/x"}, "uri"),
        ({"uri": "x"}, "uri"),
        ({"path": "../x"}, "path"),
        ({"size": -1}, "size"),
        ({"digest": "abc"}, "digest"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_wrong_registration_is_named(api: Api, change: dict[str, object], field: str) -> None:
    body = {"path": "x", "uri": "s3://b/x", **change}
    answer = await api.call("POST", "/e1/artifacts", "ada", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_artifacts_are_listed_in_pages(api: Api) -> None:
    for path in ("c", "a", "b/x"):
        await api.call("PUT", f"/e1/artifacts/{path}", content=b"")
    first = (await api.call("GET", "/e1/artifacts?limit=2")).json()
    assert [found["path"] for found in first["items"]] == ["a", "b/x"]
    rest = (
        await api.call("GET", f"/e1/artifacts?limit=2&cursor={quote(first['next_cursor'], safe='')}")
    ).json()
    assert ([found["path"] for found in rest["items"]], rest["next_cursor"]) == (["c"], None)


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("vic", 403), ("eve", 404), ("other-job", 404)])
async def test_who_may_upload(api: Api, who: str, status: int) -> None:
    assert (await api.call("PUT", "/e1/artifacts/x", who, content=b"x")).status_code == status
    assert await kept(api) == 0


async def test_a_stranger_cannot_read_artifacts(api: Api) -> None:
    await api.call("PUT", "/e1/artifacts/x", content=b"x")
    for path in ("/e1/artifacts", "/e1/artifacts/x", "/e2/artifacts/x"):
        assert (await api.call("GET", path, "eve")).status_code == 404
