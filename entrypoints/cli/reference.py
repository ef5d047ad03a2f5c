"""Writes docs/reference/cli.md from the commands: ``python -m submarine.entrypoints.cli.reference``.

A test holds the page to the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from submarine.entrypoints.cli.root import cli

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
_HEAD = """# Command line

`submarine` talks to a server over REST, by the [Python SDK](sdk.md). This page is made from the commands
themselves (`python -m submarine.entrypoints.cli.reference`).

**Which server.** `submarine login --url URL` stores a *context*; `submarine context use NAME` changes
between several. They are in `$XDG_CONFIG_HOME/submarine/config.toml`, which only its owner can read.
`SUBMARINE_URL`, `SUBMARINE_TOKEN`, `SUBMARINE_PROJECT` and `SUBMARINE_CONTEXT` win over the file, `--url`
and `--context` over both; `submarine context show --origin` says where each setting comes from. A token
stored for one address is never sent to another.

**Output.** `-o table` is for people: aligned columns, in colour on a terminal, times as ages. `-o wide`
shows more of them. `-o json`, `yaml`, `jsonl` (one object a line, lists only) and `name` are for programs,
and stable; times are ISO 8601 there. Tables go to stdout; progress, hints and errors go to stderr.

**Errors** are a sentence and a next step. `SUBMARINE_DEBUG=1` adds the traceback. What the shell gets back
is in [Exit codes](exit-codes.md).

**Ctrl-C** while waiting, following logs or watching leaves the experiment running.

**Completion** of commands, options and names of experiments: see [Complete
commands](../how-to/completion.md).
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([_HEAD, *_sections(cli, click.Context(cli, info_name="submarine"))]).rstrip() + "\n"


def _sections(command: click.Command, ctx: click.Context) -> Iterator[str]:
    yield _section(command, ctx)
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None and not found.hidden:
                yield from _sections(found, click.Context(found, info_name=name, parent=ctx))


def _section(command: click.Command, ctx: click.Context) -> str:
    level = "#" * min(ctx.command_path.count(" ") + 2, 4)
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    parts = [f"{level} `{ctx.command_path}`", f"```text\n{usage}\n```", _prose(command)]
    rows = [r for p in command.get_params(ctx) if (r := _row(p, ctx)) is not None and "--help" not in r]
    if rows:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    return "\n\n".join(p for p in parts if p) + "\n"


def _prose(command: click.Command) -> str:
    """Return the help as Markdown; what click is told not to wrap is an example."""
    paragraphs = []
    for paragraph in (command.help or "").replace("\r", "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines = [line.strip() for line in paragraph.splitlines()[1:]]
            paragraphs.append("\n".join(["```text", *lines, "```"]))
        else:
            paragraphs.append(paragraph.strip())
    return "\n\n".join(paragraphs)


def _row(param: click.Parameter, ctx: click.Context) -> str | None:
    record: Any = param.get_help_record(ctx) if isinstance(param, click.Option) else None
    if record is None:
        return None
    names, meaning = (str(text).replace("|", "\\|").replace("\n", " ") for text in record)
    return f"| `{names}` | {meaning} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
