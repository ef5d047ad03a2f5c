"""Commands that change the course of experiments: cancel, suspend, resume, delete, tag."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from submarine.entrypoints.cli.asking import confirmed
from submarine.entrypoints.cli.columns import plain
from submarine.entrypoints.cli.durations import DURATION
from submarine.entrypoints.cli.exits import Exit
from submarine.entrypoints.cli.problems import code_of, tell
from submarine.entrypoints.cli.progress import WAIT_HELP, leave, wait
from submarine.entrypoints.cli.references import EXPERIMENT
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, project_option, yes_option
from submarine.entrypoints.sdk.errors import ApiError

if TYPE_CHECKING:
    from submarine import Client, Experiment

_REFS = click.argument("refs", type=EXPERIMENT, nargs=-1, required=True, metavar="REF...")


def each(
    session: Session, refs: tuple[str, ...], project: str | None, act: Callable[[Client, Experiment], Exit]
) -> None:
    """Do *act* to each of *refs*; one that fails does not spare the others, and the first failure counts."""
    worst = Exit.OK
    with session.client() as client:
        for ref in refs:
            try:
                code = act(client, client.experiments.pin(ref, project=project))
            except ApiError as error:
                tell(error)
                code = code_of(error)
            worst = worst or code
    leave(worst)


@click.command()
@_REFS
@click.option("--grace", type=DURATION, help="How long it has before it is killed; 0 for at once.")
@click.option("--wait", "waiting", is_flag=True, help="Wait until it has stopped (exit code 103).")
@project_option
@pass_session
def cancel(
    session: Session, refs: tuple[str, ...], grace: float | None, waiting: bool, project: str | None
) -> None:
    """Stop each REF; one that has ended stays as it is.

    It is asked to stop, and killed after the grace of its spec (30 s if that says nothing).
    """

    def act(client: Client, experiment: Experiment) -> Exit:
        now = client.experiments.cancel(experiment, grace=grace)
        click.echo(f"{printable(now.name)} is {now.state}")
        return wait(client, now, None) if waiting else Exit.OK

    each(session, refs, project, act)


@click.command()
@_REFS
@project_option
@pass_session
def suspend(session: Session, refs: tuple[str, ...], project: str | None) -> None:
    """Pause each REF, where its cluster can."""

    def act(client: Client, experiment: Experiment) -> Exit:
        click.echo(f"{printable(experiment.name)} is {client.experiments.suspend(experiment).state}")
        return Exit.OK

    each(session, refs, project, act)


@click.command()
@_REFS
@click.option("--wait", "waiting", is_flag=True, help=WAIT_HELP)
@project_option
@pass_session
def resume(session: Session, refs: tuple[str, ...], waiting: bool, project: str | None) -> None:
    """Let each suspended REF go on."""

    def act(client: Client, experiment: Experiment) -> Exit:
        now = client.experiments.resume(experiment)
        click.echo(f"{printable(now.name)} is {now.state}")
        return wait(client, now, None) if waiting else Exit.OK

    each(session, refs, project, act)


@click.command()
@_REFS
@yes_option
@project_option
@pass_session
def delete(session: Session, refs: tuple[str, ...], yes: bool, project: str | None) -> None:
    """Remove each ended REF with its metrics, logs and artifacts, for good."""
    confirmed(f"Delete {', '.join(refs)} with metrics, logs and artifacts?", yes=yes)

    def act(client: Client, experiment: Experiment) -> Exit:
        client.experiments.delete(experiment)
        click.echo(f"{printable(experiment.name)} is deleted")
        return Exit.OK

    each(session, refs, project, act)


@click.command()
@click.argument("ref", type=EXPERIMENT)
@click.argument("tags", nargs=-1, metavar="TAG...")
@click.option("--remove", multiple=True, metavar="TAG", help="A tag to take off; may be repeated.")
@project_option
@pass_session
def tag(
    session: Session, ref: str, tags: tuple[str, ...], remove: tuple[str, ...], project: str | None
) -> None:
    """Add each TAG to REF."""
    if not (tags or remove):
        raise click.UsageError("Name a tag to add, or one to take off with --remove.")
    with session.client() as client:
        experiment = client.experiments.pin(ref, project=project)
        now = client.experiments.tag(experiment, tags, remove)
    click.echo(f"{printable(experiment.name)}: {printable(plain(now))}")
