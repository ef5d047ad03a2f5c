"""How many artifacts an experiment may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from submarine.core.metadata import artifact_manager
from tests.entrypoints.http.site import site


async def test_the_artifact_too_many_is_refused_and_nothing_of_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact_manager, "MOST_ARTIFACTS", 2)
    async with site(tmp_path) as server:
        spec = {"name": "full", "command": ["simulate", "exit=0"]}
        base = f"/api/v1/experiments/{(await server.made('POST', '/api/v1/experiments', json=spec))['id']}"
        for name in ("a", "b", "a"):  # the third replaces the first
            await server.made("PUT", f"{base}/artifacts/{name}", content=b"x")
        uri = {"path": "c", "uri": "s3://b/c"}
        for said in (
            await server.call("PUT", f"{base}/artifacts/c", content=b"x"),
            await server.call("POST", f"{base}/artifacts", json=uri),
        ):
            assert said.status_code == 422
            assert said.json()["errors"][0]["expected"] == "at most 2"
        kept = (await server.made("GET", f"{base}/artifacts"))["items"]
        assert [item["path"] for item in kept] == ["a", "b"]
        await server.call("DELETE", f"{base}/artifacts/a")
        await server.made("PUT", f"{base}/artifacts/c", content=b"x")
