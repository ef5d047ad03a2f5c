"""Writes ``reference/rest-operations.md`` from the OpenAPI description of a server started for it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parent / "reference/rest-operations.md"
START_SECONDS: Final = 60.0

Document = Mapping[str, Any]


def main() -> None:
    """Ask a real server, and write the page."""
    TARGET.write_text("\n".join(page(described())) + "\n", encoding="utf-8")


def described() -> Document:
    """Return what a fresh server says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["submarine.entrypoints.cli", "server", "start", "--data", folder, "--port", "0"]
        announced = Path(folder) / "server.json"
        with (
            (Path(folder) / "log").open("wb") as log,
            subprocess.Popen([sys.executable, "-m", *command], stdout=log, stderr=log) as server,
        ):
            try:
                limit = time.monotonic() + START_SECONDS
                while not announced.exists():
                    if server.poll() is not None or time.monotonic() > limit:
                        sys.exit(f"the server does not start:\n{(Path(folder) / 'log').read_text()}")
                    time.sleep(0.05)
                url = json.loads(announced.read_text())["url"]
                with urllib.request.urlopen(f"{url}/api/v1/openapi.json") as answer:
                    found: Document = json.load(answer)
                    return found
            finally:
                server.send_signal(signal.SIGTERM)


def page(api: Document) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# REST operations"
    yield ""
    yield f"Version {api['info']['version']}. What is common to all of them is in [REST API](rest.md)."
    for path, item in api["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, Mapping) and "responses" in operation:
                yield from section(api, method, path, operation, item.get("parameters", []))
    yield from ("", "## Shapes")
    for name, schema in api["components"]["schemas"].items():
        yield from ("", f"### {name}", "", schema.get("description", ""))
        yield from fields(schema)


def section(api: Document, method: str, path: str, operation: Document, shared: list[Any]) -> Iterator[str]:
    """Yield what there is to say of one operation."""
    yield from ("", f"## `{method.upper()} {path}`", "")
    yield operation.get("summary", "")
    if description := operation.get("description"):
        yield from ("", description)
    parameters = [resolved(api, one) for one in (*shared, *operation.get("parameters", []))]
    if parameters:
        yield from ("", "| parameter | in | type | meaning |", "|---|---|---|---|")
        for one in parameters:
            told = cell(one.get("description", ""))
            yield f"| `{one['name']}` | {one['in']} | {shape(one.get('schema', {}))} | {told} |"
    if body := resolved(api, operation.get("requestBody", {})).get("content"):
        for kind, content in body.items():
            yield from ("", f"Body `{kind}`: {shape(content.get('schema', {}))}")
    yield from ("", "| answer | |", "|---|---|")
    for status, answer in operation["responses"].items():
        found = resolved(api, answer)
        kinds = [f"`{kind}` {shape(c.get('schema', {}))}" for kind, c in found.get("content", {}).items()]
        yield f"| {status} | {cell(found.get('description', ''))} {', '.join(kinds)} |"


def fields(schema: Document) -> Iterator[str]:
    """Yield a table of an object's members, or what it is if it is no object."""
    if not schema.get("properties"):
        yield shape(schema)
        return
    yield from ("", "| field | type | meaning |", "|---|---|---|")
    for name, member in schema["properties"].items():
        needed = " (required)" if name in schema.get("required", []) else ""
        yield f"| `{name}`{needed} | {shape(member)} | {cell(member.get('description', ''))} |"


def resolved(api: Document, value: Document) -> Document:
    """Return what *value* refers to, if it is a reference."""
    while "$ref" in value:
        found: Any = api
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def shape(schema: Document) -> str:
    """Return a type in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(shape(one) for one in schema[choice])
    if "enum" in schema:
        return cell(" or ".join(f"`{value}`" for value in schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {shape(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def cell(text: str) -> str:
    """Return *text* fit for a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
