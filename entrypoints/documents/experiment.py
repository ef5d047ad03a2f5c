"""From a document to a valid experiment, or to all that is wrong with it."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import ValidationError

from submarine.core.errors import Fault
from submarine.core.experiments import spec
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.jobs.faults import Faults, kind_of
from submarine.entrypoints.documents.loading import SIZE, load_document
from submarine.entrypoints.documents.models import KEYS, ExperimentDocument
from submarine.entrypoints.documents.shape import MISSING, Path, faults_of

THING: Final = "the experiment"

_validate: Final = ExperimentDocument.__pydantic_validator__.validate_python
_HOLLOW: Final = frozenset({MISSING, "is empty", "says nothing"})
_AMOUNT: Final = re.compile(r"[A-Za-z0-9./-]+=[^=,]+")
_MAPPINGS: Final = ("environment", "code", "placement", "retry")


def parse_experiment(
    raw: bytes, content_type: str, frameworks: Collection[str], limit: int = SIZE
) -> ExperimentSpec:
    """Return the experiment that *raw* describes, in JSON or YAML as *content_type* says.

    Raise ``UnreadableError`` if it is no document, ``InvalidError`` with every fault if it is a wrong one.
    """
    return read_experiment(load_document(raw, content_type, limit), frameworks)


def read_experiment(document: Any, frameworks: Collection[str]) -> ExperimentSpec:
    """Return the experiment that the plain values of *document* describe, a null being as good as absent.

    Raise ``InvalidError`` with every fault of shape and of law.
    """
    faults = Faults()
    if not isinstance(document, dict):
        said = "is empty" if document is None else f"is {kind_of(document)}"
        faults.add(
            "", f"the document {said}", "a mapping such as {name: digits, command: [python, train.py]}"
        )
        faults.refuse(THING)
    document = without_nulls(document)
    try:
        _validate(document)
    except ValidationError as error:
        _read_the_rest(document, faults_of(error, ExperimentDocument), frameworks, faults)
    experiment = spec.read_experiment(document, frameworks, faults)
    _refuse(document, faults)
    return experiment


def without_nulls(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return *document* without known keys that say null; those of params and env stay."""
    said = _said(document)
    for key in _MAPPINGS:
        if type(inner := said.get(key)) is dict and None in inner.values():
            said[key] = _said(inner)
    if type(roles := said.get("roles")) is dict:
        said["roles"] = {
            name: {} if role is None else _said(role) if type(role) is dict else role
            for name, role in roles.items()
        }
    return said


def _said(mapping: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in mapping.items() if value is not None or key not in KEYS}
    if len(said) > 1 and type(said.get("resources")) is str and None in said.values():
        return _rejoined(said)
    return said


def _rejoined(said: dict[str, Any]) -> dict[str, Any]:
    """Return *said* with ``resources: cpu=2,memory=1Gi`` as its author meant it.

    In braces YAML ends a plain text at a comma, and ``memory=1Gi`` becomes a key without a value.
    """
    split = [key for key, value in said.items() if value is None and _AMOUNT.fullmatch(key)]
    whole = {key: value for key, value in said.items() if key not in split}
    return whole | {"resources": ",".join([said["resources"], *split])}


def _read_the_rest(
    document: Mapping[str, Any],
    misshapen: list[tuple[Path, Fault]],
    frameworks: Collection[str],
    faults: Faults,
) -> None:
    """Add the faults of shape, and those of law in what has a good shape; then refuse."""
    rest = copy.deepcopy(document)
    for path, fault in misshapen:
        faults.found.append(fault)
        _cut(rest, path)
    shapes = {fault.field for fault in faults.found}
    laws = Faults()
    spec.read_experiment(without_nulls(rest), frameworks, laws)
    for fault in laws.found:
        hollowed = fault.reason in _HOLLOW and any(field.startswith(f"{fault.field}.") for field in shapes)
        if fault.field not in shapes and not hollowed:
            faults.found.append(fault)
    _refuse(document, faults)


def _refuse(document: Mapping[str, Any], faults: Faults) -> None:
    """Raise ``InvalidError`` if there are *faults*, in the order of the document."""
    if faults.found:
        order = {key: i for i, key in enumerate(document)}
        faults.found.sort(key=lambda fault: order.get(fault.field.partition(".")[0], len(order)))
        faults.refuse(THING)


def _cut(document: Any, path: Path) -> None:
    """Take out what lies at *path*: a key goes, an item of a list becomes null."""
    if not path:
        return
    for part in path[:-1]:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(document, dict):
        document.pop(path[-1], None)
    elif isinstance(document, list):
        document[int(path[-1])] = None
