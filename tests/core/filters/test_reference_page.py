"""The reference page says what the language does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from submarine.core.experiments.filtering import FIELDS
from submarine.core.filters.fields import Kind
from submarine.core.filters.parser import parse

PAGE = (Path(__file__).parents[3] / "docs/reference/filters.md").read_text()
EXAMPLES = re.search(r"```text\n(state .*?)```", PAGE, re.DOTALL)
assert EXAMPLES is not None
MARKS = {Kind.STRING: 0, Kind.NUMBER: 1, Kind.TIME: 2, Kind.STATE: 3, Kind.SET: 4, Kind.SCALAR: 5}


@pytest.mark.parametrize("line", EXAMPLES[1].strip().splitlines())
def test_every_example_is_a_filter(line: str) -> None:
    parse(line, FIELDS)


def test_every_field_on_offer_is_described_and_no_other() -> None:
    table = PAGE.partition("## Fields of experiments")[2].partition("A member of")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    described = {name.replace("NAME", "*") for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert described == set(FIELDS.offered)


def test_every_state_is_named() -> None:
    state = FIELDS.find("state", None)
    assert state is not None
    assert all(f"`{choice}`" in PAGE for choice in state.choices)


@pytest.mark.parametrize("kind", Kind)
def test_the_table_of_operators_is_the_languages_own(kind: Kind) -> None:
    table = PAGE.partition("## Operators")[2].partition("## Values")[0]
    found = set()
    for line in table.splitlines():
        if line.startswith("| `"):
            _, named, _, *marks, _ = (cell.strip() for cell in line.split("|"))
            if marks[MARKS[kind]] == "✓":
                found |= {word.split()[0] for word in re.findall(r"`([^`]+)`", named)}
    assert found - {"not"} == {str(op) for op in kind.ops}
