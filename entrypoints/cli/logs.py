"""``submarine logs``: what an experiment printed."""

from __future__ import annotations

from typing import Any

import click

from submarine.entrypoints.cli.progress import leave
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.session import Session, pass_session, project_option
from submarine.entrypoints.cli.tailing import all_replicas, copy, tail


@click.command()
@click.argument("ref", type=EXPERIMENT)
@click.option("-f", "--follow", is_flag=True, help="Go on until it ends, across restarts of the server.")
@click.option("--all", "everyone", is_flag=True, help="All replicas, each line with its replica before it.")
@click.option("--role", metavar="ROLE", help="Of which role; the first one.")
@click.option("--index", type=click.IntRange(0), help="Which replica of it; 0.")
@click.option("--attempt", type=click.IntRange(1), help="Which attempt; the last one.")
@click.option(
    "--tail", "last", type=click.IntRange(0), metavar="LINES", help="Begin with the last LINES lines."
)
@click.option("--offset", type=click.IntRange(0), metavar="BYTE", help="Begin at this byte.")
@project_option
@pass_session
def logs(
    session: Session, ref: str, follow: bool, everyone: bool, role: str | None, index: int | None,
    attempt: int | None, last: int | None, offset: int | None, project: str | None,
) -> None:  # fmt: skip
    """Print the log of REF: of its first replica, or of the one named.

    With -f the exit code tells how it ended: 0, 100 failed or lost, 103 cancelled, 102 gone. Ctrl-C leaves it
    running.
    """
    if everyone and (role is not None or index is not None or offset is not None):
        raise click.UsageError(
            "--all shows every replica from the start: leave out --role, --index and --offset."
        )
    if last is not None and offset is not None:
        raise click.UsageError("Begin either at --offset or with the --tail.")
    where: dict[str, Any] = {"attempt": attempt, "tail": last}
    if not everyone:
        where |= {"role": role, "index": index, "offset": offset}
    with session.client() as client:
        from submarine.entrypoints.cli.progress import following

        if follow:
            with following(ref):
                experiment = client.experiments.pin(ref, project=project)
            leave(tail(client, experiment, everyone=everyone, **where))
            return
        experiment = client.experiments.pin(ref, project=project)
        if everyone:
            all_replicas(client, experiment, follow=False, **where)
            return
        copy(client.experiments.logs(experiment, **where))
