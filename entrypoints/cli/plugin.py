"""``submarine plugin``: what is installed on the server, and whether it keeps its promises."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.columns import BROKEN, PLUGINS
from submarine.entrypoints.cli.output import output_option, show_many, show_one, table
from submarine.entrypoints.cli.plugin_test import test
from submarine.entrypoints.cli.session import Session, pass_session


@click.group()
def plugin() -> None:
    """See what is installed on the server, and test what is installed here."""


plugin.add_command(test)


@plugin.command("list")
@output_option(many=True)
@pass_session
def list_(session: Session, output: str) -> None:
    """List adapters, policies and frameworks, and plugins that could not be loaded."""
    with session.client() as client:
        found = client.plugins()
    installed, broken = found["items"], found.get("broken") or []
    if output in ("json", "yaml"):
        show_one(found, (), output)
        return
    show_many(installed, PLUGINS, output, empty="No plugins.")
    if broken and output in ("table", "wide"):
        click.echo("\nCould not be loaded:")
        table(broken, BROKEN)
