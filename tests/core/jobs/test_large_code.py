"""Code that is large takes its time on a slow link, and arrives; a cluster that takes none of it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from submarine.core.jobs import driver
from submarine.core.jobs.code import CodeArchive
from tests.core.jobs.site import Site

CODE = CodeArchive(digest="0" * 64, size=8, name="code.tar.gz")


class Slow:
    """A store whose every piece takes *pause* seconds."""

    def __init__(self, pause: float, pieces: int) -> None:
        self._pause = pause
        self._pieces = pieces

    async def get(self, _: str) -> AsyncIterator[bytes]:
        for _piece in range(self._pieces):
            await asyncio.sleep(self._pause)
            yield b"x"


def supply(site: Site, monkeypatch: pytest.MonkeyPatch, store: Any) -> None:
    monkeypatch.setattr(site.store, "get", store.get)


async def test_code_that_takes_longer_than_a_submission_may_arrives_at_the_first_try(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "SUBMIT_LIMIT_S", 1.5)
    supply(site, monkeypatch, Slow(0.3, 8))
    job = await site.submit(source=CODE)
    await site.in_state(job, "running")
    assert len(site.runtime.submits) == 1


async def test_code_that_stands_still_makes_the_cluster_be_asked_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "SUBMIT_LIMIT_S", 0.3)
    supply(site, monkeypatch, Slow(60, 1))
    job = await site.submit(source=CODE)
    found = await site.until(job, lambda found: found.reason == "unreachable")
    assert "within 0.3 s" in found.message
