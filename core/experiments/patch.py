"""JSON Merge Patch: a document that says only what changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_patch(target: Any, patch: Any) -> Any:
    """Return *target* as *patch* changes it, leaving both as they are; null takes a key away.

    Source: https://www.rfc-editor.org/rfc/rfc7386#section-2
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
