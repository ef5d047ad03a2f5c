"""``submarine apply``: what a file describes, submitted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from submarine.entrypoints.cli.durations import DURATION
from submarine.entrypoints.cli.exits import Exit
from submarine.entrypoints.cli.output import output_option
from submarine.entrypoints.cli.progress import WAIT_HELP, leave
from submarine.entrypoints.cli.session import Session, pass_session
from submarine.entrypoints.cli.submitting import plan, submit
from submarine.entrypoints.sdk import specs
from submarine.entrypoints.sdk.errors import SpecError


@click.command()
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    required=True,
    metavar="FILE|-",
    help="YAML or JSON; '-' is stdin.",
)
@click.option("--dry-run", is_flag=True, help="Say what would run where, and change nothing.")
@click.option("--wait", "waiting", is_flag=True, help=WAIT_HELP)
@click.option("--timeout", type=DURATION, help="How long to wait, such as 30m; then exit code 101.")
@click.option("--logs", "follow", is_flag=True, help="Follow the log until the end; the exit code tells it.")
@output_option()
@pass_session
def apply(
    session: Session, files: tuple[str, ...], dry_run: bool, waiting: bool, timeout: float | None,
    follow: bool, output: str,
) -> None:  # fmt: skip
    """Submit what FILE describes; a file may hold several documents, divided by '---'.

    Relative folders (code.dir) start from the folder of the file.
    """
    if timeout is not None and not waiting:
        raise click.UsageError("--timeout bounds the waiting: give --wait too.")
    documents = [d for name in files for d in _documents(name)]
    if follow and len(documents) > 1:
        raise click.UsageError("--logs follows one experiment, and there are several documents.")
    worst = Exit.OK
    with session.client() as client:
        if not dry_run:
            session.warn_of_skew(client)
        for document, base in documents:
            if dry_run:
                plan(client, document, base, output)
            else:
                code = submit(client, document, base, output, waiting=waiting, timeout=timeout, follow=follow)
                worst = worst or code
    leave(worst)


def _documents(name: str) -> list[tuple[dict[str, Any], Path]]:
    if name == "-":
        name, text, base = "stdin", specs.read_stream(sys.stdin.buffer, "stdin"), Path.cwd()
    else:
        text, base = specs.read_text(Path(name)), Path(name).resolve().parent
    found = specs.parse(text, name)
    if not found:
        raise SpecError(f"{name} holds no document", "Write a spec: at least a command.")
    return [(document, base) for document in found]
