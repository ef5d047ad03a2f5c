"""``${params.x}`` in commands and environment variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from itertools import repeat
from typing import Final

from submarine.core.jobs.faults import quoted, short, wrong
from submarine.core.jobs.names import nearest
from submarine.core.jobs.shell import are_bare

TEXT: Final = 65_536
"""Characters of one word or variable, its parameters filled in; Linux takes 128 KiB."""

Scalar = str | int | float | bool

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{params\b(?:\.([A-Za-z0-9_./-]*)\})?")


def fill(text: str, params: Mapping[str, Scalar], *, quoting: bool = False) -> str:
    """Return *text* with each ``${params.x}`` replaced; ``$${`` becomes ``${``.

    With *quoting* (the text is for a shell) the value is quoted, so that it stays one word whatever is in it.
    Raise ``InvalidError`` if a parameter is unknown, stands where no quoting would be safe, or the result
    has more than ``TEXT`` characters.
    """
    if "${" not in text:
        return text
    found = list(_REFERENCE.finditer(text))
    bare = are_bare(text, [match.start() for match in found]) if quoting else repeat(True)
    pieces: list[str] = []
    last, size = 0, len(text)
    for match, is_bare in zip(found, bare, strict=False):
        value = _value(match, params, quoting=quoting, is_bare=is_bare)
        pieces += (text[last : match.start()], value)
        last = match.end()
        size += len(value)
        if size > TEXT:
            raise wrong("is too long with its parameters filled in", f"at most {TEXT} characters")
    return "".join((*pieces, text[last:]))


def show_scalar(value: Scalar) -> str:
    """Return *value* as YAML writes it: ``true``, ``5``, ``0.1``; texts as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _value(match: re.Match[str], params: Mapping[str, Scalar], *, quoting: bool, is_bare: bool) -> str:
    if match[0] == "$${":
        return "${"
    value = show_scalar(_look_up(match, params))
    if not is_bare:
        reason = f"{match[0]} stands inside quotes, a comment or a here-document"
        raise wrong(
            reason, f"{match[0]} outside of quotes (its value is quoted for you), or a command as a list"
        )
    return shlex.quote(value) if quoting else value


def _look_up(match: re.Match[str], params: Mapping[str, Scalar]) -> Scalar:
    name = match[1]
    if name is None:
        raise wrong(f"{quoted(match[0])} is not a whole reference", "${params.NAME}, or $${ for a plain ${")
    if name not in params:
        offered = f"one of {short(', '.join(params))}" if params else "the parameter under params"
        raise wrong(f"there is no parameter {quoted(name)}", nearest(name, params) + offered)
    return params[name]
