"""What pydantic found wrong, in plain words."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import is_typeddict

from submarine.core.errors import Fault

MOST_FAULTS: Final = 100
"""Faults that one answer names."""
_TOO_MANY: Final = 1_000  # where even to list them would hold up everybody else

_MALFORMED: Final = frozenset({"json_invalid", "json_type"})
_SHOULD: Final = "Input should be "

_Words = Callable[[Mapping[str, Any]], tuple[str, str]]
_WORDS: Final[Mapping[str, _Words]] = {
    "missing": lambda _: ("is missing", "a value"),
    "string_too_long": lambda c: ("is too long", f"at most {c['max_length']} characters"),
    "string_too_short": lambda c: ("is too short", f"at least {c['min_length']} characters"),
    "string_pattern_mismatch": lambda c: ("has a wrong form", f"text of the form {c['pattern']}"),
    "too_long": lambda c: ("has too many elements", f"at most {c['max_length']}"),
    "too_short": lambda c: ("has too few elements", f"at least {c['min_length']}"),
    "greater_than": lambda c: ("is too small", f"more than {c['gt']}"),
    "greater_than_equal": lambda c: ("is too small", f"at least {c['ge']}"),
    "less_than": lambda c: ("is too large", f"less than {c['lt']}"),
    "less_than_equal": lambda c: ("is too large", f"at most {c['le']}"),
    "literal_error": lambda c: ("is not on offer", str(c["expected"])),
    "enum": lambda c: ("is not on offer", str(c["expected"])),
    "value_error": lambda c: (str(c["error"]), ""),
    "int_parsing_size": lambda _: ("has too many digits", "a valid integer"),
    "json_invalid": lambda c: (str(c["error"]), "a JSON document"),
}


def is_malformed(error: ValidationError) -> bool:
    """Tell whether the document could not even be read."""
    return error.error_count() == 1 and _details(error)[0]["type"] in _MALFORMED


def summary_of(faults: Sequence[Fault], count: int | None = None) -> str:
    """Return one sentence about *faults*: the first, and how many more there are, of *count* in all."""
    first = faults[0]
    said = f"{first.field}: {first.reason}" if first.field else first.reason
    more = (len(faults) if count is None else count) - 1
    return f"{said} (and {more} more)" if more else said


def faults_of(error: ValidationError, root: object = None) -> list[Fault]:
    """Return the first faults of *error*; *root* is the type validated, to name the keys it offers.

    A few megabytes can hold 300,000 faults, which nobody reads and which take seconds to put into words.
    The faulty value is never repeated: it may be a password.
    """
    if (count := error.error_count()) > _TOO_MANY:
        return [Fault("", f"there are {count} faults in it", "a document of the form that is described")]
    return [_fault(detail, root) for detail in _details(error)[:MOST_FAULTS]]


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _fault(detail: ErrorDetails, root: object) -> Fault:
    loc = detail["loc"]
    field = ".".join(str(part) for part in loc)
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        offered = offered_keys(root, loc[:-1])
        return Fault(field, "is not known", "one of " + ", ".join(offered) if offered else "no such key")
    if words := _WORDS.get(detail["type"]):
        return Fault(field, *words(detail.get("ctx", {})))
    message = detail["msg"]
    if message.startswith(_SHOULD):
        wanted = message.removeprefix(_SHOULD).partition(", ")[0]
        return Fault(field, f"is not {wanted}", wanted)
    return Fault(field, message[:1].lower() + message[1:])


def offered_keys(root: object, loc: Sequence[str | int]) -> list[str]:
    """Return the keys of the model that *loc* leads to from the type *root*, as a client writes them."""
    found: list[object] = [root]
    for part in loc:
        found = [inner for kind in found for inner in _inside(kind, part)]
    return sorted({key for kind in found for key in _members(kind)})


def _members(kind: object) -> Mapping[str, object]:
    """Return the types of the keys that *kind* has, as a client writes them."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {info.alias or name: info.annotation for name, info in kind.model_fields.items()}
    if is_typeddict(kind):
        return typing.get_type_hints(kind)
    if get_origin(kind) in {Union, types.UnionType, typing.Annotated}:
        return {key: member for arg in get_args(kind) for key, member in _members(arg).items()}
    return {}


def _inside(kind: object, part: str | int) -> list[object]:
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType, typing.Annotated}:
        return [inner for arg in args for inner in _inside(arg, part)]
    if members := _members(kind):
        return [members[part]] if isinstance(part, str) and part in members else []
    if isinstance(origin, type) and args:  # list[T], dict[K, T]: the element
        return [args[-1]] if args[-1] is not Ellipsis else [args[0]]
    return []
