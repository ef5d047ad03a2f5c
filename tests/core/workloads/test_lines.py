"""Lines are the same however a text is cut, and little of it is held at once."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.workloads import lines
from submarine.core.workloads.lines import whole_lines


async def cut(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@given(st.lists(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"bc"]), max_size=9).map(b"".join)))
async def test_a_text_has_the_same_lines_however_it_is_cut(pieces: list[bytes]) -> None:
    assert [line async for line in whole_lines(cut(pieces))] == b"".join(pieces).split(b"\n")[:-1]


async def test_a_line_without_end_is_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 100)
    found = [line async for line in whole_lines(cut([b"good\n", *[b"x" * 60] * 3, b"\nbehind\n"]))]
    assert found == [b"good"]


async def test_of_many_lines_few_are_held() -> None:
    pieces = (b"x" * 999 + b"\n" for _ in range(30_000))
    tracemalloc.start()
    try:
        async for _ in whole_lines(cut(pieces)):
            pass
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000
