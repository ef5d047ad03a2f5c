"""YAML as a document: the values JSON has too, and none of YAML's surprises.

Built from the parser's events, not its nodes: nothing recurses, and the reading stops where a bound is
passed. Plain words are resolved as YAML 1.2 does, and more cautiously: ``on``, ``yes``, ``1:30``, ``010``
and dates are texts. Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml

from submarine.core.jobs.faults import quoted
from submarine.entrypoints.documents.errors import MalformedError

DEPTH: Final = 64
NODES: Final = 50_000
"""Values in one document, those behind aliases counted each time."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE: Final = "tag:yaml.org,2002:"
_TEXT: Final = frozenset({f"{_CORE}str", "!"})
_PLAIN: Final = frozenset({None, "!", f"{_CORE}map", f"{_CORE}seq"})
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DIGITS: Final = 400  # characters of a number; no honest one has more


@dataclass(slots=True)
class _Frame:
    """A list or a mapping that is still open."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    before: int
    line: int
    height: int = 1
    key: str | None = None
    merged: list[dict[str, Any]] = field(default_factory=list)


class _Anchored(NamedTuple):
    """A value with a name, the number of values and of levels in it."""

    value: Any
    weight: int
    height: int


def load_yaml(text: str) -> Any:
    """Return the value of *text*; raise ``MalformedError`` if it is no YAML, or YAML with surprises."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _marked(error, text) from error
    except yaml.YAMLError as error:
        raise MalformedError.because(str(error).splitlines()[0], "YAML") from error
    return builder.root


class _Builder:
    """Puts a document together, event by event."""

    def __init__(self) -> None:
        self.root: Any = None
        self._documents = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        """Add what *event* says."""
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._take_alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _at(event, "a second document begins here", "one document in a request")

    def _take_scalar(self, event: Any) -> None:
        text: str = event.value
        if "\0" in text:
            raise _at(event, "a text holds a NUL character", "text without it")
        if self._awaits_key():
            self._set_key(text, event)
            return
        value: Any = text
        if event.tag in _TEXT or (event.tag is None and not event.implicit[0]):
            pass
        elif event.tag is not None:
            raise _tagged(event)
        else:
            value = _resolve(text, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)
        self._grow(1, event)
        self._add(value, event)

    def _open(self, event: Any) -> None:
        if event.tag not in _PLAIN:
            raise _tagged(event)
        if self._awaits_key():
            raise _at(event, "a list or a mapping stands where a key must be", "a text")
        self._deepen(1, event)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Frame(value, event.anchor, self._count, event.start_mark.line + 1))
        self._grow(1, event)

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        if isinstance(frame.value, dict):
            inherited = {key: value for other in reversed(frame.merged) for key, value in other.items()}
            frame.value = inherited | frame.value
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(frame.value, self._count - frame.before, frame.height)
        self._add(frame.value, event, frame.height)

    def _take_alias(self, event: Any) -> None:
        name = event.anchor
        if self._awaits_key():
            raise _at(event, f"the alias *{name} stands where a key must be", "a text")
        for frame in self._stack:
            if frame.anchor == name:
                reason = (
                    f"the alias *{name} lies inside what it stands for, which begins on line {frame.line}"
                )
                raise _at(event, reason, "the value itself, or an alias of something complete")
        if name not in self._anchors:
            raise _at(
                event,
                f"there is no anchor &{name} before the alias *{name}",
                "an anchor, or the value itself",
            )
        anchored = self._anchors[name]
        self._grow(anchored.weight, event)
        self._deepen(anchored.height, event)
        self._add(anchored.value, event, anchored.height)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _set_key(self, key: str, event: Any) -> None:
        frame = self._stack[-1]
        if key in frame.value:
            reason = f"the key {quoted(key)} stands twice in the mapping that begins on line {frame.line}"
            raise _at(event, reason, "each key once")
        frame.key = key

    def _add(self, value: Any, event: Any, height: int = 0) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.value, list):
            frame.value.append(value)
            return
        key, frame.key = frame.key, None
        if key == "<<":
            frame.merged += _to_merge(value, event)
        elif key is not None:
            frame.value[key] = value

    def _deepen(self, height: int, event: Any) -> None:
        if len(self._stack) + height > DEPTH:
            raise _at(event, f"is nested more than {DEPTH} levels deep", f"at most {DEPTH} levels")

    def _grow(self, weight: int, event: Any) -> None:
        self._count += weight
        if self._count > NODES:
            reason = f"the document unfolds to more than {NODES} values"
            raise _at(event, reason, "a smaller document, with fewer aliases")


def _resolve(text: str, event: Any) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-.0123456789":
        return text
    if len(text) > _DIGITS and _FLOAT.fullmatch(text):
        raise _at(event, f"is a number of {len(text)} characters", "a smaller number, or a text in quotes")
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _to_merge(value: Any, event: Any) -> list[dict[str, Any]]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in found):
        raise _at(event, "<< merges mappings, and this is none", "an alias of a mapping")
    return found


def _tagged(event: Any) -> MalformedError:
    shown = event.tag.replace(_CORE, "!!")
    return _at(event, f"the tag {quoted(shown)} is not allowed", "plain values; quotes make a text")


def _at(event: Any, reason: str, expected: str) -> MalformedError:
    mark = event.start_mark
    return MalformedError.because(reason, expected, line=mark.line + 1, column=mark.column + 1)


def _marked(error: yaml.MarkedYAMLError, text: str) -> MalformedError:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return MalformedError.because(str(error.problem or error), "YAML")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if line[mark.column : mark.column + 1] == "\t":
        reason, expected = "a tab stands where YAML allows only spaces", "spaces to indent"
    else:
        reason, expected = str(error.problem), "YAML"
        if error.context:
            start = error.context_mark
            reason += f", {error.context}" + (f" that begins on line {start.line + 1}" if start else "")
    return MalformedError.because(reason, expected, line=mark.line + 1, column=mark.column + 1)
