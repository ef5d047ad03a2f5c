"""``submarine experiment list`` and ``ps``."""

from __future__ import annotations

import itertools

import click

from submarine.entrypoints.cli.choices import Words
from submarine.entrypoints.cli.columns import EXPERIMENTS
from submarine.entrypoints.cli.output import output_option, show_many
from submarine.entrypoints.cli.session import Session, pass_session, project_option

STATES = (
    "accepted", "queued", "placing", "submitted", "running", "suspended", "cancelling",
    "succeeded", "failed", "cancelled", "lost",
)  # fmt: skip
LIVE = STATES[:7]


def quoted(text: str) -> str:
    """Return *text* as a text of the filter language."""
    return "'" + text.replace("'", "''") + "'"


def states(names: tuple[str, ...]) -> str:
    """Return the filter for any of the states *names*."""
    return f"state in ({', '.join(quoted(n) for n in names)})"


@click.command("list")
@project_option
@click.option(
    "--filter", "filter_", metavar="EXPR", help="Such as \"metrics.loss < 0.3 and tags has 'demo'\"."
)
@click.option(
    "--state", "wanted", multiple=True, type=Words(STATES), help="Only in this state; may be repeated."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only with this tag; may be repeated.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@output_option(many=True)
@pass_session
def list_(
    session: Session, project: str | None, filter_: str | None, wanted: tuple[str, ...],
    tags: tuple[str, ...], limit: int, everything: bool, output: str,
) -> None:  # fmt: skip
    """List experiments, the newest first."""
    parts = [f"({filter_})"] if filter_ else []
    parts += [states(wanted)] if wanted else []
    parts += [f"tags has {quoted(t)}" for t in tags]
    show_experiments(session, project, " and ".join(parts) or None, None if everything else limit, output)


@click.command()
@click.option("-a", "--all", "everything", is_flag=True, help="Those that have ended too.")
@project_option
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@output_option(many=True)
@pass_session
def ps(session: Session, everything: bool, project: str | None, limit: int, output: str) -> None:
    """List the experiments that have not ended."""
    show_experiments(session, project, None if everything else states(LIVE), limit, output)


def show_experiments(
    session: Session, project: str | None, filter_: str | None, limit: int | None, output: str
) -> None:
    """Print a list of experiments, and on stderr that there are more."""
    with session.client() as client:
        wanted = None if limit is None else limit + 1
        found = client.experiments.list(project=project, filter=filter_, limit=wanted)
        rows = found if limit is None else itertools.islice(found, limit)
        show_many(rows, EXPERIMENTS, output, empty="No experiments.")
        if limit is not None and output in ("table", "wide") and next(found, None) is not None:
            click.echo("There are more: see --limit, --filter, or `experiment list --all`.", err=True)
