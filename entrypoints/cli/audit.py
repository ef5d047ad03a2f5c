"""``submarine audit``: who did what."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.columns import AUDIT
from submarine.entrypoints.cli.output import output_option, show_many
from submarine.entrypoints.cli.session import Session, pass_session


@click.command()
@click.option("--filter", "filter_", metavar="EXPR", help="Such as \"actor = 'ada' and action ~ 'delete'\".")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@output_option(many=True)
@pass_session
def audit(session: Session, filter_: str | None, limit: int, output: str) -> None:
    """Show who did what, the newest first: everything to administrators, their team's to maintainers."""
    with session.client() as client:
        show_many(client.audit(filter=filter_, limit=limit), AUDIT, output, name="id", empty="Nothing yet.")
