"""Waiting for an experiment with a person looking on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from submarine.entrypoints.cli.ages import between, duration
from submarine.entrypoints.cli.exits import Exit, exit_of
from submarine.entrypoints.cli.problems import Ended, Interrupted, followed
from submarine.entrypoints.cli.screen import printable

if TYPE_CHECKING:
    from submarine import Client, Experiment

WAIT_HELP = (
    "Wait for the end; the exit code tells it (100 failed, 101 still running, 102 gone, 103 cancelled)."
)


@contextmanager
def following(name: str) -> Iterator[None]:
    """Turn Ctrl-C into leaving the experiment alone, and its disappearance into exit code 102."""
    from submarine.entrypoints.sdk.errors import ClientError

    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(name) from None
    except ClientError as error:
        raise followed(error) from error


def wait(client: Client, experiment: Experiment, timeout: float | None) -> Exit:
    """Show each phase on stderr until the end; return the exit code."""
    from submarine.entrypoints.sdk.errors import WaitTimeout

    begun = time.monotonic()

    def show(now: Experiment) -> None:
        why = " ".join(printable(v) for v in (now.get("reason"), now.get("message")) if v)
        where = f" on {now.cluster}" if now.state == "running" and now.get("cluster") else ""
        again = f" (attempt {now.attempt})" if (now.get("attempt") or 0) > 1 else ""
        click.echo(
            f"{duration(time.monotonic() - begun):>6}  {now.state}{where}{again}  {why}".rstrip(), err=True
        )

    with following(experiment.name):
        try:
            ended = client.experiments.wait(experiment, timeout=timeout, on_change=show)
        except WaitTimeout as error:
            click.echo(
                f"{error.message}; it goes on. Follow it with `submarine logs -f {experiment.name}`.",
                err=True,
            )
            return Exit.STILL_RUNNING
    say_end(ended)
    return exit_of(ended.state)


def say_end(experiment: Experiment) -> None:
    """Say on stderr how *experiment* ended, and where to look if that was not well."""
    took = between(experiment.get("started_at"), experiment.get("ended_at"))
    after = f" after {took}" if took != "-" else ""
    click.echo(f"{printable(experiment.name)} {experiment.state}{after}.", err=True)
    if experiment.state in ("failed", "lost"):
        why = experiment.get("message") or experiment.get("reason")
        if why:
            click.echo(f"  why: {printable(why)}", err=True)
        click.echo(f"  see: submarine logs {experiment.name}; submarine explain {experiment.name}", err=True)


def leave(code: Exit) -> None:
    """End the command with *code* unless that is success."""
    if code is not Exit.OK:
        raise Ended(code)
