"""What ``apply`` and ``experiment submit`` share: handing in a spec and telling what came of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submarine.entrypoints.cli.columns import CANDIDATES, EXPERIMENTS
from submarine.entrypoints.cli.exits import Exit
from submarine.entrypoints.cli.output import pairs, show_one, table
from submarine.entrypoints.cli.progress import wait
from submarine.entrypoints.cli.screen import printable

if TYPE_CHECKING:
    from submarine import Client, Experiment
    from submarine.entrypoints.sdk.values import Plan


def plan(client: Client, spec: Mapping[str, Any], base: Path, output: str) -> None:
    """Show what would run where."""
    found = client.experiments.submit(spec, base=base, dry_run=True)
    show_one(found, (), output, name="cluster", detail=lambda: _plan_detail(found))


def _plan_detail(found: Plan) -> None:
    spec = found.get("experiment") or {}
    placement = found.get("placement") or {}
    pairs(
        {
            "name": spec.get("name") or "(generated)",
            "project": spec.get("project"),
            "would run on": found.get("cluster") or "nothing now",
            "policy": placement.get("policy"),
            "because": placement.get("reason"),
        }
    )
    for fault in found.get("faults") or ():
        text = fault.get("reason", fault) if isinstance(fault, Mapping) else fault
        click.echo(f"fault: {printable(text)}")
    if placement.get("candidates"):
        click.echo()
        table(placement["candidates"], CANDIDATES)
    click.echo("Nothing was submitted (dry run).", err=True)


def submit(
    client: Client,
    spec: Mapping[str, Any],
    base: Path,
    output: str,
    *,
    waiting: bool,
    timeout: float | None,
    follow: bool = False,
) -> Exit:
    """Hand in *spec*, show the experiment, and follow it as far as wanted."""
    experiment = client.experiments.submit(spec, base=base, progress=_packing)
    show_one(experiment, EXPERIMENTS, output, detail=lambda: _submitted(experiment))
    if follow:
        from submarine.entrypoints.cli.tailing import tail

        return tail(client, experiment)
    return wait(client, experiment, timeout) if waiting else Exit.OK


def _submitted(experiment: Experiment) -> None:
    name = printable(experiment.name)
    click.echo(f"{name} is {experiment.state} in {experiment.project} ({experiment.id})")
    if sys.stderr.isatty():
        click.echo(
            f"  logs:     submarine logs -f {name}\n"
            f"  why:      submarine explain {name}\n"
            f"  cancel:   submarine experiment cancel {name}",
            err=True,
        )


def _packing(files: int, size: int) -> None:
    if files % 500 == 0 and sys.stderr.isatty():
        click.echo(f"packing the code: {files} files, {size >> 20} MiB", err=True)
