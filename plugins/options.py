"""Reads an operator's options into an adapter's config, and says in words what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from submarine.core.errors import Fault

_PREFIX: Final = "Value error, "


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Return *error* as faults with dotted fields; no value is repeated, for it may be a secret."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [_fault(one, model) for one in found]


def in_words(fault: Fault) -> str:
    """Return *fault* as an operator reads it."""
    where = f"{fault.field}: " if fault.field else ""
    return f"{where}{fault.reason}" + (f" ({fault.expected})" if fault.expected else "")


def _fault(found: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    where: tuple[str | int, ...] = found["loc"]
    field = ".".join(map(str, where))
    owner = _owner(model, where)
    if found["type"] == "extra_forbidden":
        known = ", ".join(owner.model_fields) if owner else ""
        return Fault(field, "unknown key", f"one of {known}" if known else "it takes no options")
    about = owner.model_fields.get(str(where[-1])) if owner and where else None
    expected = (about and about.description) or ""
    if found["type"] == "missing":
        return Fault(field, "is missing", expected)
    reason = found["msg"].removeprefix(_PREFIX)
    return Fault(field, reason[:1].lower() + reason[1:], expected)


def _owner(model: type[BaseModel], where: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the model that holds, or should hold, the key at the end of *where*."""
    owner: type[BaseModel] | None = model
    for step in where[:-1]:
        if owner is not None and isinstance(step, str):
            owner = _model_in(owner.model_fields.get(step))
    return owner


def _model_in(field: FieldInfo | None) -> type[BaseModel] | None:
    annotation = field.annotation if field else None
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
