"""Reading a spec from a file, as the server would read it.

The values follow YAML 1.2's core schema: PyYAML's own rules are those of 1.1, where ``on:`` is the key
``True`` and ``2026-01-01`` a date. Only numbers that can be written in one way are numbers, as on the
server: ``010`` and ``0x1F`` are texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from typing_extensions import override

from submarine.entrypoints.sdk.errors import SpecError

Spec = Mapping[str, Any]

MAX_BYTES: Final = 1 << 20
MAX_NODES: Final = 100_000
_SCHEMA: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    (
        "float",
        r"-?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
)


def read(source: str | Path | Spec) -> tuple[dict[str, Any], Path]:
    """Return the one spec of *source* and the folder its relative paths start from.

    Raise `SpecError` if it is not there, not YAML or JSON, or not exactly one document.
    """
    if isinstance(source, Mapping):
        return dict(source), Path.cwd()
    path = Path(source)
    documents = parse(read_text(path), str(path))
    if len(documents) != 1:
        raise SpecError(f"{path} holds {len(documents)} documents, and one spec is wanted")
    return documents[0], path.resolve().parent


def read_text(path: Path) -> str:
    """Return the text of *path*; raise `SpecError` with the reason if it cannot be had."""
    try:
        with path.open("rb") as file:
            return read_stream(file, str(path))
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error.strerror or error}") from error


def read_stream(stream: IO[bytes], name: str) -> str:
    """Return the text of *stream*, bounded."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SpecError(f"{name} is larger than {MAX_BYTES >> 20} MiB, too much for a spec")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{name} is not UTF-8 text (byte {error.start})") from error


def parse(text: str, name: str = "the spec") -> list[dict[str, Any]]:
    """Return the documents of *text*, YAML or JSON; empty ones are left out."""
    import yaml

    try:
        found = [d for d in yaml.load_all(text, _loader()) if d is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpecError(f"{name} is not valid YAML{where}: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SpecError(f"{name} is not valid YAML: {error}") from error
    for document in found:
        if not isinstance(document, dict):
            raise SpecError(f"{name} is not a mapping of keys to values, but {type(document).__name__}")
        _check(document, name)
    return found


def _loader() -> type[Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML 1.2 core schema; a key given twice is an error, not a riddle."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's way

        @override
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key in (k for k, _ in node.value if isinstance(k, yaml.ScalarNode)):
                if key.value in seen and key.value != "<<":
                    problem = f"the key {key.value!r} is given twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep)

    for tag, pattern, first in _SCHEMA:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), first)
    return Loader


def _check(document: dict[Any, Any], name: str) -> None:
    """Refuse what JSON cannot carry, and aliases that grow without end."""
    stack: list[tuple[Any, tuple[int, ...]]] = [(document, ())]
    count = 0
    while stack:
        node, above = stack.pop()
        if not isinstance(node, dict | list):
            continue
        if id(node) in above:
            raise SpecError(f"{name} holds an alias that contains itself")
        count += len(node)
        if count > MAX_NODES:
            raise SpecError(f"{name} has more than {MAX_NODES:,} values once its aliases are expanded")
        if isinstance(node, dict) and (odd := [k for k in node if not isinstance(k, str)]):
            raise SpecError(f"{name} has the key {odd[0]!r}, which is not text; write it in quotes")
        stack += [(v, (*above, id(node))) for v in (node.values() if isinstance(node, dict) else node)]
    try:
        json.dumps(document, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"{name} holds a value that JSON cannot carry: {error}") from error
