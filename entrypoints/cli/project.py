"""``submarine project``."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.asking import confirmed
from submarine.entrypoints.cli.columns import PROJECTS
from submarine.entrypoints.cli.output import output_option, show_many, show_one
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, yes_option


@click.group()
def project() -> None:
    """Make and manage projects.

    REF is an id, a name, or team/name where two teams have a project of one name.
    """


@project.command("list")
@output_option(many=True)
@pass_session
def list_(session: Session, output: str) -> None:
    """List the projects you may see."""
    with session.client() as client:
        show_many(client.projects.list(), PROJECTS, output, name="ref", empty="No projects.")


@project.command()
@click.argument("ref")
@output_option()
@pass_session
def get(session: Session, ref: str, output: str) -> None:
    """Show the project REF."""
    with session.client() as client:
        show_one(client.projects.get(ref), PROJECTS, output, name="ref")


@project.command()
@click.argument("name")
@click.option("--team", metavar="TEAM", help="Whose it is; not needed if you are in one team only.")
@click.option("--description", help="What it is for.")
@output_option()
@pass_session
def create(session: Session, name: str, team: str | None, description: str | None, output: str) -> None:
    """Make the project NAME (or TEAM/NAME)."""
    if "/" in name:
        before, _, name = name.partition("/")
        if team not in (None, before):
            raise click.UsageError(f"{before}/{name} and --team {team} name two teams.")
        team = before
    with session.client() as client:
        show_one(
            client.projects.create(name, team=team, description=description), PROJECTS, output, name="ref"
        )


@project.command()
@click.argument("ref")
@click.option("--description", required=True, help="What it is for.")
@output_option()
@pass_session
def update(session: Session, ref: str, description: str, output: str) -> None:
    """Change the description of REF."""
    with session.client() as client:
        show_one(client.projects.update(ref, description=description), PROJECTS, output, name="ref")


@project.command()
@click.argument("ref")
@yes_option
@pass_session
def delete(session: Session, ref: str, yes: bool) -> None:
    """Remove the project REF."""
    confirmed(f"Delete the project {ref}?", yes=yes)
    with session.client() as client:
        client.projects.delete(ref)
    click.echo(f"{printable(ref)} is deleted")
