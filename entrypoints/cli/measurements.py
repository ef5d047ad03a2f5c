"""``submarine experiment metrics``."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.columns import METRICS, POINTS
from submarine.entrypoints.cli.output import output_option, show_many
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.session import Session, pass_session, project_option

_PLOTTED = 500


@click.command()
@click.argument("ref", type=EXPERIMENT)
@click.argument("keys", nargs=-1, metavar="[KEY...]")
@click.option("--plot", is_flag=True, help="Draw curves in the terminal.")
@click.option("--max-points", type=click.IntRange(2), help="Thin the values to so many.")
@project_option
@output_option(many=True)
@pass_session
def metrics(
    session: Session, ref: str, keys: tuple[str, ...], plot: bool, max_points: int | None,
    project: str | None, output: str,
) -> None:  # fmt: skip
    """Show the newest value of each metric of REF, or all values of one KEY, or curves of all with --plot."""
    if len(keys) > 1 and not plot:
        raise click.UsageError("The values of one key can be listed; --plot takes several.")
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        if plot:
            from submarine.entrypoints.cli.plots import draw

            names = keys or tuple(m.key for m in client.experiments.metrics(experiment))
            if not names:
                click.echo("No metrics yet.", err=True)
            for name in names:
                points = client.experiments.metric(experiment, name, max_points=max_points or _PLOTTED)
                click.echo(draw(name, [p.to_dict() for p in points]))
        elif keys:
            values = client.experiments.metric(experiment, keys[0], max_points=max_points)
            show_many(values, POINTS, output, name="value")
        else:
            found = client.experiments.metrics(experiment)
            show_many(found, METRICS, output, name="key", empty="No metrics yet.")
