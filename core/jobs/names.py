"""What things may be called, and what to call them instead."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from submarine.core.jobs.faults import kind_of, quoted, wrong

NAME_LENGTH: Final = 63
ROLE_LENGTH: Final = 24
"""So that handle, role and replica together are still one DNS label: sub-JOB-ATTEMPT-ROLE-INDEX."""
TAG_LENGTH: Final = 128

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_ENV: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAM: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_])?")
_QUEUE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_GAPS: Final = re.compile(r"[^a-z0-9]+")
_NEAR: Final = 6  # characters more or less
_COMPARED: Final = 50  # comparing is slow, and documents may be hostile
_RESERVED: Final = "SUBMARINE_"


def label(value: object, most: int = NAME_LENGTH) -> str:
    """Return *value* if it is a DNS label of at most *most* characters, else raise ``InvalidError``."""
    if type(value) is str and len(value) <= most and _LABEL.fullmatch(value):
        return value
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", "a text such as digits-1")
    rule = f"lower-case letters a-z, digits and hyphens, at most {most}"
    if not value:
        raise wrong("is empty", rule)
    suggestion = suggest_label(value, most)
    rest = f", such as {suggestion!r}" if suggestion else ", such as 'digits-1'"
    if not value.isascii() and not suggestion:
        rest += "; other scripts are welcome in description and tags"
    raise wrong(_why_no_label(value, most), rule + rest)


def role_name(value: object) -> str:
    """Return *value* if a role may be called so, else raise ``InvalidError``."""
    return label(value, ROLE_LENGTH)


def suggest_label(value: str, most: int = NAME_LENGTH) -> str:
    """Return the nearest valid label, empty if nothing of *value* can be kept."""
    plain = unicodedata.normalize("NFKD", value[: 4 * most]).encode("ascii", "ignore").decode().lower()
    return _GAPS.sub("-", plain).strip("-")[:most].rstrip("-")


def project_name(value: object) -> str:
    """Return *value* if it is ``project`` or ``team/project``, else raise ``InvalidError``."""
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", "a project such as vision or research/vision")
    parts = value.split("/")
    if len(parts) > 2:  # noqa: PLR2004 - team and project
        raise wrong(f"{quoted(value)} has more than one slash", "project or team/project")
    for part in parts:
        label(part)
    return value


def env_name(value: str) -> str:
    """Return *value* if it may name an environment variable, else raise ``InvalidError``."""
    if not _ENV.fullmatch(value):
        raise wrong(
            f"{quoted(value)} cannot name an environment variable", "letters, digits and _, no digit first"
        )
    if len(value) > 256:  # noqa: PLR2004
        raise wrong(f"{quoted(value)} has {len(value)} characters", "at most 256")
    if value.upper().startswith(_RESERVED):
        raise wrong(
            f"{quoted(value)} is one of the server's own", "a name that does not begin with SUBMARINE_"
        )
    return value


def param_name(value: str) -> str:
    """Return *value* if it may name a parameter, else raise ``InvalidError``."""
    if len(value) > 250:  # noqa: PLR2004
        raise wrong(f"the name {quoted(value)} has {len(value)} characters", "at most 250")
    if not _PARAM.fullmatch(value):
        expected = "letters a-z, digits and _ . / - between them"
        raise wrong(f"{quoted(value)} cannot name a parameter", expected)
    return value


def queue_name(value: object) -> str:
    """Return *value* if a queue may be called so (``root.research`` too), else raise ``InvalidError``."""
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", "the name of a queue such as research")
    if len(value) > 200 or not _QUEUE.fullmatch(value):  # noqa: PLR2004
        expected = (
            "letters a-z, digits and . _ - between them, at most 200, such as research or root.research"
        )
        raise wrong(f"{quoted(value)} cannot name a queue", expected)
    return value


def tag(value: object) -> str:
    """Return *value* if it is a tag: one line of any script. Raise ``InvalidError`` if not."""
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", "a text in quotes")
    if not value or value != value.strip():
        reason = "begins or ends with a space" if value.strip() else "is empty"
        raise wrong(reason, f"1 to {TAG_LENGTH} characters, such as demo")
    if len(value) > TAG_LENGTH:
        raise wrong(f"has {len(value)} characters", f"at most {TAG_LENGTH}")
    if not value.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in value):
        raise wrong("holds a control character or a line break", "one line of text")
    return value


def nearest(word: str, offered: Iterable[str]) -> str:
    """Return ``did you mean 'x'? `` if *word* is nearly one of *offered*, else nothing."""
    if len(word) > NAME_LENGTH:
        return ""
    near = [one for one in offered if abs(len(one) - len(word)) <= _NEAR]
    found = difflib.get_close_matches(word, near[:_COMPARED], n=1, cutoff=0.6)
    return f"did you mean {found[0]!r}? " if found else ""


def _why_no_label(value: str, most: int) -> str:
    if len(value) > most:
        return f"{quoted(value)} has {len(value)} characters"
    if not value.isascii():
        odd = next(c for c in value if not c.isascii())
        return f"{quoted(value)} holds {quoted(odd)}, and clusters take only plain letters in names"
    if value != value.lower():
        return f"{quoted(value)} has upper-case letters"
    if value.strip("-") != value:
        return f"{quoted(value)} begins or ends with a hyphen"
    odd = next(c for c in value if not (c.isalnum() or c == "-"))
    return f"{quoted(value)} holds {quoted(odd)}"
