"""``submarine token``: keys for programs."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.asking import confirmed
from submarine.entrypoints.cli.choices import Words
from submarine.entrypoints.cli.columns import TOKENS
from submarine.entrypoints.cli.output import output_option, pairs, show_many, show_one
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, yes_option

SCOPES = ("read", "write", "admin")


@click.group()
def token() -> None:
    """Make and revoke tokens for programs."""


@token.command("list")
@output_option(many=True)
@pass_session
def list_(session: Session, output: str) -> None:
    """List your tokens, without their secrets."""
    with session.client() as client:
        show_many(client.tokens.list(), TOKENS, output, name="id", empty="No tokens.")


@token.command()
@click.argument("name")
@click.option("--expires-in", metavar="TIME", help="Such as 30d or 12h.")
@click.option("--scope", "scopes", multiple=True, type=Words(SCOPES), help="What it may do; may be repeated.")
@click.option("--project", metavar="REF", help="Only for this project.")
@output_option()
@pass_session
def create(
    session: Session,
    name: str,
    expires_in: str | None,
    scopes: tuple[str, ...],
    project: str | None,
    output: str,
) -> None:
    """Make the token NAME; it is shown this once."""
    with session.client() as client:
        made = client.tokens.create(name, expires_in=expires_in, scopes=scopes or None, project=project)

    def detail() -> None:
        pairs(
            {
                "token": made.token,
                "id": made.id,
                "name": made.name,
                "expires": made.get("expires_at") or "never",
            }
        )
        click.echo("Keep it: it is not shown again.", err=True)

    show_one(made, TOKENS, output, name="token", detail=detail)


@token.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@yes_option
@pass_session
def delete(session: Session, ids: tuple[str, ...], yes: bool) -> None:
    """Revoke each token ID."""
    confirmed(f"Revoke {', '.join(ids)}?", yes=yes)
    with session.client() as client:
        for token_id in ids:
            client.tokens.delete(token_id)
            click.echo(f"{printable(token_id)} is revoked")
