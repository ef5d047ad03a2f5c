"""What others put into the folder neither leads out of it nor is taken for an object."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from submarine.core.errors import ConflictError, NotFoundError
from submarine.core.ports.object_store import ObjectStore


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("the server's own")
    return folder


async def listed(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key async for info in store.list(prefix)]


async def read(store: ObjectStore, key: str) -> bytes:
    return b"".join([piece async for piece in store.get(key)])


async def test_a_link_to_a_file_is_no_object(store: ObjectStore, root: Path, outside: Path) -> None:
    (root / "link").symlink_to(outside / "secret")
    assert await listed(store) == []
    with pytest.raises(NotFoundError):
        await read(store, "link")
    with pytest.raises(NotFoundError):
        await store.stat("link")


async def test_a_link_to_a_folder_leads_nowhere(store: ObjectStore, root: Path, outside: Path) -> None:
    (root / "link").symlink_to(outside, target_is_directory=True)
    assert await listed(store) == await listed(store, "link/") == []
    with pytest.raises(NotFoundError):
        await read(store, "link/secret")
    with pytest.raises(NotFoundError):
        await store.stat("link/secret")
    with pytest.raises(ConflictError):
        await store.put("link/planted", b"1")
    await store.delete("link/secret")
    assert [path.name for path in outside.iterdir()] == ["secret"]


async def test_putting_over_a_link_replaces_the_link(store: ObjectStore, root: Path, outside: Path) -> None:
    (root / "link").symlink_to(outside / "secret")
    await store.put("link", b"mine")
    assert await read(store, "link") == b"mine"
    assert (outside / "secret").read_text() == "the server's own"


async def test_pipes_and_sockets_are_no_objects_and_keep_nobody_waiting(
    store: ObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)  # the path of a socket may be 107 bytes long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for key in ("pipe", "socket"):
            with pytest.raises(NotFoundError):
                await read(store, key)
    assert await listed(store) == []


async def test_names_outside_the_law_are_not_listed(store: ObjectStore, root: Path) -> None:
    for name in ("lost+found", "a b", "ä"):
        (root / name).mkdir()
        (root / name / "x").write_text("1")
    (root / os.fsdecode(b"\xff")).write_text("1")
    await store.put("a", b"1")
    assert await listed(store) == ["a"]
