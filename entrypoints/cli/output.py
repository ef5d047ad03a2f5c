"""Showing things: a table for people, JSON, YAML or names for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from submarine.entrypoints.cli.choices import Words
from submarine.entrypoints.cli.columns import Column, Row
from submarine.entrypoints.cli.screen import escaped, is_odd, is_terminal, printable, width

F = TypeVar("F", bound=Callable[..., Any])

_ONE: Final = ("table", "wide", "json", "yaml", "name")
_MANY: Final = (*_ONE, "jsonl")
_COLOURS: Final = {
    "succeeded": "green", "ok": "green", "running": "cyan",
    "failed": "red", "lost": "red", "unreachable": "red",
    "cancelled": "yellow", "cancelling": "yellow", "queued": "yellow", "suspended": "yellow",
    "draining": "yellow",
}  # fmt: skip


def output_option(*, many: bool = False) -> Callable[[F], F]:
    """Return the ``-o`` option of a command that reads."""
    choices = _MANY if many else _ONE
    return click.option(
        "-o",
        "--output",
        type=Words(choices),
        default="table",
        show_default=True,
        help="How to show it.",
    )


def show_many(
    rows: Iterable[Row], columns: Sequence[Column], output: str, *, name: str = "name", empty: str = ""
) -> None:
    """Print *rows* as *output* wants; *empty* is said on stderr where a table has none."""
    if output == "jsonl":
        for row in rows:
            click.echo(_json(row))
        return
    if output == "name":
        for row in rows:
            click.echo(printable(row.get(name) or row.get("id")))
        return
    found = list(rows)
    if output in ("json", "yaml"):
        _dump([dict(r) for r in found], output)
    elif found:
        table(found, columns, wide=output == "wide")
    elif empty:
        click.echo(empty, err=True)


def show_one(
    row: Row,
    columns: Sequence[Column],
    output: str,
    *,
    name: str = "name",
    detail: Callable[[], None] | None = None,
) -> None:
    """Print one thing; as a table by *detail*, if there is one."""
    if output in ("json", "yaml"):
        _dump(dict(row), output)
    elif output == "name":
        click.echo(printable(row.get(name) or row.get("id")))
    elif detail is not None:
        detail()
    else:
        table([row], columns, wide=output == "wide")


def table(rows: Sequence[Row], columns: Sequence[Column], *, wide: bool = False) -> None:
    """Print *rows* aligned, in colour and within the width of a terminal if there is one."""
    shown = [c for c in columns if wide or not c.wide]
    cells = [[printable(c.cell(row)).replace("\n", " ") for c in shown] for row in rows]
    if is_terminal():
        _rich(shown, cells)
        return
    titles = [c.title.upper() for c in shown]
    widths = [max(width(line[i]) for line in [titles, *cells]) for i in range(len(shown))]
    for line in [titles, *cells]:
        padded = [cell + " " * (w - width(cell)) for cell, w in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def _rich(columns: Sequence[Column], cells: list[list[str]]) -> None:
    from rich.console import Console

    Console().print(grid(columns, cells), soft_wrap=False)


def grid(columns: Sequence[Column], cells: list[list[str]]) -> Any:
    """Return a rich table."""
    from rich.table import Table
    from rich.text import Text

    found = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        found.add_column(column.title.upper(), overflow="fold")
    for line in cells:
        styled = [
            Text(cell, style=_COLOURS.get(cell, "") if column.state else "")
            for column, cell in zip(columns, line, strict=True)
        ]
        found.add_row(*styled)
    return found


def pairs(items: Mapping[str, Any]) -> None:
    """Print names and values, one per line, without those that are empty."""
    given = {k: printable(v) for k, v in items.items() if v not in (None, "", "-")}
    longest = max((len(k) for k in given), default=0)
    for key, value in given.items():
        first, *rest = value.split("\n")
        click.echo(f"{key + ':':<{longest + 1}}  {first}")
        for line in rest:
            click.echo(" " * (longest + 3) + line)


def _dump(data: Any, output: str) -> None:
    if output == "json":
        click.echo(escaped(json.dumps(data, indent=2, ensure_ascii=False)))
        return
    import yaml

    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    if is_odd(text):
        text = yaml.safe_dump(data, sort_keys=False)
    click.echo(text, nl=False)


def _json(row: Row) -> str:
    return escaped(json.dumps(dict(row), ensure_ascii=False))
