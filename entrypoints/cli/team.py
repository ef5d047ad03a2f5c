"""``submarine team``."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.asking import confirmed
from submarine.entrypoints.cli.choices import Words
from submarine.entrypoints.cli.columns import MEMBERS, TEAMS
from submarine.entrypoints.cli.output import output_option, show_many, show_one
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, yes_option

ROLES = ("viewer", "member", "maintainer")


@click.group()
def team() -> None:
    """Make teams and say who is in them."""


@team.command("list")
@output_option(many=True)
@pass_session
def list_(session: Session, output: str) -> None:
    """List the teams you may see."""
    with session.client() as client:
        show_many(client.teams.list(), TEAMS, output, empty="No teams.")


@team.command()
@click.argument("name")
@output_option()
@pass_session
def get(session: Session, name: str, output: str) -> None:
    """Show the team NAME."""
    with session.client() as client:
        show_one(client.teams.get(name), TEAMS, output)


@team.command()
@click.argument("name")
@click.option("--description", help="Who they are.")
@output_option()
@pass_session
def create(session: Session, name: str, description: str | None, output: str) -> None:
    """Make the team NAME."""
    with session.client() as client:
        show_one(client.teams.create(name, description=description), TEAMS, output)


@team.command()
@click.argument("name")
@yes_option
@pass_session
def delete(session: Session, name: str, yes: bool) -> None:
    """Remove the team NAME."""
    confirmed(f"Delete the team {name}?", yes=yes)
    with session.client() as client:
        client.teams.delete(name)
    click.echo(f"{printable(name)} is deleted")


@team.command()
@click.argument("name")
@output_option(many=True)
@pass_session
def members(session: Session, name: str, output: str) -> None:
    """List who is in the team NAME."""
    with session.client() as client:
        show_many(client.teams.members(name), MEMBERS, output, name="user", empty="Nobody is in it.")


@team.command("add")
@click.argument("name")
@click.argument("user")
@click.option("--role", type=Words(ROLES), default="member", show_default=True, help="What they may do.")
@pass_session
def add(session: Session, name: str, user: str, role: str) -> None:
    """Take USER into the team NAME, or change their role."""
    with session.client() as client:
        client.teams.set_member(name, user, role)
    click.echo(f"{printable(user)} is {role} of {printable(name)}")


@team.command()
@click.argument("name")
@click.argument("user")
@yes_option
@pass_session
def remove(session: Session, name: str, user: str, yes: bool) -> None:
    """Take USER out of the team NAME."""
    confirmed(f"Take {user} out of {name}?", yes=yes)
    with session.client() as client:
        client.teams.remove_member(name, user)
    click.echo(f"{printable(user)} is no longer in {printable(name)}")
