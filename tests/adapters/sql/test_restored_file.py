"""SQLite's file, restored from an older copy: who has read what was lost is told, however much came since."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from submarine.core.events.event import Event
from submarine.core.records import RECORDS, Records
from submarine.plugins.registry import discover
from tests.adapters.sql.returning import beyond, told

Copy = Callable[[Path, Path], None]


@asynccontextmanager
async def served(file: Path) -> AsyncIterator[Records]:
    """Open the records as a server does when it starts."""
    async with discover().open(RECORDS, "sqlite", {"path": file}) as records:
        yield records


async def happen(records: Records, *names: str) -> str:
    """Append an event for each of *names*, and return the cursor of the last."""
    async with records.begin() as tx:
        await tx.events.append([Event(at=1, project="p", job="j", type=name) for name in names])
    async with records.read() as tx:
        return await tx.events.last()


def backup(source: Path, target: Path) -> None:
    """Copy the file as ``sqlite3 FILE ".backup COPY"`` does, whoever has it open."""
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    one.close()
    other.close()


@pytest.mark.parametrize("more", [1, 50])
async def test_who_read_what_a_restored_file_has_lost_is_told(tmp_path: Path, more: int) -> None:
    """Fewer or more events than were lost may have come since: their numbers are the same."""
    file, copy = tmp_path / "records.db", tmp_path / "copy.db"
    async with served(file) as records:
        early = await happen(records, "a")
    shutil.copy(file, copy)
    async with served(file) as records:
        lost = await happen(records, *["lost"] * 9)
        assert not await beyond(records, lost)
    shutil.copy(copy, file)
    async with served(file) as records:
        assert await beyond(records, lost)
        last = await happen(records, *["b"] * more)
        assert await beyond(records, lost)
        assert not await beyond(records, early)
        assert not await beyond(records, last)
        assert await told(records, early) == ["b"] * more


async def test_a_copy_that_was_taken_from_a_server_at_work_is_told_from_it_too(tmp_path: Path) -> None:
    """It is from the middle of the life of one process, which went on."""
    file, copy = tmp_path / "records.db", tmp_path / "copy.db"
    async with served(file) as records:
        early = await happen(records, "a")
        backup(file, copy)
        lost = await happen(records, *["lost"] * 9)
    shutil.copy(copy, file)
    async with served(file) as records:
        await happen(records, *["b"] * 50)
        assert await beyond(records, lost)
        assert not await beyond(records, early)
        assert await told(records, early) == ["b"] * 50


async def test_an_earlier_copy_is_noticed_under_a_server_at_work(tmp_path: Path) -> None:
    file, copy = tmp_path / "records.db", tmp_path / "copy.db"
    async with served(file) as records:
        early = await happen(records, "a")
    shutil.copy(file, copy)
    async with served(file) as records:
        lost = await happen(records, *["lost"] * 9)
        backup(copy, file)
        await happen(records, *["b"] * 50)
        assert await beyond(records, lost)
        assert not await beyond(records, early)
        assert await told(records, early) == ["b"] * 50


async def test_a_start_alone_loses_no_reader_an_event(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    cursors = [""]
    for name in "abc":
        async with served(file) as records:
            cursors.append(await happen(records, name))
    async with served(file) as records:
        for number, cursor in enumerate(cursors):
            assert not await beyond(records, cursor)
            assert await told(records, cursor) == list("abc")[number:]


async def test_two_processes_on_one_file_append_in_one_order(tmp_path: Path) -> None:
    """Whoever opened it first does not add its events before those of the other."""
    file = tmp_path / "records.db"
    async with served(file) as one, served(file) as other:
        cursor = await happen(one, "a")
        cursor = await happen(other, "b")
        await happen(one, "c")
        assert await told(other, cursor) == ["c"]
        assert await told(one, "") == ["a", "b", "c"]
