"""What the pages tell a reader to type works, and prints what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.reader import ROOT, TUTORIAL, Reader

pytestmark = pytest.mark.timeout(300)


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(TUTORIAL)


def test_a_server_can_be_configured_as_told(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(ROOT / "docs/how-to/configure-the-server.md")


def test_access_can_be_given_as_told(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.begin()
        reader.follow(ROOT / "docs/how-to/teams-and-tokens.md")
