"""``submarine user``."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.asking import asked, confirmed, line
from submarine.entrypoints.cli.columns import USERS
from submarine.entrypoints.cli.output import output_option, show_many, show_one
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, yes_option

_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")


@click.group()
def user() -> None:
    """Make and manage users."""


@user.command("list")
@output_option(many=True)
@pass_session
def list_(session: Session, output: str) -> None:
    """List the users."""
    with session.client() as client:
        show_many(client.users.list(), USERS, output, empty="No users.")


@user.command()
@click.argument("name")
@output_option()
@pass_session
def get(session: Session, name: str, output: str) -> None:
    """Show the user NAME."""
    with session.client() as client:
        show_one(client.users.get(name), USERS, output)


@user.command()
@click.argument("name")
@click.option("--email", help="Their address.")
@click.option("--display-name", help="What people call them.")
@click.option("--admin", is_flag=True, help="May do everything, everywhere.")
@click.option("--no-password", is_flag=True, help="Let them in by tokens only.")
@_STDIN
@output_option()
@pass_session
def create(
    session: Session, name: str, email: str | None, display_name: str | None, admin: bool, no_password: bool,
    password_stdin: bool, output: str,
) -> None:  # fmt: skip
    """Make the user NAME; the password is asked for."""
    password = None if no_password else _password(from_stdin=password_stdin)
    with session.client() as client:
        found = client.users.create(
            name, password=password, email=email, display_name=display_name, admin=admin or None
        )
    show_one(found, USERS, output)


@user.command()
@click.argument("name")
@click.option("--email", help="Their address.")
@click.option("--display-name", help="What people call them.")
@click.option("--admin/--no-admin", default=None, help="May do everything, or no longer.")
@click.option("--disable/--enable", "disabled", default=None, help="Lock them out, or let them in again.")
@output_option()
@pass_session
def update(
    session: Session, name: str, email: str | None, display_name: str | None, admin: bool | None,
    disabled: bool | None, output: str,
) -> None:  # fmt: skip
    """Change the user NAME."""
    if email is None and display_name is None and admin is None and disabled is None:
        raise click.UsageError("Say what to change: --email, --display-name, --admin or --disable.")
    with session.client() as client:
        found = client.users.update(
            name, email=email, display_name=display_name, admin=admin, disabled=disabled
        )
    show_one(found, USERS, output)


@user.command()
@click.argument("name", required=False)
@_STDIN
@pass_session
def password(session: Session, name: str | None, password_stdin: bool) -> None:
    """Set a password: of NAME, or your own, which needs the current one.

    With --password-stdin, stdin holds the new password, and for your own the current one in a line before.
    """
    with session.client() as client:
        me = client.me().name
        current = None
        if name in (None, me):
            current = line() if password_stdin else asked("Current password", "--password-stdin", hidden=True)
        client.users.set_password(name or me, _password(from_stdin=password_stdin), current=current)
    click.echo(f"The password of {printable(name or me)} is set")


@user.command()
@click.argument("name")
@yes_option
@pass_session
def delete(session: Session, name: str, yes: bool) -> None:
    """Remove the user NAME."""
    confirmed(f"Delete the user {name}?", yes=yes)
    with session.client() as client:
        client.users.delete(name)
    click.echo(f"{printable(name)} is deleted")


def _password(*, from_stdin: bool) -> str:
    return line() if from_stdin else asked("Password", "--password-stdin", hidden=True, again=True)
