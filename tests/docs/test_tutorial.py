"""What the pages tell a reader to type works, and prints what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.reader import ROOT, Reader

DOCS = ROOT / "docs"
FIRST_TERMINAL = (
    '```console title="First terminal"\n$ submarine server start --data my-submarine --port 8765\n…\n```\n'
)


@pytest.mark.timeout(300)
def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(DOCS / "tutorial/first-experiment.md")
