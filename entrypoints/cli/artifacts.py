"""``submarine experiment artifacts``: the files of an experiment."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from submarine.entrypoints.cli.columns import ARTIFACTS
from submarine.entrypoints.cli.output import output_option, show_many
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, project_option


@click.group()
def artifacts() -> None:
    """List, download and upload the files of an experiment."""


@artifacts.command("list")
@click.argument("ref", type=EXPERIMENT)
@project_option
@output_option(many=True)
@pass_session
def list_(session: Session, ref: str, project: str | None, output: str) -> None:
    """List the artifacts of REF."""
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        found = client.experiments.artifacts.list(experiment)
        show_many(found, ARTIFACTS, output, name="path", empty="No artifacts.")


@artifacts.command()
@click.argument("ref", type=EXPERIMENT)
@click.argument("path")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@project_option
@pass_session
def download(session: Session, ref: str, path: str, target: Path | None, project: str | None) -> None:
    """Write the artifact PATH of REF to TARGET: a file, a folder (the current one), or - for stdout."""
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        if str(target) == "-":
            sys.stdout.buffer.write(client.experiments.artifacts.read(experiment, path))
            return
        click.echo(printable(client.experiments.artifacts.download(experiment, path, target)))


@artifacts.command()
@click.argument("ref", type=EXPERIMENT)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "path", metavar="PATH", help="What to store it as; its own name.")
@project_option
@pass_session
def upload(session: Session, ref: str, file: Path, path: str | None, project: str | None) -> None:
    """Store FILE as an artifact of REF."""
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        click.echo(printable(client.experiments.artifacts.upload(experiment, file, path).path))
