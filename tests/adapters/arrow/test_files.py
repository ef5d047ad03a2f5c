"""How objects lie on the disk, and what handling them costs."""

from __future__ import annotations

import asyncio
import os
import stat
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.registry import discover

MIB = 2**20


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def many(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_an_object_is_a_plain_file_for_the_server_alone(store: ObjectStore, root: Path) -> None:
    await store.put("a/b/c", b"123")
    assert (root / "a/b/c").read_bytes() == b"123"
    assert stat.S_IMODE((root / "a/b/c").stat().st_mode) == 0o600
    assert {stat.S_IMODE((root / p).stat().st_mode) for p in ("", "a", "a/b", "+drafts")} == {0o700}


async def test_deleting_the_last_object_removes_emptied_folders(store: ObjectStore, root: Path) -> None:
    await store.put("a/b/c/d", b"1")
    await store.put("a/e", b"1")
    await store.delete("a/b/c/d")
    assert [path.name for path in (root / "a").iterdir()] == ["e"]
    await store.delete("a/e")
    assert [path.name for path in root.iterdir()] == ["+drafts"]


async def test_what_is_answered_is_on_the_disk(
    store: ObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is flushed before it gets its name, its folders after; nothing else survives a power cut."""
    done: list[str] = []
    fsync, rename = os.fsync, os.rename

    def flushing(file: int) -> None:
        done.append(str(Path(f"/proc/self/fd/{file}").readlink()))
        fsync(file)

    def renaming(src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        done.append("renamed")
        rename(src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", flushing)
    monkeypatch.setattr(os, "rename", renaming)
    await store.put("a/b/c", b"1")
    named = done.index("renamed")
    assert [Path(path).parent.name for path in done[:1]] == ["+drafts"]
    assert {str(root), str(root / "a")} <= set(done[:named])
    assert done[named + 1 :] == [str(root / "a/b")]


async def test_memory_is_bounded_whatever_the_size(store: ObjectStore) -> None:
    await store.put("warm", b"up")
    tracemalloc.start()
    try:
        assert await store.put("big", many(64, MIB)) == 64 * MIB
        seen = 0
        async for piece in store.get("big"):
            seen += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == 64 * MIB
    assert peak < 8 * MIB


async def test_a_thousand_small_pieces_are_a_few_writes(store: ObjectStore) -> None:
    begin = time.perf_counter()
    assert await store.put("small", many(50_000, 10)) == 500_000
    assert time.perf_counter() - begin < 5  # a hop to a thread for each would be 50,000 hops


async def test_what_is_given_up_leaves_neither_draft_nor_open_file(store: ObjectStore, root: Path) -> None:
    await store.put("a", b"x" * 3 * MIB)
    before = open_files()
    for _ in range(5):
        reader = store.get("a")
        await anext(reader)
        await reader.aclose()  # type: ignore[attr-defined]
        putting = asyncio.ensure_future(store.put("b", many(10_000, MIB)))
        await until(lambda: any((root / "+drafts").iterdir()))
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
    await until(lambda: not any((root / "+drafts").iterdir()))
    await until(lambda: open_files() <= before)
    assert [info.key async for info in store.list()] == ["a"]


async def test_closing_waits_until_what_was_given_up_is_tidied(root: Path) -> None:
    async with discover().open(OBJECT_STORE, "file", {"root": str(root)}) as store:
        putting = asyncio.ensure_future(store.put("b", many(10_000, MIB)))
        await until(lambda: any((root / "+drafts").iterdir()))
        putting.cancel()
        await asyncio.gather(putting, return_exceptions=True)
    assert list((root / "+drafts").iterdir()) == []


async def test_the_root_may_be_reached_by_a_link_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    async with discover().open(OBJECT_STORE, "file", {"root": str(tmp_path / "link")}) as store:
        await store.put("a", b"1")
    assert (tmp_path / "real" / "a").read_bytes() == b"1"
