"""The blocking client is what the asynchronous one becomes."""

from __future__ import annotations

from submarine.entrypoints.sdk.mirror import HERE, mirrored, pairs


def test_the_blocking_client_is_up_to_date() -> None:
    stale = [p.name for p, text in pairs().items() if not p.is_file() or p.read_text() != text]
    assert stale == [], "run python -m submarine.entrypoints.sdk.mirror"


def test_there_is_nothing_else_in_it() -> None:
    by_hand = {"__init__.py", "concurrency.py"}
    assert {p.name for p in (HERE / "sync").glob("*.py")} == {p.name for p in pairs()} | by_hand


def test_words_are_replaced_and_parts_of_words_are_not() -> None:
    source = "async def f() -> AsyncIterator[int]:\n    await x.aclose()  # awaited, asynchronous\n"
    assert mirrored(source) == "def f() -> Iterator[int]:\n    x.close()  # awaited, asynchronous\n"
