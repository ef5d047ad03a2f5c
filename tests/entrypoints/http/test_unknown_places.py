"""What can never run here is refused when it is submitted, not found waiting for ever."""

from __future__ import annotations

import json
from pathlib import Path

from tests.entrypoints.http.site import site

SPEC = {"name": "astray", "command": ["simulate", "exit=0"]}


async def test_a_cluster_that_nobody_configured_is_refused_with_those_on_offer(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        for query in ("", "?dry_run=true"):
            said = await server.call(
                "POST", f"/api/v1/experiments{query}", json={**SPEC, "placement": {"cluster": "elsewhere"}}
            )
            assert said.status_code == 422, said.text
            (fault,) = said.json()["errors"]
            assert fault["field"] == "placement.cluster"
            assert "elsewhere" in fault["reason"]
            assert fault["expected"] == "one of sim"
        assert (await server.made("GET", "/api/v1/experiments"))["items"] == []
        await server.made("POST", "/api/v1/experiments", json={**SPEC, "placement": {"cluster": "sim"}})


async def test_a_large_spec_is_read_as_a_small_one_is(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        large = json.dumps({**SPEC, "description": "x" * 9_000}).encode() + b" " * 80_000
        headers = {"Content-Type": "application/json"}
        made = await server.made("POST", "/api/v1/experiments", content=large, headers=headers)
        assert made["name"] == "astray"
        wrong = await server.call("POST", "/api/v1/experiments", content=large + b"}", headers=headers)
        assert wrong.status_code == 400
