"""What the SDK could not send goes to HDFS in pieces, whole lines only, and comes back so."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path
from typing import Final

import pytest

from submarine.adapters.yarn.launcher import spooled
from submarine.adapters.yarn.launcher.spooled import Spooled
from submarine.adapters.yarn.launcher.staging import Staging
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

FOLDER: Final = "/user/alice/.submarine/sub-x-1"


@pytest.mark.parametrize("block", [1, 3, 1 << 18])
def test_a_torn_last_line_is_left_out_wherever_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(spooled, "_BLOCK", block)
    texts = {
        "a.jsonl": b"one\ntwo\n",
        "b.jsonl": b"torn",
        "c.jsonl": b"three\nto",
        "d.jsonl": b"",
        "e": b"no\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    found = Spooled(str(tmp_path))
    assert b"".join(found) == b"".join(found) == b"one\ntwo\nthree\n"
    assert len(found) == 14


def test_a_spool_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert not Spooled(str(tmp_path / "none"))


async def test_a_large_spool_is_never_whole_in_the_memory_of_its_container(tmp_path: Path) -> None:
    """A launcher's memory counts towards what the job asked for, and YARN kills what uses more."""
    line = b"x" * 9_999 + b"\n"
    with (tmp_path / "big.jsonl").open("wb") as file:
        for _ in range(800):
            file.write(line)
    hadoop = HadoopInMemory()
    hadoop.files[f"{FOLDER}/plan.json"] = b"{}"
    async with hadoop.serving():
        staging = Staging([f"{hadoop.url}/webhdfs/v1"], FOLDER, f"{FOLDER}.new.", "alice", None)
        tracemalloc.start()
        try:
            blocks = sum(len(block) for block in Spooled(str(tmp_path)))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await asyncio.to_thread(staging.put, "spool.worker-0.container_1", Spooled(str(tmp_path)))
    assert most < 2_000_000 < blocks
    assert hadoop.files[f"{FOLDER}/spool.worker-0.container_1"] == 800 * line
