"""``submarine explain``: why an experiment is where it is."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.ages import ago
from submarine.entrypoints.cli.columns import CANDIDATES, HISTORY, plain
from submarine.entrypoints.cli.output import output_option, pairs, show_one, table
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.session import Session, pass_session, project_option


@click.command()
@click.argument("ref", type=EXPERIMENT)
@project_option
@output_option()
@pass_session
def explain(session: Session, ref: str, project: str | None, output: str) -> None:
    """Tell why REF is where it is, since when, what it waits for, and what happened before."""
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        found = client.experiments.explain(experiment)

    def detail() -> None:
        placement = found.get("placement") or {}
        pairs(
            {
                "experiment": f"{experiment.name} ({experiment.id})",
                "state": f"{found.get('state')}, since {ago(found.get('since_at'))}",
                "reason": found.get("reason"),
                "message": found.get("message"),
                "waits for": plain(found.get("waits_for")),
                "runs on": placement.get("chosen"),
                "chosen by": placement.get("policy"),
                "because": placement.get("reason"),
            }
        )
        if placement.get("candidates"):
            click.echo("\nClusters looked at:")
            table(placement["candidates"], CANDIDATES)
        if found.get("history"):
            click.echo("\nWhat happened:")
            table(found["history"], HISTORY, wide=output == "wide")

    show_one(found, (), "table" if output == "wide" else output, name="state", detail=detail)
