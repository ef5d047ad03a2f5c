"""Words by which experiments are found again, and their laws."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from submarine.core.errors import InvalidError
from submarine.core.jobs.faults import Faults
from submarine.core.jobs.names import tag

MOST_TAGS: Final = 50
"""Tags of one experiment."""


def check_changes(add: Collection[str], remove: Collection[str]) -> None:
    """Raise `InvalidError` naming everything wrong with tags to *add* and to *remove*."""
    faults = Faults()
    for field, tags in (("add", add), ("remove", remove)):
        if len(tags) > 2 * MOST_TAGS:
            faults.add(field, f"lists {len(tags)} tags", f"at most {2 * MOST_TAGS}")
            continue
        for n, word in enumerate(tags):
            faults.read(f"{field}.{n}", _searchable_tag, word, "")
    for both in sorted(set(add) & set(remove)):
        faults.add("remove", f"'{both}' is to be added too", "a tag either added or removed")
    faults.refuse("the change of tags")


def _searchable_tag(word: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in word):
        raise InvalidError.of("", "holds half a character (a lone surrogate)", "whole characters")
    return tag(word)
