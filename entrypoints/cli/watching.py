"""``submarine experiment watch``: state as it changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from submarine.entrypoints.cli.columns import EXPERIMENTS, REPLICAS, plain
from submarine.entrypoints.cli.exits import Exit, exit_of
from submarine.entrypoints.cli.experiment_list import LIVE, states
from submarine.entrypoints.cli.output import grid
from submarine.entrypoints.cli.progress import following, leave, say_end
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.screen import is_terminal, printable
from submarine.entrypoints.cli.session import Session, pass_session, project_option

if TYPE_CHECKING:
    from submarine import Client, Experiment
    from submarine.entrypoints.sdk.values import Event

_EVERY = 1.0
_SHOWN = 30


@click.command()
@click.argument("ref", type=EXPERIMENT, required=False)
@project_option
@pass_session
def watch(session: Session, ref: str | None, project: str | None) -> None:
    """Watch REF until it ends, or without REF everything that lives; on a terminal as a live table.

    The exit code tells how REF ended. Ctrl-C leaves it running.
    """
    with session.client() as client:
        if ref is None:
            _watch_all(client, project)
            return
        with following(ref):
            experiment = client.experiments.pin(ref, project=project)
        leave(_watch_live(client, experiment) if is_terminal() else _watch_lines(client, experiment))


def _watch_lines(client: Client, experiment: Experiment) -> Exit:
    with following(experiment.name):
        for event in client.experiments.watch(experiment):
            click.echo(_line(event))
        now = client.experiments.get(experiment.id)
    say_end(now)
    return exit_of(now.state)


def _line(event: Event) -> str:
    members = (event.get("at"), event.get("state"), event.get("reason"), event.get("message"))
    return "  ".join(printable(m) for m in members if m)


def _watch_live(client: Client, experiment: Experiment) -> Exit:
    from rich.console import Group
    from rich.live import Live

    now = client.experiments.get(experiment.id)
    with following(experiment.name), Live(refresh_per_second=4) as live:
        while True:
            live.update(Group(_table([now], EXPERIMENTS), "", _table(now.get("replicas") or [], REPLICAS)))
            if now.ended:
                break
            time.sleep(_EVERY)
            now = client.experiments.get(experiment.id)
    say_end(now)
    return exit_of(now.state)


def _watch_all(client: Client, project: str | None) -> None:
    if not is_terminal():
        try:
            for event in client.experiments.watch_project(project):
                click.echo(f"{printable(event.experiment)}  {_line(event)}")
        except KeyboardInterrupt:
            return
    from rich.live import Live

    try:
        with Live(refresh_per_second=4) as live:
            while True:
                found = client.experiments.list(project=project, filter=states(LIVE), limit=_SHOWN)
                live.update(_table([*found], EXPERIMENTS))
                time.sleep(_EVERY)
    except KeyboardInterrupt:
        return


def _table(rows: Any, columns: Any) -> Any:
    shown = [c for c in columns if not c.wide]
    return grid(
        shown, [[printable(c.cell(row)) for c in shown] for row in rows] or [[plain(None)] * len(shown)]
    )
