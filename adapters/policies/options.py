"""Reads a policy's options from the spec."""

from __future__ import annotations

from collections.abc import Mapping

from submarine.core.errors import Fault, InvalidError


def check_known(options: Mapping[str, object], *known: str) -> None:
    """Raise `InvalidError` naming each option that is not *known*."""
    expected = f"one of {', '.join(known)}" if known else "this policy takes no options"
    faults = [
        Fault(f"placement.options.{name}", "unknown option", expected)
        for name in options
        if name not in known
    ]
    if faults:
        raise InvalidError("; ".join(f"{fault.field}: {fault.reason}" for fault in faults), faults)
