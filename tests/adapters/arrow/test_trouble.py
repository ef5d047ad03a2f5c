"""What the disk refuses is told in the words of the domain."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import fs

from submarine.adapters.arrow.object_store import ArrowObjectStore
from submarine.adapters.arrow.translation import translated
from submarine.adapters.arrow.volume import Volume
from submarine.core.errors import (
    AdapterError,
    ConflictError,
    NotFoundError,
    SubmarineError,
    UnavailableError,
)
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.registry import discover


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOENT, NotFoundError),
        (errno.ENOSPC, UnavailableError),
        (errno.EDQUOT, UnavailableError),
        (errno.EIO, UnavailableError),
        (errno.ESTALE, UnavailableError),
        (errno.EMFILE, UnavailableError),
        (errno.EACCES, AdapterError),
        (errno.EROFS, UnavailableError),
        (errno.ENOTDIR, ConflictError),
    ],
)
def test_an_error_number_becomes_the_callers_next_move(number: int, expected: type[SubmarineError]) -> None:
    with pytest.raises(expected) as caught, translated("cannot store object 'a'", absent="no object 'a'"):
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is expected
    assert "object 'a'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_device_is_told_as_such() -> None:
    full = fs.LocalFileSystem().open_output_stream("/dev/full")
    with pytest.raises(UnavailableError, match="no space left"), translated("cannot store object 'a'"), full:
        full.write(b"1")


FULL = """
import asyncio, sys
from submarine.core.errors import UnavailableError
from submarine.core.ports.object_store import OBJECT_STORE
from submarine.plugins.registry import discover

async def main():
    async with discover().open(OBJECT_STORE, "file", {"root": sys.argv[1]}) as store:
        await store.put("a", b"old")
        try:
            await store.put("a", b"x" * 4_000_000)
        except UnavailableError as error:
            print(error)
        print(b"".join([piece async for piece in store.get("a")]), [info.key async for info in store.list()])

asyncio.run(main())
"""


def test_what_does_not_fit_leaves_the_old_object_and_no_draft(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(root)],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("cannot store object 'a': no space left")
    assert second == "b'old' ['a']"
    assert list((root / "+drafts").iterdir()) == []


async def test_a_folder_that_is_gone_says_nothing_about_any_object(store: ObjectStore, root: Path) -> None:
    await store.put("a", b"1")
    shutil.rmtree(root)
    for verb in (
        store.stat("a"),
        store.put("a", b"1"),
        store.delete("a"),
        anext(store.list()),
        anext(store.get("a")),
    ):
        with pytest.raises(UnavailableError, match="is gone"):
            await verb


async def test_drafts_that_are_gone_are_the_backends_trouble(store: ObjectStore, root: Path) -> None:
    shutil.rmtree(root / "+drafts")
    with pytest.raises(UnavailableError, match="cannot store object 'a'"):
        await store.put("a", b"1")


async def test_a_root_that_is_no_folder_is_the_operators_business(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    for root in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/no-such-place")):
        with pytest.raises(AdapterError, match=f"cannot keep objects in {root}"):
            async with discover().open(OBJECT_STORE, "file", {"root": str(root)}):
                pass


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    async with ArrowObjectStore.on(Volume(fs.LocalFileSystem, str(tmp_path))) as store:
        pass
    with pytest.raises(UnavailableError, match="closed"):
        await store.put("a", b"1")
