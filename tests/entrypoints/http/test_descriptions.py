"""What may be said of an experiment."""

from __future__ import annotations

from pathlib import Path

from tests.entrypoints.http.site import Site, site


async def test_a_description_is_plain_text_when_it_is_changed_too(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        made = await server.made("POST", "/api/v1/experiments", json={"command": ["simulate", "exit=0"]})
        assert await _described(server, made["id"], "first\n\tsecond") == (200, "")
        status, reason = await _described(server, made["id"], "fine\x1b[2J")
        assert (status, reason) == (422, "holds the control character '\\x1b'")


async def _described(server: Site, ref: str, description: str) -> tuple[int, str]:
    answer = await server.call("PATCH", f"/api/v1/experiments/{ref}", json={"description": description})
    faults = answer.json().get("errors") or [{"reason": ""}]
    return answer.status_code, faults[0]["reason"]
