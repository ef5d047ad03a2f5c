"""``submarine experiment get`` and ``events``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from submarine.entrypoints.cli.ages import ago, between, number
from submarine.entrypoints.cli.columns import EVENTS, EXPERIMENTS, REPLICAS, plain
from submarine.entrypoints.cli.output import output_option, pairs, show_many, show_one, table
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.session import Session, pass_session, project_option

if TYPE_CHECKING:
    from submarine import Experiment


@click.command()
@click.argument("ref", type=EXPERIMENT)
@project_option
@output_option()
@pass_session
def get(session: Session, ref: str, project: str | None, output: str) -> None:
    """Show REF: state, place, replicas, params and newest metrics."""
    with session.client() as client:
        found = client.experiments.get(ref, project=project)
    show_one(found, EXPERIMENTS, output, detail=lambda: detail(found))


def detail(found: Experiment) -> None:
    """Print all there is to say of one experiment."""
    pairs(
        {
            "name": found.name,
            "id": found.id,
            "project": found.project,
            "state": f"{found.state}, since {ago(found.get('since_at'))}",
            "reason": found.get("reason"),
            "message": found.get("message"),
            "cluster": found.get("cluster"),
            "queue": found.get("queue"),
            "attempt": found.get("attempt"),
            "exit code": found.get("exit_code"),
            "ran": between(found.get("started_at"), found.get("ended_at")),
            "created": f"{ago(found.get('created_at'))} by {found.get('created_by')}",
            "description": found.get("description"),
            "tags": plain(found.get("tags")),
            "rerun of": found.get("rerun_of"),
            "params": "\n".join(f"{k} = {v}" for k, v in (found.get("params") or {}).items()),
            "metrics": "\n".join(f"{k} = {number(v)}" for k, v in (found.get("metrics") or {}).items()),
        }
    )
    if found.get("replicas"):
        click.echo()
        table(found["replicas"], REPLICAS)


@click.command()
@click.argument("ref", type=EXPERIMENT)
@project_option
@output_option(many=True)
@pass_session
def events(session: Session, ref: str, project: str | None, output: str) -> None:
    """List what happened to REF, the oldest first."""
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        show_many(client.experiments.events(experiment), EVENTS, output, name="id")
