"""Commands that repeat and compare: rerun, clone, diff."""

from __future__ import annotations

from typing import Any

import click

from submarine.entrypoints.cli.columns import CHANGES, EXPERIMENTS
from submarine.entrypoints.cli.durations import DURATION
from submarine.entrypoints.cli.exits import Exit
from submarine.entrypoints.cli.output import output_option, show_one, table
from submarine.entrypoints.cli.progress import WAIT_HELP, leave, wait
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, project_option

_WAIT = click.option("--wait", "waiting", is_flag=True, help=WAIT_HELP)
_TIMEOUT = click.option("--timeout", type=DURATION, help="How long to wait; then exit code 101.")


def _started(found: Any, client: Any, output: str, waiting: bool, timeout: float | None) -> None:
    show_one(
        found,
        EXPERIMENTS,
        output,
        detail=lambda: click.echo(f"{printable(found.name)} is {found.state} ({found.id})"),
    )
    leave(wait(client, found, timeout) if waiting else Exit.OK)


@click.command()
@click.argument("ref", type=EXPERIMENT)
@_WAIT
@_TIMEOUT
@project_option
@output_option()
@pass_session
def rerun(
    session: Session, ref: str, waiting: bool, timeout: float | None, project: str | None, output: str
) -> None:
    """Run the spec of REF again, unchanged."""
    with session.client() as client:
        found = client.experiments.rerun(client.experiments.pin(ref, project=project))
        _started(found, client, output, waiting, timeout)


@click.command()
@click.argument("ref", type=EXPERIMENT)
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE",
    help="A change, such as params.lr=0.1; 'null' takes a key away. May be repeated.",
)  # fmt: skip
@click.option("--name", help="The name of the new one.")
@_WAIT
@_TIMEOUT
@project_option
@output_option()
@pass_session
def clone(
    session: Session, ref: str, changes: tuple[str, ...], name: str | None, waiting: bool,
    timeout: float | None, project: str | None, output: str,
) -> None:  # fmt: skip
    """Run the spec of REF again, with changes.

    \b
    submarine experiment clone digits --set params.lr=0.1 --set 'command=[python, train.py]'
    """
    patch = merge_patch(changes)
    if name is not None:
        patch["name"] = name
    with session.client() as client:
        found = client.experiments.clone(client.experiments.pin(ref, project=project), patch)
        _started(found, client, output, waiting, timeout)


def merge_patch(changes: tuple[str, ...]) -> dict[str, Any]:
    """Return a merge patch (RFC 7386) of changes written as ``path.to.key=YAML``."""
    from submarine.entrypoints.sdk.errors import SpecError
    from submarine.entrypoints.sdk.specs import parse

    patch: dict[str, Any] = {}
    for change in changes:
        path, equals, text = change.partition("=")
        *folders, last = path.split(".")
        if not (equals and last and all(folders)):
            raise click.BadParameter(f"{change!r} is not PATH=VALUE", param_hint="--set")
        try:
            value = parse(f"v: {text}", f"the value of {path}")[0]["v"]
        except SpecError as error:
            raise click.BadParameter(str(error), param_hint="--set") from error
        inner = patch
        for folder in folders:
            inner = inner.setdefault(folder, {})
            if not isinstance(inner, dict):
                raise click.BadParameter(f"{path} goes through a value set before", param_hint="--set")
        inner[last] = value
    return patch


@click.command()
@click.argument("ref", type=EXPERIMENT)
@click.argument("other", type=EXPERIMENT)
@output_option()
@pass_session
def diff(session: Session, ref: str, other: str, output: str) -> None:
    """Show how the specs, params and metrics of REF and OTHER differ."""
    with session.client() as client:
        found = client.experiments.diff(ref, other)

    def detail() -> None:
        parts = {k: found.get(k) or [] for k in ("spec", "params", "metrics")}
        for title, rows in parts.items():
            if rows:
                click.echo(f"{title}:")
                table(rows, CHANGES)
        if not any(parts.values()):
            click.echo("They do not differ.")

    show_one(found, (), output, name="a", detail=detail)
