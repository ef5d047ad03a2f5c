"""``${params.x}`` in commands and environment variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Final

from submarine.core.jobs.faults import quoted, short, wrong
from submarine.core.jobs.names import nearest
from submarine.core.jobs.shell import is_bare

Scalar = str | int | float | bool

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{params\b(?:\.([A-Za-z0-9_./-]*)\})?")


def fill(text: str, params: Mapping[str, Scalar], *, quoting: bool = False) -> str:
    """Return *text* with each ``${params.x}`` replaced; ``$${`` becomes ``${``.

    With *quoting* (the text is for a shell) the value is quoted, so that it stays one word whatever is in it.
    Raise ``InvalidError`` if a parameter is unknown, or stands where no quoting would be safe.
    """
    if "${" not in text:
        return text
    pieces, last = [], 0
    for match in _REFERENCE.finditer(text):
        pieces.append(text[last : match.start()])
        last = match.end()
        if match[0] == "$${":
            pieces.append("${")
            continue
        value = show_scalar(_look_up(match, params))
        if quoting:
            if not is_bare(text, match.start()):
                raise _not_bare(match[0])
            value = shlex.quote(value)
        pieces.append(value)
    pieces.append(text[last:])
    return "".join(pieces)


def show_scalar(value: Scalar) -> str:
    """Return *value* as YAML writes it: ``true``, ``5``, ``0.1``; texts as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _look_up(match: re.Match[str], params: Mapping[str, Scalar]) -> Scalar:
    name = match[1]
    if name is None:
        raise wrong(f"{quoted(match[0])} is not a whole reference", "${params.NAME}, or $${ for a plain ${")
    try:
        return params[name]
    except KeyError:
        offered = f"one of {short(', '.join(params))}" if params else "the parameter under params"
        raise wrong(f"there is no parameter {quoted(name)}", nearest(name, params) + offered) from None


def _not_bare(reference: str) -> Exception:
    reason = (
        f"{reference} stands inside quotes, a comment or a here-document, where its value could not be quoted"
    )
    return wrong(
        reason, f"{reference} without quotes around it (its value is quoted for you), or a command as a list"
    )
