"""Change fragments are named so that a release can sort them, and short enough to be read."""

from __future__ import annotations

import re
from pathlib import Path

FRAGMENTS = Path(__file__).parents[2] / "changes"


def test_fragments_are_named_by_kind_and_short() -> None:
    wrong = [
        path.name
        for path in FRAGMENTS.iterdir()
        if path.name != "README.md"
        and (
            not re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md", path.name)
            or not 20 <= len(path.read_text()) <= 600
        )
    ]
    assert wrong == []
