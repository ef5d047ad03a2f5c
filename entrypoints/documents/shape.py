"""What pydantic found wrong with the shape of a document, in the words of its author."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from submarine.core.errors import Fault
from submarine.core.jobs.faults import SHOWN, join, kind_of
from submarine.core.jobs.names import nearest

MEANT: Final = {
    "args": "command",
    "cmd": "command",
    "cluster": "placement.cluster",
    "cpu": "resources.cpu",
    "entrypoint": "command",
    "environ": "env",
    "gpu": "resources",
    "gpus": "resources",
    "git": "code.git",
    "image": "environment.image",
    "labels": "tags",
    "memory": "resources.memory",
    "metadata": "name, project and tags at the top",
    "namespace": "project",
    "packages": "environment.python.packages",
    "parameters": "params",
    "replicas": "roles.worker.replicas",
    "retries": "retry.limit",
    "script": "command",
    "spec": "its keys at the top",
    "timeout": "max_duration",
    "workers": "roles.worker.replicas",
}

MISSING: Final = "is missing"

_NOUNS: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

Path = tuple[str | int, ...]


def faults_of(error: ValidationError, root: type[BaseModel]) -> list[tuple[Path, Fault]]:
    """Return each fault of *error*, which was raised for the model *root*, and where it lies."""
    details = error.errors(include_url=False, include_context=True)
    faults = [(detail["loc"], _fault(detail, root)) for detail in details[:SHOWN]]
    return faults + [(detail["loc"], Fault("", "is wrong too")) for detail in details[SHOWN:]]


def _fault(detail: ErrorDetails, root: type[BaseModel]) -> Fault:
    loc, kind = detail["loc"], detail["type"]
    path = ""
    for part in loc:
        if part == "[key]":  # pydantic's way to say that the key before it is wrong, not its value
            continue
        path = join(path, part)
    if kind == "extra_forbidden":
        return _unknown(path, str(loc[-1]), _model_at(root, loc[:-1]))
    if kind == "missing":
        return Fault(path, MISSING, _example(root, loc))
    if kind == "string_unicode":
        return Fault(
            path,
            "holds half of a surrogate pair" if path else "a key holds half of a surrogate pair",
            "both halves, or the character itself",
        )
    if kind == "too_long":
        return Fault(path, f"has {len(detail['input'])} entries", f"at most {detail['ctx']['max_length']}")
    if kind == "literal_error":
        return Fault(path, f"is {kind_of(detail['input'])}", detail["ctx"]["expected"])
    if noun := _NOUNS.get(kind):
        example = _example(root, loc)
        said = kind_of(detail["input"])
        if noun == "a text" and said.startswith(("the number", "the boolean")):
            shown = str(detail["input"])
            example = f'"{shown.lower() if isinstance(detail["input"], bool) else shown}" in quotes'
        return Fault(path, f"is {said}, not {noun}", example or noun)
    return Fault(path, detail["msg"][:1].lower() + detail["msg"][1:])


def _unknown(path: str, key: str, model: type[BaseModel] | None) -> Fault:
    offered = sorted(model.model_fields) if model else []
    hint = nearest(key, offered)
    if not hint and "." not in path and key in MEANT:
        hint = f"did you mean {MEANT[key]}? "
    return Fault(path, "there is no such key here", f"{hint}one of {', '.join(offered)}")


def _example(root: type[BaseModel], loc: Path) -> str:
    field = _field_at(root, loc)
    if field is None or not field.examples:
        return ""
    return f"such as {json.dumps(field.examples[0], ensure_ascii=False)}"


def _field_at(root: type[BaseModel], loc: Path) -> FieldInfo | None:
    model = _model_at(root, loc[:-1])
    return model.model_fields.get(str(loc[-1])) if model and loc else None


def _model_at(root: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel] | None:
    """Return the model of the mapping at *loc*, None if the mapping there has free keys."""
    found: Any = root
    for part in loc:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(str(part))
            found = _bare(field.annotation) if field else None
        else:
            arguments = get_args(found)
            found = _bare(arguments[-1]) if get_origin(found) in {dict, list} else None
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _bare(annotation: Any) -> Any:
    """Return *annotation* without ``| None``."""
    if get_origin(annotation) in {dict, list} or isinstance(annotation, type):
        return annotation
    return next((argument for argument in get_args(annotation) if argument is not type(None)), annotation)
