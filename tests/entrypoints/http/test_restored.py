"""Records that were restored from a copy, as those see it who watch events."""

from __future__ import annotations

import json
from pathlib import Path

from tests.entrypoints.http.site import site

LATER = {"Last-Event-ID": "0-1000000"}


async def test_the_history_of_an_experiment_is_told_again_to_who_has_seen_a_later_one(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        made = await server.made("POST", "/api/v1/experiments", json={"command": ["simulate", "exit=0"]})
        events = f"/api/v1/events?experiment={made['id']}"
        whole = await server.call("GET", events)
        again = await server.call("GET", events, headers=LATER)
        assert "event: reset" not in whole.text
        assert again.text == whole.text.replace("\n\n", "\n\nevent: reset\ndata: {}\n\n", 1)


async def test_who_has_seen_what_is_not_yet_goes_on_with_what_happens_next(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        await server.made("POST", "/api/v1/experiments", json={"command": ["simulate", "exit=0"]})
        headers = {"Authorization": f"Bearer {server.admin}", **LATER}
        async with server.client.stream("GET", "/api/v1/events", headers=headers) as stream:
            lines = stream.aiter_lines()
            async for line in lines:
                if line == "event: reset":
                    break
                assert not line.startswith("event:")
            next_one = await server.made("POST", "/api/v1/experiments", json={"command": ["simulate", "x"]})
            async for line in lines:
                if line.startswith("data: ") and json.loads(line[6:]).get("experiment") == next_one["id"]:
                    break
